//! What workers call: start, heartbeat, grant and finish.
//!
//! Fencing is by attempt and never by time: what counts is whether the attempt has ended. One that is late, but that
//! nobody has rescued yet, may renew its lease or finish.

use std::time::Duration;

use async_trait::async_trait;
use domain::{
    Failure, JobId, Secret, SourceType, Timestamp, TreeName, UploadId, UserId,
    protocol::{PackageSpec, Report, WorkerId},
};

use crate::{Progress, StoreError};

/// Who calls, as the path, the headers and the body of the call say.
#[derive(Debug, Clone, Copy)]
pub struct Caller<'a> {
    /// About which job.
    pub job: JobId,
    /// The secret of one of its attempts.
    pub secret: &'a Secret,
    /// The process that calls.
    pub worker: &'a WorkerId,
}

/// Why a callback changed nothing.
#[derive(Debug, thiserror::Error)]
pub enum CallbackError {
    /// 404: there is no such job; with its upload it may have been deleted.
    #[error("no such job")]
    NoSuchJob,
    /// 401: not the secret of any attempt of this job.
    #[error("wrong secret")]
    Unauthorized,
    /// 409: the attempt is another process's, or nobody's yet.
    #[error("the attempt is bound to another worker")]
    OtherWorker,
    /// 410: the attempt has ended.
    #[error("the attempt is over")]
    Over,
    /// The database's own trouble.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<sqlx::Error> for CallbackError {
    fn from(error: sqlx::Error) -> Self {
        CallbackError::Store(error.into())
    }
}

/// What a worker that starts needs to know.
#[derive(Debug, Clone, PartialEq)]
pub struct StartedAttempt {
    /// Which attempt of the job, from 1.
    pub number: u32,
    /// What to make.
    pub spec: PackageSpec,
    /// Whose upload,
    pub user: UserId,
    /// and which.
    pub upload: UploadId,
    /// The source's `ETag` when its upload was complete.
    pub etag: String,
    /// The source's size in bytes.
    pub size: u64,
    /// The source's kind.
    pub source_type: SourceType,
    /// When the attempt will be ended, however busy it is.
    pub deadline_at: Timestamp,
}

/// The answer to a heartbeat.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Heard {
    /// The lease is renewed.
    Continue,
    /// The job was called off, or its upload deleted.
    Stop,
}

/// Where an attempt may write.
#[derive(Debug, Clone, PartialEq)]
pub struct AttemptTree {
    /// Whose upload,
    pub user: UserId,
    /// which,
    pub upload: UploadId,
    /// and the attempt's own folder in it.
    pub tree: TreeName,
    /// What is to be made there.
    pub spec: PackageSpec,
}

/// What `finish` has led to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Finished {
    /// The upload is ready, and plays the attempt's tree.
    Published,
    /// The job waits for another attempt.
    Requeued {
        /// Not before then.
        run_at: Timestamp,
    },
    /// The job and its upload have failed.
    Failed,
    /// The attempt had ended in just this way before. Nothing was changed.
    Repeated,
}

/// The worker protocol's side of the database. Every verb checks secret and worker first.
#[async_trait]
pub trait Callbacks: Send + Sync {
    /// Binds the attempt to the worker: job and upload are being worked on from now on. Repeated by the same worker it
    /// renews the lease and answers the same.
    async fn start(
        &self,
        now: Timestamp,
        caller: Caller<'_>,
        execution: Option<&str>,
        lease: Duration,
    ) -> Result<StartedAttempt, CallbackError>;

    /// Renews the lease and notes how far the work is.
    async fn heartbeat(
        &self,
        now: Timestamp,
        caller: Caller<'_>,
        progress: &Progress,
        lease: Duration,
    ) -> Result<Heard, CallbackError>;

    /// Notes until when URLs to PUT into the attempt's tree work, before they are signed: the cleaner leaves the tree
    /// alone until then.
    async fn grant(
        &self,
        now: Timestamp,
        caller: Caller<'_>,
        urls_until: Timestamp,
    ) -> Result<AttemptTree, CallbackError>;

    /// Where the tree lies that the caller is about to publish, so that the bucket can be asked whether it is whole.
    /// Changes nothing. `None`: this attempt was published before, and there is nothing to ask.
    async fn finishing(&self, caller: Caller<'_>) -> Result<Option<AttemptTree>, CallbackError>;

    /// Publishes the attempt's tree: the upload is ready and plays it from now on. The tree that it supersedes stays as
    /// long as the longest URL for its playback works. What a user wrote as title, artist or album stays.
    ///
    /// Whether the report fits the spec and the tree is whole, the caller has found out.
    async fn finish_published(
        &self,
        now: Timestamp,
        caller: Caller<'_>,
        report: &Report,
    ) -> Result<Finished, CallbackError>;

    /// Ends the attempt without a tree. A permanent failure ends the job; a transient one costs one of five tries, and
    /// the next comes after a growing delay.
    async fn finish_failed(
        &self,
        now: Timestamp,
        caller: Caller<'_>,
        failure: &Failure,
    ) -> Result<Finished, CallbackError>;

    /// Ends the attempt because its worker is told to go. The job is queued again at once; it costs nothing.
    async fn finish_handed_back(&self, now: Timestamp, caller: Caller<'_>) -> Result<Finished, CallbackError>;
}
