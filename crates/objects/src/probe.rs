//! Finding out whether a bucket can be used at all.

use std::fmt;

use bytes::Bytes;

use crate::{Bucket, ObjectError};

const CONTENT: &[u8] = b"segue was here";

/// What a probe does, in this order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "each is the method of HTTP")]
pub enum ProbeStep {
    Put,
    Get,
    Delete,
}

impl fmt::Display for ProbeStep {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Put => "PUT",
            Self::Get => "GET",
            Self::Delete => "DELETE",
        })
    }
}

/// The step that failed, and why.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{step} of a probe object: {error}")]
pub struct ProbeFailed {
    /// Which step.
    pub step: ProbeStep,
    /// Why.
    #[source]
    pub error: ObjectError,
}

impl Bucket {
    /// Writes an object, reads it back, deletes it. Choose a key that nobody else uses.
    pub async fn probe(&self, key: &str) -> Result<(), ProbeFailed> {
        let failed = |step| move |error| ProbeFailed { step, error };
        let put = self
            .put_small(key, Bytes::from_static(CONTENT), "text/plain", None)
            .await;
        put.map_err(failed(ProbeStep::Put))?;
        let got = self.get_small(key, 1024).await;
        // Deleted whatever the GET said, so that a failed probe leaves nothing behind.
        let deleted = self.delete(key).await;
        let content = got.map_err(failed(ProbeStep::Get))?;
        if content != CONTENT {
            return Err(failed(ProbeStep::Get)(ObjectError::incomplete(
                "what was written before",
            )));
        }
        deleted.map_err(failed(ProbeStep::Delete))
    }
}
