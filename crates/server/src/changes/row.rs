//! A row as it is sent.

use std::hash::{DefaultHasher, Hash, Hasher};

use domain::{Timestamp, UploadId, UserId};
use store::{Entry, StoreError};

use crate::{Settings, api::uploads::UploadView, state::State};

/// An upload as it stood at one time, spelled out once for all who are sent it.
pub(crate) struct Row {
    pub(super) upload: UploadId,
    pub(super) changed_at: Timestamp,
    /// The whole upload, in one line.
    pub(crate) json: Box<str>,
    /// Of the text: two changes may carry the same time. Without the place in the queue, where whoever is taken moves
    /// all behind it: that alone is no change of a row, or thousands that wait would be sent again and again.
    pub(super) print: u64,
}

/// A row before its place in the queue is looked up, which is only worth it if it is sent.
pub(super) struct Draft {
    pub(super) user: UserId,
    row: Row,
    view: UploadView,
}

/// Why rows cannot be told.
#[derive(Debug, thiserror::Error)]
pub(super) enum RowError {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error("an upload cannot be written as JSON: {0}")]
    Json(#[from] serde_json::Error),
}

impl Draft {
    pub(super) fn new(entry: Entry, settings: &Settings) -> Result<Self, RowError> {
        let (user, upload, changed_at) = (entry.upload.user, entry.upload.id, entry.changed_at);
        let view = UploadView::new(entry, settings);
        let row = Row::of_text(upload, changed_at, serde_json::to_string(&view)?);
        Ok(Self { user, row, view })
    }

    pub(super) fn upload(&self) -> UploadId {
        self.row.upload
    }

    /// By which it is told whether it was sent already.
    pub(super) fn print(&self) -> (Timestamp, u64) {
        (self.row.changed_at, self.row.print)
    }

    /// With the places in the queue, for which the database is asked once at most.
    pub(super) async fn finish(app: &State, mut drafts: Vec<Self>) -> Result<Vec<(UserId, Row)>, RowError> {
        UploadView::find_places(app, drafts.iter_mut().map(|draft| &mut draft.view)).await?;
        drafts.into_iter().map(Self::into_row).collect()
    }

    fn into_row(mut self) -> Result<(UserId, Row), RowError> {
        if self.view.has_place() {
            self.row.json = serde_json::to_string(&self.view)?.into();
        }
        Ok((self.user, self.row))
    }
}

impl Row {
    pub(super) fn of_text(upload: UploadId, changed_at: Timestamp, json: impl Into<Box<str>>) -> Self {
        let json = json.into();
        let mut hasher = DefaultHasher::new();
        json.hash(&mut hasher);
        Self {
            upload,
            changed_at,
            json,
            print: hasher.finish(),
        }
    }
}
