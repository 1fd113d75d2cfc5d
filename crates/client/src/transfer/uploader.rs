//! From a path to an upload that is complete.

use std::path::Path;

use domain::{UploadId, UploadState};
use futures_util::{Stream, StreamExt, TryStreamExt, future, stream};
use tokio::sync::watch;

use super::{
    error::SendError,
    piece::Piece,
    progress::Sent,
    source::Source,
    state::{Saved, StateDir},
};
use crate::{
    client::Client,
    error::ClientError,
    shapes::{Put, Transfer, Upload, UploadedPart},
};

/// How many parts are sent at once.
const AT_ONCE: usize = 4;
/// For how many parts URLs are asked at once. Few, so that they are used long before they expire.
const BATCH: usize = 16;
/// How often parts that the bucket has lost are sent again.
const ROUNDS: usize = 3;
/// S3 takes no more.
const MOST_PARTS: u64 = 10_000;

/// Sends files.
pub struct Uploader {
    client: Client,
    states: Option<StateDir>,
}

/// What is to be done for one file.
struct Plan {
    upload: UploadId,
    way: Way,
}

enum Way {
    Single(Put),
    Parts { size: u64, uploaded: Vec<UploadedPart> },
}

enum Earlier {
    /// It was sent completely, and only its end was missed.
    Done(Box<Upload>),
    Unfinished(Plan),
}

impl Uploader {
    /// One for this client's user. Without a folder for states, a file that was interrupted is sent from its beginning.
    #[must_use]
    pub fn new(client: &Client, states: Option<StateDir>) -> Self {
        Self {
            client: client.clone(),
            states,
        }
    }

    /// Sends a file, or what is missing of it, and says that it is complete. Whoever drops this may call it again later.
    pub async fn send(&self, path: &Path, progress: &watch::Sender<Sent>) -> Result<Upload, SendError> {
        let source = Source::find(path).await?;
        progress.send_replace(Sent {
            bytes: 0,
            total: source.print.size,
        });
        let sent = self.send_source(&source, progress).await;
        let is_over = match &sent {
            Ok(_) => true,
            // There is nothing to go on with: gone, or called off.
            Err(SendError::Client(error)) => matches!(error.status(), Some(404 | 409)),
            Err(_) => false,
        };
        if let Some(states) = self.states.as_ref().filter(|_| is_over) {
            states.forget(self.client.server(), &source);
        }
        sent
    }

    async fn send_source(&self, source: &Source, progress: &watch::Sender<Sent>) -> Result<Upload, SendError> {
        let mut plan = match self.earlier(source).await? {
            Some(Earlier::Done(upload)) => return Ok(*upload),
            Some(Earlier::Unfinished(plan)) => plan,
            None => self.reserve(source).await?,
        };
        let mut round = 1;
        loop {
            self.send_missing(&plan, source, progress).await?;
            // Bytes of two versions would be an upload that nobody made.
            source.must_be_unchanged().await?;
            match self.client.complete(plan.upload).await {
                Err(error) if error.code() == Some("parts_missing") && round < ROUNDS => {
                    tracing::info!(upload = %plan.upload, "parts are missing");
                    let Way::Parts { uploaded, .. } = &mut plan.way else {
                        return Err(error.into());
                    };
                    *uploaded = self.client.parts(plan.upload, &[]).await?.uploaded;
                    round += 1;
                }
                completed => return Ok(completed?),
            }
        }
    }

    async fn reserve(&self, source: &Source) -> Result<Plan, SendError> {
        let reservation = self.client.reserve(&source.name, source.print.size).await?;
        let (way, part_size) = match reservation.transfer {
            Transfer::Single { put } => (Way::Single(put), None),
            Transfer::Multipart { part_size, parts } => {
                let is_plan = source
                    .print
                    .size
                    .checked_div(part_size)
                    .is_some_and(|whole| whole <= MOST_PARTS)
                    && source.print.size.div_ceil(part_size) == u64::from(parts);
                if !is_plan {
                    return Err(ClientError::Unexpected("its parts do not make up the file".into()).into());
                }
                let uploaded = Vec::new();
                (
                    Way::Parts {
                        size: part_size,
                        uploaded,
                    },
                    Some(part_size),
                )
            }
        };
        let upload = reservation.upload.id;
        if let Some(states) = &self.states {
            let saved = Saved {
                server: self.client.server().to_owned(),
                upload,
                part_size,
                file: source.print,
            };
            states.save(source, &saved);
        }
        Ok(Plan { upload, way })
    }

