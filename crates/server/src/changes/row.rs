//! A row as it is sent.

use std::hash::{DefaultHasher, Hash, Hasher};

use domain::{Timestamp, UploadId};
use store::Entry;

use crate::{Settings, api::uploads::UploadView};

/// An upload as it stood at one time, spelled out once for all who are sent it.
pub(crate) struct Row {
    pub(super) upload: UploadId,
    pub(super) changed_at: Timestamp,
    /// The whole upload, in one line.
    pub(crate) json: Box<str>,
    /// Of the text: two changes may carry the same time.
    pub(super) print: u64,
}

impl Row {
    pub(super) fn new(entry: Entry, settings: &Settings) -> Result<Self, serde_json::Error> {
        let (upload, changed_at) = (entry.upload.id, entry.changed_at);
        let json = serde_json::to_string(&UploadView::new(entry, settings))?;
        Ok(Self::of_text(upload, changed_at, json))
    }

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
