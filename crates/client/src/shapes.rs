//! What the API's answers hold. Fields that are not known here are ignored. Times are as the API spells them, RFC 3339 in
//! UTC.

use std::collections::BTreeMap;

use domain::{Secret, UploadId, UploadState, UserId};
use serde::{Deserialize, Serialize};

/// An account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct User {
    /// Its id.
    pub id: UserId,
    /// As it was registered.
    pub email: String,
    /// When it was registered.
    pub created_at: String,
}

/// An upload.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Upload {
    /// Its id.
    pub id: UploadId,
    /// Where it stands.
    pub state: UploadState,
    /// What the file is called where it comes from.
    pub filename: String,
    /// Its extension.
    pub source_type: String,
    /// In bytes.
    pub size: u64,
    /// From the tags, or as the owner wrote it; as `artist` and `album` are.
    pub title: Option<String>,
    /// Who plays.
    pub artist: Option<String>,
    /// Where it was published.
    pub album: Option<String>,
    /// Of the source, as ffprobe names it.
    pub codec: Option<String>,
    /// Of the stream.
    pub duration_seconds: Option<f64>,
    /// Whether there is a published tree, whatever the state.
    pub playable: bool,
    /// Of the published tree, ascending.
    pub renditions: Option<Vec<Rendition>>,
    /// While it is being processed.
    pub progress: Option<Progress>,
    /// While it is failed.
    pub failure: Option<FailureReason>,
    /// When a failed upload without a tree goes.
    pub purge_after: Option<String>,
    /// Hidden; gone from then on.
    pub delete_at: Option<String>,
    /// When it was reserved.
    pub created_at: String,
    /// When it last changed in a way that shows.
    pub updated_at: String,
}

impl Upload {
    /// Whether nothing more will happen to it by itself.
    #[must_use]
    pub fn is_settled(&self) -> bool {
        matches!(
            self.state,
            UploadState::Ready | UploadState::Failed | UploadState::Deleting
        )
    }
}

/// One rendition, as measured.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rendition {
    /// As in `128k`.
    pub name: String,
    /// The peak, in bits a second.
    pub bandwidth: u64,
    /// In bits a second.
    pub average_bandwidth: u64,
    /// How many.
    pub segments: u32,
}

/// How far the work is.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Progress {
    /// Seconds of audio that every rendition has reached.
    pub encoded_seconds: f64,
}

/// Why an upload failed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FailureReason {
    /// Stable, for programs.
    pub code: String,
    /// For people: what happened and what to do.
    pub message: String,
    /// Whether trying again may help.
    pub retryable: bool,
}

/// An upload that was reserved, and how to send its file.
#[derive(Debug, Clone, Deserialize)]
pub struct Reservation {
    /// The upload.
    pub upload: Upload,
    /// How to send its file.
    pub transfer: Transfer,
}

/// How to send a file.
#[derive(Debug, Clone, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Transfer {
    /// In one request.
    Single {
        /// That request.
        put: Put,
    },
    /// In parts, whose URLs come from [`crate::Client::parts`].
    Multipart {
        /// Of all but the last, in bytes.
        part_size: u64,
        /// How many.
        parts: u32,
    },
}

/// Leave to make one request to the bucket, with exactly these headers.
#[derive(Debug, Clone, Deserialize)]
pub struct Put {
    /// `PUT`.
    pub method: String,
    /// It holds a signature, so it is a secret.
    pub url: Secret,
    /// Headers that the signature binds.
    pub headers: BTreeMap<String, String>,
    /// Until when it works.
    pub expires_at: String,
}

/// How an interrupted transfer goes on.
#[derive(Debug, Clone, Deserialize)]
pub struct Parts {
    /// For a transfer that is single.
    pub put: Option<Put>,
    /// For the numbers that were asked for.
    pub parts: Vec<PartPut>,
    /// What the bucket has already.
    pub uploaded: Vec<UploadedPart>,
}

/// Leave to send one part.
#[derive(Debug, Clone, Deserialize)]
pub struct PartPut {
    /// From 1.
    pub number: u32,
    /// In bytes.
    pub length: u64,
    /// The request.
    pub put: Put,
}

/// A part that the bucket has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
pub struct UploadedPart {
    /// From 1.
    pub number: u32,
    /// In bytes.
    pub size: u64,
}

/// One page of the library.
#[derive(Debug, Clone, Deserialize)]
pub struct Page {
    /// In the order that was asked for.
    pub uploads: Vec<Upload>,
    /// For the next page, if there is more.
    pub next_cursor: Option<String>,
}

/// What to change of an upload's names: `None` leaves one as it is, an empty text takes it away.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Names {
    /// The title.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// The artist.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub artist: Option<String>,
    /// The album.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub album: Option<String>,
}

/// Where an upload plays.
#[derive(Debug, Clone, Deserialize)]
pub struct Playback {
    /// Of the master playlist. Whoever has it can listen.
    pub url: String,
    /// Until when it works.
    pub expires_at: String,
}
