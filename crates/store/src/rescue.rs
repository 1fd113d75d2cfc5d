//! Ending what nobody else will end.

use std::time::Duration;

use async_trait::async_trait;
use domain::{JobId, Timestamp, UploadId};

use crate::StoreError;

/// What the rescuer did with one job.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rescued {
    /// The job.
    pub job: JobId,
    /// Its upload.
    pub upload: UploadId,
    /// What was wrong.
    pub why: Why,
    /// What came of it.
    pub then: Then,
}

/// What was wrong with a job.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Why {
    /// Its worker went silent.
    LeaseLost,
    /// Its attempt was launched, but no worker took it up.
    NeverStarted,
    /// Its attempt worked for longer than any may.
    Deadline,
    /// It was queued for longer than any may.
    NoCapacity,
}

/// What the rescuer made of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Then {
    /// It waits for another attempt.
    Requeued {
        /// Not before then.
        run_at: Timestamp,
    },
    /// It has failed, and so has its upload.
    Failed,
}

/// What the rescuer does. Several may run at once, and beside workers that are late: each job is moved once, and a
/// `finish` at the same moment either wins or finds its attempt over.
#[async_trait]
pub trait Rescue: Send + Sync {
    /// Ends at most `limit` attempts whose lease or deadline has passed.
    ///
    /// Work that had started costs one of the job's five tries. A launch that never started costs nothing, since the
    /// job merely waited: it is tried again after a growing delay, until it has waited for `queue_timeout` in all and
    /// fails as `no_capacity`.
    async fn rescue(&self, now: Timestamp, queue_timeout: Duration, limit: u32) -> Result<Vec<Rescued>, StoreError>;

    /// Fails at most `limit` jobs that are queued, and were enqueued longer ago than `queue_timeout`.
    async fn fail_waiting(
        &self,
        now: Timestamp,
        queue_timeout: Duration,
        limit: u32,
    ) -> Result<Vec<Rescued>, StoreError>;
}
