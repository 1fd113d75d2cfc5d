//! What the cleaner and operations need.

use async_trait::async_trait;
use domain::{JobId, SourceType, Timestamp, TreeName, UploadId, UserId};
use uuid::Uuid;

use crate::{StoreError, Upload};

/// Cleaning up, in an order that a crash at any point leaves fit to go on: objects first, the row last.
#[async_trait]
pub trait Upkeep {
    /// Uploads whose delete is due become `deleting`, their work is called off; at most `limit`. Returns them.
    async fn start_due_deletions(&self, now: Timestamp, limit: u32) -> Result<Vec<UploadId>, StoreError>;

    /// Uploads that failed before `before` and of which nothing can be played, by when they failed, after `cursor`.
    async fn failed_before(
        &self,
        before: Timestamp,
        cursor: Option<FailedCursor>,
        limit: u32,
    ) -> Result<Vec<Upload>, StoreError>;

    /// One of [`Upkeep::failed_before`] becomes `deleting`. [`StoreError::WrongState`]: it was retried meanwhile.
    async fn purge_failed(&self, now: Timestamp, id: UploadId, before: Timestamp) -> Result<(), StoreError>;

    /// Uploads that are on their way out, by id, after `cursor`.
    async fn deleting(&self, cursor: Option<UploadId>, limit: u32) -> Result<Vec<Doomed>, StoreError>;

    /// Removes the row of an upload whose objects are gone. [`StoreError::WrongState`]: it is not `deleting`, or a URL
    /// still works with which somebody could put an object there.
    async fn remove_upload(&self, now: Timestamp, id: UploadId) -> Result<(), StoreError>;

    /// Trees that no playback needs: their attempts are over, they are not published, the last URL for them has run
    /// out. Those of uploads that are `deleting` are left out, since they go with them. By since when nobody needs them,
    /// after `cursor`.
    async fn trees_to_purge(
        &self,
        now: Timestamp,
        cursor: Option<TreeCursor>,
        limit: u32,
    ) -> Result<Vec<StaleTree>, StoreError>;

    /// Nothing is left of one of [`Upkeep::trees_to_purge`].
    async fn tree_purged(&self, now: Timestamp, job: JobId, attempt: u32) -> Result<(), StoreError>;

    /// Which of these uploads there are, and are this user's, in whatever state.
    async fn owned(&self, user: UserId, uploads: &[UploadId]) -> Result<Vec<UploadId>, StoreError>;

    /// Takes or renews the lease on a task that one process at a time may do. `false`: another holds it.
    async fn lease(&self, now: Timestamp, name: &str, holder: &str, until: Timestamp) -> Result<bool, StoreError>;

    /// Gives a lease back; nothing if somebody else holds it.
    async fn release_lease(&self, name: &str, holder: &str) -> Result<(), StoreError>;

    /// The id of this deployment: `fresh` if there was none, otherwise the one that was there first.
    async fn deployment(&self, now: Timestamp, fresh: Uuid) -> Result<Uuid, StoreError>;

    /// The database's own clock, where it has one that several servers share.
    async fn database_now(&self) -> Result<Option<Timestamp>, StoreError>;

    /// Whether the database answers.
    async fn ping(&self) -> Result<(), StoreError>;

    /// Waits for the transactions that are under way and closes all connections. Whatever is asked later fails.
    async fn close(&self);
}

/// An upload on its way out, and where its objects are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Doomed {
    /// Of the upload.
    pub id: UploadId,
    /// Whose.
    pub user: UserId,
    /// Which its source's key ends in.
    pub source_type: SourceType,
    /// A multipart upload to abort.
    pub multipart_id: Option<String>,
    /// Until when some URL that was given out works. Before that no deleting is final.
    pub urls_until: Timestamp,
}

/// Where a list of failed uploads goes on: after this one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FailedCursor {
    /// Its `failed_at`.
    pub failed_at: Timestamp,
    /// Its id.
    pub id: UploadId,
}

/// A tree that can go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StaleTree {
    /// Whose attempt it was.
    pub job: JobId,
    /// Which attempt.
    pub attempt: u32,
    /// Whose upload.
    pub user: UserId,
    /// Of which upload.
    pub upload: UploadId,
    /// Its name.
    pub tree: TreeName,
    /// Since when nobody needs it.
    pub stale_at: Timestamp,
}

impl StaleTree {
    /// Where to go on after this one.
    #[must_use]
    pub fn cursor(&self) -> TreeCursor {
        TreeCursor {
            stale_at: self.stale_at,
            job: self.job,
            attempt: self.attempt,
        }
    }
}

/// Where a list of trees goes on: after this one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TreeCursor {
    pub(crate) stale_at: Timestamp,
    pub(crate) job: JobId,
    pub(crate) attempt: u32,
}
