//! The way of a file into the bucket, up to the job that is queued for it.

use async_trait::async_trait;
use domain::{
    Failure, JobId, SourceType, Timestamp, TreeName, UploadId, UploadState, UserId,
    protocol::{PackageSpec, RenditionReport},
};

use crate::StoreError;

/// The transfer of a source. What names a user treats another user's upload as one that is not there.
#[async_trait]
pub trait Uploads {
    /// Reserves an upload. [`StoreError::TooMany`]: the user has `most_uploading` under way, however many ask at once.
    async fn reserve(&self, now: Timestamp, upload: NewUpload, most_uploading: u32) -> Result<Upload, StoreError>;

    /// An upload that is not hidden by a delete.
    async fn upload(&self, user: UserId, id: UploadId) -> Result<Upload, StoreError>;

    /// Another URL for the source is given out, and works until then.
    async fn extend_urls(&self, now: Timestamp, user: UserId, id: UploadId, until: Timestamp)
    -> Result<(), StoreError>;

    /// The source comes as a multipart upload, which the bucket has just begun. Once only.
    async fn set_multipart(
        &self,
        now: Timestamp,
        user: UserId,
        id: UploadId,
        multipart: Multipart,
    ) -> Result<(), StoreError>;

    /// The bucket holds the whole source: queues the job. The browser, the sweeper and the bucket's events may all say
    /// so, at once and again; one job comes of it. An object of another size than was reserved fails the upload.
    async fn settle(&self, now: Timestamp, id: UploadId, source: Settled, job: NewJob) -> Result<Settle, StoreError>;

    /// The transfer is over without a source.
    async fn fail_transfer(&self, now: Timestamp, id: UploadId, failure: &Failure) -> Result<(), StoreError>;

    /// Uploads under way to whose source no URL has worked since `before`: their browsers may have sent everything and
    /// never come back. By that time, after `cursor`, at most `limit`.
    async fn to_settle(
        &self,
        before: Timestamp,
        cursor: Option<SweepCursor>,
        limit: u32,
    ) -> Result<Vec<Upload>, StoreError>;

    /// Fails uploads under way to whose source no URL has worked since `before`, as abandoned; at most `limit`.
    /// Returns them, for what they left in the bucket.
    async fn abandon(&self, now: Timestamp, before: Timestamp, limit: u32) -> Result<Vec<Upload>, StoreError>;
}

/// An upload to be.
#[derive(Debug, Clone)]
pub struct NewUpload {
    /// Made by the caller.
    pub id: UploadId,
    /// Whose.
    pub user: UserId,
    /// What the file is called where it comes from: 1 to 255 characters.
    pub filename: String,
    /// By its name.
    pub source_type: SourceType,
    /// In bytes, more than 0.
    pub size: u64,
    /// Until when the first URL for the source works.
    pub urls_until: Timestamp,
}

/// A multipart upload.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Multipart {
    /// The bucket's name of it.
    pub id: String,
    /// The length of all parts but the last, in bytes.
    pub part_size: u64,
}

/// A source as the bucket has it.
#[derive(Debug, Clone)]
pub struct Settled {
    /// As the bucket says it.
    pub etag: String,
    /// In bytes.
    pub size: u64,
}

/// A job to be.
#[derive(Debug, Clone)]
pub struct NewJob {
    /// Made by the caller.
    pub id: JobId,
    /// What it is to make.
    pub spec: PackageSpec,
    /// Smaller goes first.
    pub priority: i16,
}

/// What came of settling.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Settle {
    /// The job is queued.
    Queued,
    /// Somebody else settled it before.
    Already,
    /// The object is not as long as was reserved; the upload has failed.
    SizeMismatch,
}

/// Where a sweep goes on: after the last upload that the one before returned.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SweepCursor {
    /// Its `source_urls_until`.
    pub urls_until: Timestamp,
    /// Its id.
    pub id: UploadId,
}

/// An upload, as its row says.
#[derive(Debug, Clone, PartialEq)]
pub struct Upload {
    /// Of the upload.
    pub id: UploadId,
    /// Whose.
    pub user: UserId,
    /// Where it stands.
    pub state: UploadState,
    /// What the file is called where it comes from.
    pub filename: String,
    /// By its name.
    pub source_type: SourceType,
    /// In bytes.
    pub size: u64,
    /// If the source comes, or came, in parts.
    pub multipart: Option<Multipart>,
    /// The last URL for the source, to PUT it, works until then.
    pub source_urls_until: Timestamp,
    /// Of the whole source. `None`: it never came.
    pub etag: Option<String>,
    /// From the source, or from its owner.
    pub title: Option<String>,
    /// From the source, or from its owner.
    pub artist: Option<String>,
    /// From the source, or from its owner.
    pub album: Option<String>,
    /// ffprobe's name of it.
    pub codec: Option<String>,
    /// Of the stream.
    pub duration_seconds: Option<f64>,
    /// What can be played. `None`: nothing.
    pub published: Option<Published>,
    /// Why it failed, in the state `failed`.
    pub failure: Option<Failure>,
    /// Since when it is in the state `failed`.
    pub failed_at: Option<Timestamp>,
    /// Hidden; at this time it goes.
    pub delete_at: Option<Timestamp>,
    /// When it was reserved.
    pub created_at: Timestamp,
    /// When the row last changed in a way that its owner can see.
    pub updated_at: Timestamp,
}

/// A published tree.
#[derive(Debug, Clone, PartialEq)]
pub struct Published {
    /// Its name.
    pub tree: TreeName,
    /// What it holds, ascending.
    pub renditions: Vec<RenditionReport>,
    /// The longest URL given out to play it works until then.
    pub playback_until: Option<Timestamp>,
}
