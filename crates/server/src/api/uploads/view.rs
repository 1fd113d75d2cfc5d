//! An upload as its owner sees it.

use std::collections::HashMap;

use domain::{Failure, UploadId, UserId};
use serde::Serialize;
use store::{Entry, Progress, StoreError};
use utoipa::ToSchema;

use super::state::StateView;
use crate::{Problem, Settings, State, api::time::rfc3339};

/// An upload.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Upload)]
pub(crate) struct UploadView {
    /// A UUID.
    #[schema(value_type = String)]
    id: UploadId,
    state: StateView,
    /// While it is queued: its place among those that may be claimed now, from 1, the next. 1000 is that or a later one.
    /// Null while a worker is being started for it, or it waits for another try.
    #[schema(required)]
    queue_position: Option<u32>,
    /// What the file is called where it comes from.
    filename: String,
    /// Its extension: what the name claims that it is.
    source_type: &'static str,
    /// In bytes.
    size: u64,
    #[schema(required)]
    title: Option<String>,
    #[schema(required)]
    artist: Option<String>,
    #[schema(required)]
    album: Option<String>,
    /// Of the source, as ffprobe names it.
    #[schema(required)]
    codec: Option<String>,
    /// Of the stream.
    #[schema(required)]
    duration_seconds: Option<f64>,
    /// Whether there is a published tree, whatever the state.
    playable: bool,
    /// Of the published tree, ascending.
    #[schema(required)]
    renditions: Option<Vec<RenditionView>>,
    /// While it is being processed.
    #[schema(required)]
    progress: Option<ProgressView>,
    /// While it is failed.
    #[schema(required)]
    failure: Option<FailureView>,
    /// When a failed upload without a tree goes.
    #[schema(required)]
    purge_after: Option<String>,
    /// Hidden; gone from then on.
    #[schema(required)]
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
    /// Seconds of audio that every rendition has reached; never more than the total.
    encoded_seconds: f64,
    /// Of the recording, as its header claims. Null: it does not say, or has not been looked at yet.
    #[schema(required)]
    total_seconds: Option<f64>,
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
        let mut view = Self::new(app.store.entry(user, id).await?, &app.settings);
        Self::find_places(app, [&mut view]).await?;
        Ok(view)
    }

    /// Looks those that are queued up in the queue. The database is not asked if none is.
    pub(crate) async fn find_places(
        app: &State,
        views: impl IntoIterator<Item = &mut Self> + Send,
    ) -> Result<(), StoreError> {
        let waiting = views.into_iter().filter(|view| view.state == StateView::Queued);
        let mut waiting: HashMap<UploadId, &mut Self> = waiting.map(|view| (view.id, view)).collect();
        let ids: Vec<UploadId> = waiting.keys().copied().collect();
        for (id, place) in app.store.places(app.clock.now(), &ids).await? {
            if let Some(view) = waiting.get_mut(&id) {
                view.queue_position = Some(place);
            }
        }
        Ok(())
    }

    /// Whether it was found in the queue.
    pub(crate) fn has_place(&self) -> bool {
        self.queue_position.is_some()
    }

    /// Without its place in the queue.
    pub(crate) fn new(entry: Entry, settings: &Settings) -> Self {
        let upload = entry.upload;
        let purge_after = match (&upload.published, upload.failed_at) {
            (None, Some(failed_at)) => Some(failed_at + settings.stale_after),
            _ => None,
        };
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
            state: upload.state.into(),
            queue_position: None,
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
            progress: entry.progress.and_then(ProgressView::of),
            failure: upload.failure.map(FailureView::from),
            purge_after: purge_after.map(rfc3339),
            delete_at: upload.delete_at.map(rfc3339),
            created_at: rfc3339(upload.created_at),
            updated_at: rfc3339(upload.updated_at.max(entry.changed_at)),
        }
    }
}

impl ProgressView {
    /// `None`: there is nothing to tell yet.
    fn of(progress: Progress) -> Option<Self> {
        let slowest = progress.encoded.into_values().reduce(f64::min);
        let total_seconds = progress.total;
        let encoded = slowest.or(total_seconds.map(|_| 0.0))?;
        Some(Self {
            // Headers claim too little, too.
            encoded_seconds: total_seconds.map_or(encoded, |total| encoded.min(total)),
            total_seconds,
        })
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn progress_is_what_the_slowest_has_reached_and_never_beyond_the_end() {
        let shown = |encoded: &[(&str, f64)], total| {
            let encoded = encoded.iter().map(|(rung, seconds)| (rung.parse().unwrap(), *seconds));
            let encoded = encoded.collect();
            let view = ProgressView::of(Progress { encoded, total });
            view.map(|view| (view.encoded_seconds, view.total_seconds))
        };
        assert_eq!(shown(&[], None), None);
        assert_eq!(shown(&[], Some(180.5)), Some((0.0, Some(180.5))));
        let two = [("64k", 12.5), ("128k", 11.0)];
        assert_eq!(shown(&two, None), Some((11.0, None)));
        assert_eq!(shown(&two, Some(180.5)), Some((11.0, Some(180.5))));
        assert_eq!(shown(&two, Some(9.0)), Some((9.0, Some(9.0))));
    }
}
