//! What went wrong, told to the server: for good or for now, in words that an uploader understands. Details go to the
//! log.

use std::io;

use domain::Failure;
use media::{MediaError, ToolError};

use crate::callbacks::CallError;

/// Why the work on an attempt ended without a tree.
#[derive(Debug)]
pub(crate) enum WorkError {
    /// To be reported.
    Failed(Failure),
    /// The server has no use for the attempt any more, and none for a report.
    Over,
    /// We were told to.
    Stopped,
}

impl WorkError {
    pub(crate) fn permanent(code: &str, message: &str) -> Self {
        WorkError::Failed(Failure::permanent(code, message))
    }

    pub(crate) fn transient(code: &str, message: &str) -> Self {
        WorkError::Failed(Failure::transient(code, message))
    }

    /// Reading or writing our own files failed: `doing` says which, for the log.
    pub(crate) fn io(doing: &'static str) -> impl FnOnce(io::Error) -> Self {
        move |error| {
            tracing::error!(%error, doing, "the work folder makes trouble");
            match error.kind() {
                io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => disk_full(),
                _ => Self::transient("io", "the machine that processed this file could not read or write it"),
            }
        }
    }
}

fn disk_full() -> WorkError {
    WorkError::transient(
        "disk_full",
        "the machine that processed this file ran out of disk space",
    )
}

impl From<MediaError> for WorkError {
    fn from(error: MediaError) -> Self {
        let code = match error {
            MediaError::Refused(refusal) => return Self::permanent(refusal.code(), &refusal.to_string()),
            MediaError::Cancelled => return WorkError::Stopped,
            MediaError::DiskFull => return disk_full(),
            MediaError::Deadline(_) => return WorkError::Failed(Failure::deadline()),
            MediaError::Stalled { .. } => "stalled",
            MediaError::Child { .. } => "child_died",
            MediaError::Broken(_) => "broken_rendition",
            MediaError::Answer(_) => "ffmpeg_unusable",
            MediaError::Unreadable { .. } | MediaError::Io { .. } => "io",
        };
        tracing::error!(%error, code, "the file could not be processed");
        if let MediaError::Child { stderr, .. } = &error {
            tracing::info!(stderr, "what the child printed last");
        }
        Self::transient(code, "something went wrong while this file was being processed")
    }
}

/// The worker was set up badly; another one may do better.
impl From<ToolError> for WorkError {
    fn from(error: ToolError) -> Self {
        tracing::error!(%error, "ffmpeg cannot be used here");
        Self::transient(
            error.code(),
            "the machine that was to process this file is not set up for it",
        )
    }
}

impl From<CallError> for WorkError {
    fn from(error: CallError) -> Self {
        match error {
            CallError::Over(refusal) => {
                tracing::info!(%refusal, "the attempt is over");
                WorkError::Over
            }
            CallError::Defect(refusal) => {
                tracing::error!(%refusal, "the server did not accept a call");
                Self::transient("protocol", "something went wrong while this file was being processed")
            }
            CallError::Unavailable { reason, .. } => {
                tracing::error!(reason, "the server does not answer");
                Self::transient("server_unavailable", "the processing lost its connection")
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use media::Refusal;

    use super::*;

    fn failure(error: impl Into<WorkError>) -> Failure {
        match error.into() {
            WorkError::Failed(failure) => failure,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn what_is_wrong_with_the_file_is_permanent_and_says_so() {
        let encrypted = failure(MediaError::from(Refusal::Encrypted));
        assert!(!encrypted.retryable);
        assert_eq!(encrypted.code, "encrypted");
        assert!(encrypted.message.contains("without protection"));
    }

    #[test]
    fn what_is_wrong_with_us_is_transient_and_keeps_its_details_back() {
        let child = failure(MediaError::Child {
            program: "ffmpeg",
            status: "signal: 9 (SIGKILL)".into(),
            stderr: "/tmp/secret/place".into(),
        });
        assert!(child.retryable);
        assert_eq!(child.code, "child_died");
        assert!(!child.message.contains("secret"));
        let full = WorkError::io("writing")(io::Error::from(io::ErrorKind::StorageFull));
        let WorkError::Failed(full) = full else {
            panic!("{full:?}")
        };
        assert_eq!((full.code.as_str(), full.retryable), ("disk_full", true));
    }

    #[test]
    fn being_told_to_stop_is_no_failure() {
        assert!(matches!(WorkError::from(MediaError::Cancelled), WorkError::Stopped));
    }
}
