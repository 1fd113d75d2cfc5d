//! Files of the tree, from disk to the bucket: granted in batches, a few at a time, each removed once it is there.

use std::path::{Path, PathBuf};

use domain::protocol::{FileToPut, PresignedPut};
use futures_util::{Stream, StreamExt, TryStreamExt, future, stream};
use reqwest::{
    Body, Client, StatusCode,
    header::{CONTENT_LENGTH, IF_NONE_MATCH},
};
use tokio::{fs, time::Instant};
use tokio_util::io::ReaderStream;

use crate::{backoff::Backoff, callbacks::Callbacks, failure::WorkError, http, settings::Limits};

/// How many files one question is about. Few, so that the first of them need not wait for the last; and the URLs that
/// are in hand are used long before they expire.
const BATCH: usize = 16;
/// All that is in memory of a file that is being sent.
const BUFFER: usize = 64 << 10;

pub(crate) struct Uploader<'a> {
    pub(crate) client: &'a Client,
    pub(crate) callbacks: &'a Callbacks,
    pub(crate) limits: &'a Limits,
    /// The folder that the tree lies in.
    pub(crate) tree: PathBuf,
    /// How many files are sent at once.
    pub(crate) transfers: usize,
}

/// Leave to send one file.
struct Ticket {
    file: FileToPut,
    put: PresignedPut,
    /// After this the URL may be too old before the file is through.
    until: Instant,
}

/// Why a file was not taken.
enum Rejection {
    /// The URL works no more, if it ever did.
    Forbidden,
    Broken(String),
    Final(WorkError),
}

impl Uploader<'_> {
    /// Uploads and removes every file that comes, as many as wait in one grant. When this returns, all are in the
    /// bucket. Whoever sends the files waits while too many are on their way.
    pub(crate) async fn put_all(&self, files: impl Stream<Item = FileToPut>) -> Result<(), WorkError> {
        files
            .ready_chunks(BATCH)
            .then(|batch| self.grant(batch))
            .map_ok(|tickets| stream::iter(tickets.into_iter().map(Ok)))
            .try_flatten()
            .map_ok(|ticket| self.put(ticket))
            .try_buffer_unordered(self.transfers)
            .try_for_each(|()| future::ready(Ok(())))
            .await
    }

    async fn grant(&self, files: Vec<FileToPut>) -> Result<Vec<Ticket>, WorkError> {
        let (asked, granted) = self.callbacks.grant(files.clone()).await?;
        let named = granted.puts.iter().map(|put| put.file);
        if !named.eq(files.iter().map(|file| file.file)) {
            tracing::error!("the server granted other files than were asked for");
            let message = "something went wrong while this file was being processed";
            return Err(WorkError::transient("protocol", message));
        }
        let lifetime = std::time::Duration::from_secs(granted.expires_in_seconds.into());
        let until = asked + lifetime.saturating_sub(self.limits.transfer.min(lifetime / 2));
        let tickets = files.into_iter().zip(granted.puts);
        Ok(tickets.map(|(file, put)| Ticket { file, put, until }).collect())
    }

    async fn put(&self, mut ticket: Ticket) -> Result<(), WorkError> {
        let name = ticket.file.file;
        let path = self.tree.join(name.to_string());
        let mut backoff = Backoff::new(self.limits);
        let mut tries = 0;
        loop {
            if Instant::now() >= ticket.until {
                ticket = self.again(ticket.file).await?;
            }
            let rejection = match self.send(&ticket, &path).await {
                Ok(()) => break,
                Err(rejection) => rejection,
            };
            tries += 1;
            let reason = match rejection {
                Rejection::Final(error) => return Err(error),
                Rejection::Forbidden => {
                    ticket = self.again(ticket.file).await?;
                    "the URL is refused".into()
                }
                Rejection::Broken(reason) => reason,
            };
            tracing::warn!(reason, %name, tries, "an upload failed");
            if tries >= self.limits.tries {
                let message = "the storage did not take what was made of this file";
                return Err(WorkError::transient("upload_failed", message));
            }
            backoff.wait(None).await;
        }
        fs::remove_file(&path)
            .await
            .map_err(WorkError::io("removing what is uploaded"))
    }

    /// A fresh URL for one file.
    async fn again(&self, file: FileToPut) -> Result<Ticket, WorkError> {
        let mut tickets = self.grant(vec![file]).await?;
        // `grant` answers with as many as were asked for.
        tickets
            .pop()
            .ok_or_else(|| WorkError::transient("protocol", "nothing was granted"))
    }

    async fn send(&self, ticket: &Ticket, path: &Path) -> Result<(), Rejection> {
        let file = fs::File::open(path).await.map_err(WorkError::io("reading the tree"));
        let file = file.map_err(Rejection::Final)?;
        // With its length, or it would be sent in chunks, which no signature of a length allows.
        let mut request = self
            .client
            .put(ticket.put.url.reveal())
            .header(CONTENT_LENGTH, ticket.file.size)
            .timeout(self.limits.transfer)
            .body(Body::wrap_stream(ReaderStream::with_capacity(file, BUFFER)));
        let mut write_once = false;
        for (name, value) in &ticket.put.headers {
            write_once |= name.eq_ignore_ascii_case(IF_NONE_MATCH.as_str());
            if !name.eq_ignore_ascii_case(CONTENT_LENGTH.as_str()) {
                request = request.header(name, value);
            }
        }
        let response = request.send().await;
        let response = response.map_err(|error| Rejection::Broken(http::plain(error)))?;
        match response.status() {
            status if status.is_success() => Ok(()),
            // It is there already: an earlier try of ours got through and its answer was lost. Nobody else can write
            // to this tree.
            StatusCode::PRECONDITION_FAILED if write_once => Ok(()),
            StatusCode::FORBIDDEN => Err(Rejection::Forbidden),
            status => Err(Rejection::Broken(status.to_string())),
        }
    }
}