    /// What is left to do of an earlier sending, if there was one of this very file.
    async fn earlier(&self, source: &Source) -> Result<Option<Earlier>, SendError> {
        let states = self.states.as_ref();
        let Some(saved) = states.and_then(|states| states.load(self.client.server(), source)) else {
            return Ok(None);
        };
        let upload = match self.client.upload(saved.upload).await {
            Ok(upload) if upload.delete_at.is_none() => upload,
            Ok(_) => return Ok(None),
            Err(error) if error.status() == Some(404) => return Ok(None),
            Err(error) => return Err(error.into()),
        };
        let is_unchanged = saved.file == source.print && upload.size == source.print.size;
        match upload.state {
            UploadState::Uploading if is_unchanged => {}
            UploadState::Uploading => {
                // Nobody will complete it; left alone it would stand in the library for a day.
                if let Err(error) = self.client.delete(saved.upload).await {
                    tracing::info!(%error, "what was begun with the file's earlier content could not be deleted");
                }
                return Ok(None);
            }
            UploadState::Queued | UploadState::Processing | UploadState::Ready if is_unchanged => {
                return Ok(Some(Earlier::Done(Box::new(upload))));
            }
            _ => return Ok(None),
        }
        let parts = match self.client.parts(saved.upload, &[]).await {
            Ok(parts) => parts,
            // It was called off a moment ago.
            Err(error) if matches!(error.status(), Some(404 | 409)) => return Ok(None),
            Err(error) => return Err(error.into()),
        };
        let way = match (saved.part_size, parts.put) {
            (None, Some(put)) => Way::Single(put),
            (Some(size @ 1..), None) => {
                let uploaded = parts.uploaded;
                Way::Parts { size, uploaded }
            }
            _ => return Ok(None),
        };
        let upload = saved.upload;
        Ok(Some(Earlier::Unfinished(Plan { upload, way })))
    }

    async fn send_missing(
        &self,
        plan: &Plan,
        source: &Source,
        progress: &watch::Sender<Sent>,
    ) -> Result<(), SendError> {
        let (part_size, uploaded) = match &plan.way {
            Way::Single(put) => {
                let whole = Piece {
                    upload: plan.upload,
                    number: None,
                    offset: 0,
                    length: source.print.size,
                    put: put.clone(),
                };
                return whole.deliver(&self.client, source, progress).await;
            }
            Way::Parts { size, uploaded } => (*size, uploaded),
        };
        let parts = source.print.size.div_ceil(part_size).min(MOST_PARTS);
        let length = |number: u32| part_size.min(source.print.size - u64::from(number - 1) * part_size);
        let is_there = |number: u32| {
            let of_number = |part: &&UploadedPart| part.number == number;
            uploaded
                .iter()
                .find(of_number)
                .is_some_and(|part| part.size == length(number))
        };
        let numbers = 1..=u32::try_from(parts).unwrap_or(u32::MAX);
        let (there, missing): (Vec<u32>, Vec<u32>) = numbers.partition(|number| is_there(*number));
        progress.send_modify(|sent| sent.bytes = there.into_iter().map(length).sum());
        self.pieces(plan.upload, &missing)
            .map_ok(|(number, put)| {
                let piece = Piece {
                    upload: plan.upload,
                    number: Some(number),
                    offset: u64::from(number - 1) * part_size,
                    length: length(number),
                    put,
                };
                piece.deliver(&self.client, source, progress)
            })
            .try_buffer_unordered(AT_ONCE)
            .try_for_each(|()| future::ready(Ok(())))
            .await
    }

    /// URLs for parts, asked for when it is their turn.
    fn pieces(&self, upload: UploadId, numbers: &[u32]) -> impl Stream<Item = Result<(u32, Put), SendError>> {
        stream::iter(numbers.chunks(BATCH))
            .then(move |batch| async move {
                let granted = self.client.parts(upload, batch).await?.parts;
                let named = granted.iter().map(|part| part.number);
                if !named.eq(batch.iter().copied()) {
                    return Err(SendError::from(ClientError::Unexpected(
                        "it gives URLs for other parts".into(),
                    )));
                }
                let puts = granted.into_iter().map(|part| Ok((part.number, part.put)));
                Ok(stream::iter(puts))
            })
            .try_flatten()
    }
}
