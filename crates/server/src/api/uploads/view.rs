//! An upload as its owner sees it.

use domain::{Failure, UploadId, UploadState, UserId};
use serde::Serialize;
use store::Entry;
use utoipa::ToSchema;

use crate::{Problem, Settings, State, api::time::rfc3339};

/// An upload.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Upload)]
pub(crate) struct UploadView {
    /// A UUID.
    #[schema(value_type = String)]
    id: UploadId,
    /// `uploading`, `queued`, `processing`, `ready`, `failed` or `deleting`.
    #[schema(value_type = String)]
    state: UploadState,
    /// What the file is called where it comes from.
    filename: String,
    /// Its extension: what the name claims that it is.
    source_type: &'static str,
    /// In bytes.
    size: u64,
    title: Option<String>,
    artist: Option<String>,
    album: Option<String>,
    /// Of the source, as ffprobe names it.
    codec: Option<String>,
    /// Of the stream.
    duration_seconds: Option<f64>,
    /// Whether there is a published tree, whatever the state.
    playable: bool,
    /// Of the published tree, ascending.
    renditions: Option<Vec<RenditionView>>,
    /// While it is being processed.
    progress: Option<ProgressView>,
    /// While it is failed.
    failure: Option<FailureView>,
    /// When a failed upload without a tree goes.
    purge_after: Option<String>,
    /// Hidden; gone from then on.
    delete_at: Option<String>,
    created_at: String,
    /// When it last changed in a way that shows.
    updated_at: String,
}

/// One rendition, as measured.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Rendition)]
struct RenditionView {
    /// As in `128k`.
    name: String,
    /// The peak, in bits a second.
    bandwidth: u64,
    /// In bits a second.
    average_bandwidth: u64,
    segments: u32,
}

/// How far the work is.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Progress)]
struct ProgressView {
    /// Seconds of audio that every rendition has reached.
    encoded_seconds: f64,
}

/// Why it failed.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Failure)]
struct FailureView {
    /// Stable, for programs.
    code: String,
    /// For people: what happened and what to do.
    message: String,
    /// Whether trying again may help.
    retryable: bool,
}

impl UploadView {
    /// The row as it is now.
    pub(crate) async fn load(app: &State, user: UserId, id: UploadId) -> Result<Self, Problem> {
        let entry = app.store.entry(user, id).await?;
        Ok(Self::new(entry, &app.settings))
    }

    pub(crate) fn new(entry: Entry, settings: &Settings) -> Self {
        let upload = entry.upload;
        let purge_after = match (&upload.published, upload.failed_at) {
            (None, Some(failed_at)) => Some(failed_at + settings.stale_after),
            _ => None,
        };
        let slowest = entry
            .progress
            .and_then(|seconds| seconds.into_values().reduce(f64::min));
        let renditions = upload.published.as_ref().map(|published| {
            let view = |rendition: &domain::protocol::RenditionReport| RenditionView {
                name: rendition.rung.to_string(),
                bandwidth: rendition.bandwidth,
                average_bandwidth: rendition.average_bandwidth,
                segments: rendition.segments,
            };
            published.renditions.iter().map(view).collect()
        });
        Self {
            id: upload.id,
            state: upload.state,
            filename: upload.filename,
            source_type: upload.source_type.extension(),
            size: upload.size,
            title: upload.title,
            artist: upload.artist,
            album: upload.album,
            codec: upload.codec,
            duration_seconds: upload.duration_seconds,
            playable: upload.published.is_some(),
            renditions,
            progress: slowest.map(|encoded_seconds| ProgressView { encoded_seconds }),
            failure: upload.failure.map(FailureView::from),
            purge_after: purge_after.map(rfc3339),
            delete_at: upload.delete_at.map(rfc3339),
            created_at: rfc3339(upload.created_at),
            updated_at: rfc3339(upload.updated_at.max(entry.changed_at)),
        }
    }
}

impl From<Failure> for FailureView {
    fn from(failure: Failure) -> Self {
        Self {
            code: failure.code,
            message: failure.message,
            retryable: failure.retryable,
        }
    }
}
