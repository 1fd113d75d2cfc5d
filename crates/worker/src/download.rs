//! The source, streamed to disk. What breaks off is taken up again where it broke off.

use std::{path::Path, time::Duration};

use domain::protocol::Source;
use reqwest::{
    Client, Response, StatusCode,
    header::{CONTENT_RANGE, IF_MATCH, RANGE},
};
use tokio::{
    fs::File,
    io::{AsyncSeekExt, AsyncWriteExt},
    time::timeout,
};

use crate::{backoff::Backoff, callbacks::Callbacks, failure::WorkError, http, settings::Limits};

/// Why one request did not bring the rest of the source.
enum Interruption {
    /// The URL works no more, if it ever did.
    Forbidden,
    /// Asking again may help.
    Broken(String),
    /// It cannot.
    Final(WorkError),
}

impl From<WorkError> for Interruption {
    fn from(error: WorkError) -> Self {
        Interruption::Final(error)
    }
}

/// Gets `source` into a new file at `path`. Every byte is of the object whose `ETag` the server named, and there are as
/// many as it said.
pub(crate) async fn download(
    client: &Client,
    callbacks: &Callbacks,
    limits: &Limits,
    source: &Source,
    path: &Path,
) -> Result<(), WorkError> {
    let file = File::create_new(path)
        .await
        .map_err(WorkError::io("making the source"))?;
    let mut download = Download {
        client,
        limits,
        source: source.clone(),
        file,
        have: 0,
    };
    let mut backoff = Backoff::new(limits);
    let mut tries = 0;
    loop {
        let before = download.have;
        let interruption = match download.go_on().await {
            Ok(()) => break,
            // Every byte came; only the end of the answer did not.
            Err(Interruption::Broken(_)) if download.have > 0 && download.have == source.size => break,
            Err(interruption) => interruption,
        };
        if download.have > before {
            (tries, backoff) = (0, Backoff::new(limits));
        }
        tries += 1;
        let reason = match interruption {
            Interruption::Final(error) => return Err(error),
            Interruption::Forbidden => {
                // Starting again changes nothing but the answer, where the URL is signed anew.
                download.source.url = callbacks.start().await?.1.source.url;
                "the URL is refused".into()
            }
            Interruption::Broken(reason) => reason,
        };
        tracing::warn!(
            reason,
            have = download.have,
            size = source.size,
            "the download broke off"
        );
        if tries >= limits.tries {
            let message = "the uploaded file could not be read from the storage";
            return Err(WorkError::transient("source_unreachable", message));
        }
        backoff.wait(None).await;
    }
    let flushed = download.file.flush().await;
    flushed.map_err(WorkError::io("writing the source"))
}

struct Download<'a> {
    client: &'a Client,
    limits: &'a Limits,
    source: Source,
    file: File,
    /// Bytes, from the start.
    have: u64,
}

impl Download<'_> {
    /// One request for what is missing.
    async fn go_on(&mut self) -> Result<(), Interruption> {
        let mut request = self
            .client
            .get(self.source.url.reveal())
            .header(IF_MATCH, &self.source.etag);
        if self.have > 0 {
            request = request.header(RANGE, format!("bytes={}-", self.have));
        }
        let response = patiently(self.limits.transfer, request.send()).await?;
        self.begin(&response).await?;
        self.take(response).await
    }

    /// Looks at the head of an answer, and where in the file its body belongs.
    async fn begin(&mut self, response: &Response) -> Result<(), Interruption> {
        match response.status() {
            // To a whole request, or from a server that knows no ranges.
            StatusCode::OK => self.rewind().await?,
            StatusCode::PARTIAL_CONTENT => {
                let range = response.headers().get(CONTENT_RANGE);
                let range = range.and_then(|range| range.to_str().ok()).unwrap_or_default();
                let (have, size) = (self.have, self.source.size);
                let expected = format!("bytes {have}-{}/{size}", size.saturating_sub(1));
                if range != expected {
                    self.rewind().await?;
                    return Err(Interruption::Broken(format!("{range:?} instead of {expected:?}")));
                }
            }
            StatusCode::NOT_FOUND | StatusCode::PRECONDITION_FAILED => return Err(source_changed().into()),
            StatusCode::FORBIDDEN => return Err(Interruption::Forbidden),
            status => return Err(Interruption::Broken(status.to_string())),
        }
        let missing = self.source.size - self.have;
        match response.content_length() {
            Some(length) if length != missing => {
                tracing::error!(length, missing, "the source has another length than its upload had");
                Err(wrong_length().into())
            }
            _ => Ok(()),
        }
    }

    async fn take(&mut self, mut response: Response) -> Result<(), Interruption> {
        while let Some(chunk) = patiently(self.limits.transfer, response.chunk()).await? {
            if chunk.len() as u64 > self.source.size - self.have {
                return Err(wrong_length().into());
            }
            let written = self.file.write_all(&chunk).await;
            written.map_err(WorkError::io("writing the source"))?;
            self.have += chunk.len() as u64;
        }
        if self.have == self.source.size {
            Ok(())
        } else {
            Err(Interruption::Broken("the end came too early".into()))
        }
    }

    async fn rewind(&mut self) -> Result<(), WorkError> {
        self.have = 0;
        let emptied = async {
            self.file.rewind().await?;
            self.file.set_len(0).await
        };
        emptied.await.map_err(WorkError::io("emptying the source"))
    }
}

/// Waits for the bucket so long and no longer.
async fn patiently<T>(patience: Duration, wait: impl Future<Output = reqwest::Result<T>>) -> Result<T, Interruption> {
    match timeout(patience, wait).await {
        Ok(done) => done.map_err(|error| Interruption::Broken(http::plain(error))),
        Err(_) => Err(Interruption::Broken("nothing came for too long".into())),
    }
}

fn source_changed() -> WorkError {
    WorkError::permanent(
        "source_changed",
        "the uploaded file is gone or was replaced before it was processed; upload it again",
    )
}

fn wrong_length() -> WorkError {
    WorkError::transient(
        "source_length",
        "the uploaded file did not come out of the storage with the length it went in with",
    )
}
