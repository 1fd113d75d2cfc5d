//! The queue: which job is worked on next, and by how many workers at once.

use std::{collections::HashMap, time::Duration};

use async_trait::async_trait;
use domain::{JobId, SecretHash, Timestamp, TreeName, UploadId, UserId};

use crate::StoreError;

/// What a claim brings along. Whatever is drawn by chance is drawn by the caller.
#[derive(Debug, Clone)]
pub struct Claim<'a> {
    /// The attempt's tree.
    pub tree: TreeName,
    /// The attempt's secret.
    pub secret: SecretHash,
    /// What starts the worker: `process`, `azure`, …; `pool` if the worker is there and asks.
    pub launcher: &'a str,
    /// How many attempts may be in flight, all servers together.
    pub cap: u32,
    /// Any number, drawn anew for each claim, so that claimers do not all reach for the same place under the cap.
    pub slot_hint: u32,
    /// How long the worker may take to start (10 min).
    pub launch_lease: Duration,
    /// How long the whole attempt may take (6 h).
    pub deadline: Duration,
    /// How fast attempts may follow on one another, if that is limited.
    pub pace: Option<Pace<'a>>,
}

/// A rate of launches that holds for all servers together.
#[derive(Debug, Clone, Copy)]
pub struct Pace<'a> {
    /// Whose: claims with the same name share the rate.
    pub name: &'a str,
    /// One launch in every such interval,
    pub interval: Duration,
    /// and so many at once after a rest; 0 is taken as 1.
    pub burst: u32,
}

impl Pace<'_> {
    /// How far ahead of an even flow the launches may run.
    pub(crate) fn tolerance(&self) -> Duration {
        self.interval.saturating_mul(self.burst.saturating_sub(1))
    }
}

/// What came of a claim. Only [`Claimed::Job`] has changed anything.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Claimed {
    /// A job to launch.
    Job(ClaimedJob),
    /// No job is due now. The next one is at this time; if that is not in the future, another claimer holds it just now.
    NothingDue {
        /// `None`: none is queued at all.
        next_run_at: Option<Timestamp>,
    },
    /// A job is due, but as many attempts are in flight as may be.
    CapReached,
    /// A job is due, but not before this time.
    Paced {
        /// When the pace lets the next one through.
        until: Timestamp,
    },
}

/// An attempt that was just made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClaimedJob {
    /// Of this job.
    pub job: JobId,
    /// Which attempt of the job, from 1.
    pub number: u32,
    /// What it works on.
    pub upload: UploadId,
    /// Whose that is.
    pub user: UserId,
}

/// The queue in figures, for metrics and alerts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct QueueStats {
    /// Jobs that wait, due or not.
    pub queued: u64,
    /// When the one that waits longest was enqueued.
    pub oldest_queued: Option<Timestamp>,
    /// Attempts that have not ended.
    pub in_flight: u64,
    /// Different workers among those that have been heard from since the given time.
    pub workers: u64,
}

/// How far ahead a place in the queue is counted: to the user, further is just far.
pub const MOST_AHEAD: u32 = 1_000;

/// What dispatchers and pools do.
#[async_trait]
pub trait Queue: Send + Sync {
    /// Takes the next job: the first that is due by priority, then fair rank, then age. Makes its next attempt, with a
    /// lease for the launch.
    ///
    /// The cap and the pace hold for all servers that use the database. Places under the cap are numbered, and a cap that
    /// is lowered closes the highest: attempts that have those go on, beside as many others as the new cap allows.
    async fn claim(&self, now: Timestamp, claim: Claim<'_>) -> Result<Claimed, StoreError>;

    /// Notes what the platform calls the execution of an attempt, for whoever wants to look at it or stop it. Changes
    /// nothing if the worker's start has said so already.
    ///
    /// `NotFound` if there is no such attempt; that it has ended does not matter.
    async fn launched(&self, job: JobId, number: u32, execution: &str) -> Result<(), StoreError>;

    /// The launcher did not take the attempt: it is over, the job goes back into the queue until `retry_at`, and no
    /// failure is counted.
    ///
    /// `WrongState` if the attempt has started after all, or has ended.
    async fn launch_refused(
        &self,
        now: Timestamp,
        job: JobId,
        number: u32,
        retry_at: Timestamp,
    ) -> Result<(), StoreError>;

    /// Which places in the queue these uploads have, from 1: the next to be claimed. [`MOST_AHEAD`] means that place or a
    /// later one. Who is not there has no place: its job is not queued, or waits until it may be tried again. Without
    /// uploads the database is not asked.
    async fn places(&self, now: Timestamp, uploads: &[UploadId]) -> Result<HashMap<UploadId, u32>, StoreError>;

    /// The queue in figures.
    async fn queue_stats(&self, heard_since: Timestamp) -> Result<QueueStats, StoreError>;
}
