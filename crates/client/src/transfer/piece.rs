//! One request to the bucket: a whole file or a part of it, from disk, with its length.

use std::time::Duration;

use domain::UploadId;
use futures_util::TryStreamExt;
use reqwest::{
    Body, Method, StatusCode,
    header::{CONTENT_LENGTH, IF_NONE_MATCH},
};
use tokio::{sync::watch, time::sleep};
use tokio_util::io::ReaderStream;

use super::{
    error::SendError,
    progress::{Sent, Share},
    source::Source,
};
use crate::{
    backoff::Backoff,
    client::Client,
    error::ClientError,
    http,
    shapes::{Parts, Put},
};

/// All that is in memory of a piece that is being sent.
const BUFFER: usize = 64 << 10;

pub(crate) struct Piece {
    pub(crate) upload: UploadId,
    /// None if it is the whole file.
    pub(crate) number: Option<u32>,
    pub(crate) offset: u64,
    pub(crate) length: u64,
    pub(crate) put: Put,
}

/// Why a piece was not taken.
enum Rejection {
    /// The URL works no more, if it ever did.
    Forbidden,
    Broken(String),
    Final(SendError),
}

impl From<SendError> for Rejection {
    fn from(error: SendError) -> Self {
        Self::Final(error)
    }
}

impl Piece {
    /// Sends it, again if need be.
    pub(crate) async fn deliver(
        mut self,
        client: &Client,
        source: &Source,
        progress: &watch::Sender<Sent>,
    ) -> Result<(), SendError> {
        let limits = client.limits();
        let mut backoff = Backoff::new(limits);
        let mut tries = 0;
        if has_expired(&self.put) {
            self.put = self.fresh(client).await?;
        }
        loop {
            let share = Share::new(progress);
            let rejection = match self.send(client, source, &share).await {
                Ok(()) => {
                    share.keep();
                    return Ok(());
                }
                Err(rejection) => rejection,
            };
            drop(share);
            // A file that was cut short breaks the request, and that is then the better reason.
            source.must_be_unchanged().await?;
            tries += 1;
            let (reason, is_forbidden) = match rejection {
                Rejection::Final(error) => return Err(error),
                Rejection::Forbidden => ("it refuses the signed URL".to_owned(), true),
                Rejection::Broken(reason) => (reason, false),
            };
            tracing::info!(number = self.number, reason, tries, "a piece was not taken");
            if tries >= limits.tries {
                return Err(SendError::Storage(reason));
            }
            // A bucket that refuses a request before it has read it may close the connection before its answer is read.
            if is_forbidden || tries > 1 || has_expired(&self.put) {
                self.put = self.fresh(client).await?;
            }
            backoff.wait(None).await;
        }
    }

    async fn fresh(&self, client: &Client) -> Result<Put, SendError> {
        let Parts { put, parts, .. } = client.parts(self.upload, self.number.as_slice()).await?;
        let put = match self.number {
            None => put,
            Some(number) => parts
                .into_iter()
                .find(|part| part.number == number)
                .map(|part| part.put),
        };
        put.ok_or_else(|| ClientError::Unexpected("it gives no URL for a part".into()).into())
    }

    async fn send(&self, client: &Client, source: &Source, share: &Share) -> Result<(), Rejection> {
        let limits = client.limits();
        let file = source.open(self.offset, self.length).await?;
        let counter = share.counter();
        let body = ReaderStream::with_capacity(file, BUFFER).inspect_ok(move |bytes| counter.add(bytes.len()));
        let method = Method::from_bytes(self.put.method.as_bytes());
        let method = method.map_err(|_| SendError::from(ClientError::Unexpected("it names no method".into())))?;
        // With its length, or it would be sent in chunks, which no signature of a length allows.
        let mut request = client
            .http()
            .request(method, self.put.url.reveal())
            .header(CONTENT_LENGTH, self.length)
            .timeout(limits.silence + Duration::from_mins(1) + Duration::from_secs(self.length / limits.slowest.max(1)))
            .body(Body::wrap_stream(body));
        let mut is_write_once = false;
        for (name, value) in &self.put.headers {
            is_write_once |= name.eq_ignore_ascii_case(IF_NONE_MATCH.as_str());
            if !name.eq_ignore_ascii_case(CONTENT_LENGTH.as_str()) {
                request = request.header(name, value);
            }
        }
        let response = tokio::select! {
            response = request.send() => response.map_err(|error| Rejection::Broken(http::plain(error)))?,
            () = stands_still(share, limits.silence) => return Err(Rejection::Broken("nothing moves".into())),
        };
        match response.status() {
            status if status.is_success() => Ok(()),
            // It is there already: an earlier try of ours got through and its answer was lost. The server compares the
            // size when the upload is completed.
            StatusCode::PRECONDITION_FAILED if is_write_once => Ok(()),
            StatusCode::FORBIDDEN => Err(Rejection::Forbidden),
            status => Err(Rejection::Broken(format!("it answers {status}"))),
        }
    }
}

/// Comes back when for so long no byte was taken.
async fn stands_still(share: &Share, silence: Duration) {
    let mut seen = share.bytes();
    loop {
        sleep(silence).await;
        let bytes = share.bytes();
        if bytes == seen {
            return;
        }
        seen = bytes;
    }
}

/// By this machine's clock. If that is wrong, a URL is asked for in vain, or refused and then asked for.
fn has_expired(put: &Put) -> bool {
    let expires_at = humantime::parse_rfc3339(&put.expires_at);
    expires_at.is_ok_and(|expires_at| expires_at.elapsed().is_ok())
}
