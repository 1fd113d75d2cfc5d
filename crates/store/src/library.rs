//! A user's uploads, as their owner sees and changes them.

use std::time::Duration;

use async_trait::async_trait;
use domain::{Timestamp, TreeName, UploadId, UploadState, UserId, protocol::RenditionReport};
use serde::{Deserialize, Deserializer, Serialize, de::Error as _};

use crate::{NewJob, Progress, StoreError, Upload};

/// How long a delete can be taken back.
pub const DELETE_GRACE: Duration = Duration::from_secs(10);

/// What the owner of an upload does with it. Another user's upload is treated as one that is not there, and so is one
/// that is hidden by a delete, but for [`Library::restore`].
#[async_trait]
pub trait Library {
    /// One page of a user's uploads, without the hidden. Following `next` shows each upload that is there throughout
    /// exactly once, whatever comes and goes meanwhile, unless it changes its own place.
    async fn list(&self, user: UserId, query: LibraryQuery<'_>) -> Result<Page, StoreError>;

    /// One entry of the library.
    async fn entry(&self, user: UserId, id: UploadId) -> Result<Entry, StoreError>;

    /// Changes what it is called.
    async fn rename(&self, now: Timestamp, user: UserId, id: UploadId, names: Names<'_>) -> Result<Upload, StoreError>;

    /// Hides an upload; after [`DELETE_GRACE`] it goes. Returns when that is. Again: the same answer.
    async fn delete(&self, now: Timestamp, user: UserId, id: UploadId) -> Result<Timestamp, StoreError>;

    /// Takes a delete back, while its grace lasts. Nothing to take back is no error.
    async fn restore(&self, now: Timestamp, user: UserId, id: UploadId) -> Result<Upload, StoreError>;

    /// Packages it again. [`StoreError::SourceGone`]: the source never came. What is published goes on playing.
    async fn retry(&self, now: Timestamp, user: UserId, id: UploadId, job: NewJob) -> Result<(), StoreError>;

    /// Calls the transfer or the work off. Returns the state that this leaves: `ready` if an earlier tree is published,
    /// otherwise `failed`.
    async fn cancel(&self, now: Timestamp, user: UserId, id: UploadId) -> Result<UploadState, StoreError>;

    /// What can be played, and notes that URLs for it work until `until`. [`StoreError::WrongState`]: nothing is
    /// published.
    async fn playback(&self, user: UserId, id: UploadId, until: Timestamp) -> Result<Playback, StoreError>;

    /// All users' uploads that changed, or whose work progressed, at `since` or later: by that time, after `cursor`, at
    /// most `limit`. Hidden ones are among them. A transaction that began earlier may commit later, so ask again for
    /// the last few seconds.
    async fn changed_since(
        &self,
        since: Timestamp,
        cursor: Option<ChangeCursor>,
        limit: u32,
    ) -> Result<Vec<Entry>, StoreError>;

    /// The same for one user.
    async fn changed_of_user(
        &self,
        user: UserId,
        since: Timestamp,
        cursor: Option<ChangeCursor>,
        limit: u32,
    ) -> Result<Vec<Entry>, StoreError>;

    /// A user's uploads that are under way: `uploading`, `queued` or `processing`, and not hidden. By id, after
    /// `cursor`, at most `limit`.
    async fn unfinished(&self, user: UserId, cursor: Option<UploadId>, limit: u32) -> Result<Vec<Entry>, StoreError>;
}

/// Which part of a library to list.
#[derive(Debug, Clone, Default)]
pub struct LibraryQuery<'a> {
    /// Found in title, artist, album or filename, whatever the case and accents.
    pub search: Option<&'a str>,
    /// Only those in this state.
    pub state: Option<UploadState>,
    /// In which order.
    pub sort: Sort,
    /// Where the page before ended.
    pub cursor: Option<LibraryCursor>,
    /// At most so many, and at least one.
    pub limit: u32,
}

/// The order of a library.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Sort {
    /// The last reserved first.
    #[default]
    Newest,
    /// The first reserved first.
    Oldest,
    /// By title, or by filename where there is none.
    Title,
    /// The same, backwards.
    TitleDescending,
    /// The longest first; those of unknown length come last.
    Longest,
    /// The shortest first; those of unknown length come before.
    Shortest,
}

/// Where a page of a library ended. Made by [`Library::list`]; callers only carry it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LibraryCursor {
    pub(crate) place: Place,
    pub(crate) id: UploadId,
}

/// What the last row of a page was sorted by, beside its id.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Place {
    Id,
    Title(#[serde(deserialize_with = "without_nul")] String),
    /// The bits of the number: a decimal might come back as its neighbour.
    Seconds(u64),
}

/// Whoever makes a cursor up could put in what PostgreSQL has no text for.
fn without_nul<'de, D: Deserializer<'de>>(from: D) -> Result<String, D::Error> {
    let text = String::deserialize(from)?;
    if text.contains('\0') {
        return Err(D::Error::custom("a title with NUL in it"));
    }
    Ok(text)
}

/// One page of a library.
#[derive(Debug, Clone)]
pub struct Page {
    /// In the order that was asked for.
    pub entries: Vec<Entry>,
    /// `None`: this was the last page.
    pub next: Option<LibraryCursor>,
}

/// An upload and how its work goes.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    /// The row.
    pub upload: Upload,
    /// While a worker has it, from its first heartbeat on.
    pub progress: Option<Progress>,
    /// When the row or the progress last changed.
    pub changed_at: Timestamp,
}

impl Entry {
    /// Where to go on after this one.
    #[must_use]
    pub fn cursor(&self) -> ChangeCursor {
        ChangeCursor {
            changed_at: self.changed_at,
            id: self.upload.id,
        }
    }
}

/// Where a list of changes goes on: after this entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ChangeCursor {
    pub(crate) changed_at: Timestamp,
    pub(crate) id: UploadId,
}

/// What to call an upload. `None` leaves a name as it is, an empty text takes it away.
#[derive(Debug, Clone, Copy, Default)]
pub struct Names<'a> {
    /// Of the recording.
    pub title: Option<&'a str>,
    /// Who made it.
    pub artist: Option<&'a str>,
    /// What it belongs to.
    pub album: Option<&'a str>,
}

/// What can be played.
#[derive(Debug, Clone, PartialEq)]
pub struct Playback {
    /// The published tree.
    pub tree: TreeName,
    /// What it holds, ascending.
    pub renditions: Vec<RenditionReport>,
    /// Of the stream.
    pub duration_seconds: f64,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_holds_any_title_but_none_with_nul() {
        let read = |title: &str| {
            let id = "018bcfe5-6801-7000-8000-000000000000";
            let json = format!(r#"{{"place":{{"title":"{title}"}},"id":"{id}"}}"#);
            serde_json::from_str::<LibraryCursor>(&json).map(|cursor| cursor.place)
        };
        assert!(read(r"a\u0000b").is_err());
        // The letters of that escape are a title like any other.
        assert_eq!(read(r"a\\u0000b").unwrap(), Place::Title(r"a\u0000b".into()));
        assert_eq!(read(r"\u00fc\n").unwrap(), Place::Title("ü\n".into()));
    }
}
