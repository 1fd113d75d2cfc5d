//! What is done to the service.

use std::fmt;

/// One of the ways in which something dies, stands still, or loses what it was told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Fault {
    KillWorker,
    KillFfmpeg,
    KillServer,
    KillAll,
    /// Beyond its lease; then it goes on, with URLs in hand that still work.
    PauseWorker,
    EndWorker,
    EndServer,
    BucketRefuses,
    BucketHangs,
    BucketFails,
    BucketIsBusy,
    BucketCuts,
    /// For a third of a lease.
    DatabaseAway,
    /// For one and a half leases, with one job at work.
    DatabaseAwayLong,
    /// The same, of the server.
    ServerAwayLong,
    DiskFull,
    TwoWorkers,
    NeverStarts,
    StartLost,
    GrantLost,
    FinishLost,
    ClocksApart,
    SourceReplaced,
}

impl Fault {
    pub(crate) const ALL: [Self; 23] = [
        Self::KillWorker,
        Self::KillFfmpeg,
        Self::KillServer,
        Self::KillAll,
        Self::PauseWorker,
        Self::EndWorker,
        Self::EndServer,
        Self::BucketRefuses,
        Self::BucketHangs,
        Self::BucketFails,
        Self::BucketIsBusy,
        Self::BucketCuts,
        Self::DatabaseAway,
        Self::DatabaseAwayLong,
        Self::ServerAwayLong,
        Self::DiskFull,
        Self::TwoWorkers,
        Self::NeverStarts,
        Self::StartLost,
        Self::GrantLost,
        Self::FinishLost,
        Self::ClocksApart,
        Self::SourceReplaced,
    ];

    /// Whether it is an outage of ours, which may cost no attempt. To tell whether it did, nothing else may be under way.
    pub(crate) fn is_outage(self) -> bool {
        matches!(self, Self::DatabaseAwayLong | Self::ServerAwayLong)
    }

    /// Whether it needs a worker that is at work for some seconds.
    pub(crate) fn needs_long_work(self) -> bool {
        let of_process = matches!(
            self,
            Self::KillWorker
                | Self::KillFfmpeg
                | Self::KillServer
                | Self::KillAll
                | Self::PauseWorker
                | Self::EndWorker
                | Self::EndServer
        );
        of_process || self.is_outage()
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::KillWorker => "kill -9 of a worker",
            Self::KillFfmpeg => "kill -9 of ffmpeg",
            Self::KillServer => "kill -9 of a server",
            Self::KillAll => "kill -9 of a server and all workers",
            Self::PauseWorker => "a worker stopped beyond its lease",
            Self::EndWorker => "SIGTERM of a worker",
            Self::EndServer => "SIGTERM of a server",
            Self::BucketRefuses => "the bucket refuses connections",
            Self::BucketHangs => "the bucket does not answer",
            Self::BucketFails => "the bucket answers 500",
            Self::BucketIsBusy => "the bucket answers 429",
            Self::BucketCuts => "the bucket cuts bodies in half",
            Self::DatabaseAway => "the database away, briefly",
            Self::DatabaseAwayLong => "the database away beyond a lease",
            Self::ServerAwayLong => "the server away beyond a lease",
            Self::DiskFull => "a worker's disk is full",
            Self::TwoWorkers => "two workers for one attempt",
            Self::NeverStarts => "a launch that never starts",
            Self::StartLost => "the answer to start is lost",
            Self::GrantLost => "the answer to grant is lost",
            Self::FinishLost => "the answer to finish is lost",
            Self::ClocksApart => "a server's clock two minutes off",
            Self::SourceReplaced => "the source replaced after complete",
        })
    }
}
