//! Users, uploads, jobs and attempts to test with: what the tests of the queue share.

use std::{
    sync::atomic::{AtomicU64, Ordering},
    time::Duration,
};

use domain::{
    Failure, JobId, Ladder, Secret, Timestamp, TreeName, UploadId, UserId,
    protocol::{PackageSpec, RenditionReport, Report, WorkerId},
};
use store::{
    CallbackError, Caller, Claim, Claimed, ClaimedJob, Finished, NewJob, NewUpload, NewUser, Registration, Settle,
    Settled, StartedAttempt, Store, StoreError, Upload,
};

/// When every test begins.
pub(crate) const NOW: Timestamp = Timestamp::from_millis(1_790_000_000_000);
pub(crate) const LEASE: Duration = Duration::from_mins(1);
pub(crate) const LAUNCH_LEASE: Duration = Duration::from_mins(10);
pub(crate) const DEADLINE: Duration = Duration::from_hours(6);
pub(crate) const QUEUE_TIMEOUT: Duration = Duration::from_hours(7 * 24);

/// So many seconds after the beginning.
pub(crate) fn at(seconds: u64) -> Timestamp {
    NOW + Duration::from_secs(seconds)
}

/// Bytes that never come twice, and are the same in every run of a test alone.
pub(crate) fn bytes(count: usize) -> Vec<u8> {
    (0..count.div_ceil(8))
        .flat_map(|_| number().to_le_bytes())
        .take(count)
        .collect()
}

static NEXT: AtomicU64 = AtomicU64::new(1);

/// Begins another sequence: for processes that must not draw what an earlier one has drawn.
pub(crate) fn seed(seed: u64) {
    NEXT.store(seed.wrapping_mul(0x2545_f491_4f6c_dd1d), Ordering::Relaxed);
}

/// splitmix64.
pub(crate) fn number() -> u64 {
    let mut number = NEXT.fetch_add(0x9e37_79b9_7f4a_7c15, Ordering::Relaxed);
    number = (number ^ (number >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    number = (number ^ (number >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    number ^ (number >> 31)
}

fn ten_bytes() -> [u8; 10] {
    bytes(10).try_into().unwrap()
}

pub(crate) fn worker() -> WorkerId {
    format!("worker-{:016x}", number()).try_into().unwrap()
}

/// An upload whose job waits.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Queued {
    pub(crate) user: UserId,
    pub(crate) upload: UploadId,
    pub(crate) job: JobId,
}

/// An attempt as its worker knows it.
#[derive(Debug, Clone)]
pub(crate) struct Attempt {
    pub(crate) claimed: ClaimedJob,
    pub(crate) tree: TreeName,
    pub(crate) secret: Secret,
    pub(crate) worker: WorkerId,
}

impl Attempt {
    pub(crate) fn caller(&self) -> Caller<'_> {
        self.called_by(&self.worker)
    }

    pub(crate) fn called_by<'a>(&'a self, worker: &'a WorkerId) -> Caller<'a> {
        Caller {
            job: self.claimed.job,
            secret: &self.secret,
            worker,
        }
    }
}

/// What a claimer draws.
pub(crate) struct Drawn {
    tree: TreeName,
    secret: Secret,
}

impl Drawn {
    pub(crate) fn new() -> Self {
        Self {
            tree: TreeName::generate(bytes),
            secret: Secret::generate(bytes),
        }
    }

    pub(crate) fn claim(&self, cap: u32) -> Claim<'static> {
        Claim {
            tree: self.tree.clone(),
            secret: self.secret.hash(),
            launcher: "test",
            cap,
            slot_hint: u32::try_from(number() >> 32).unwrap(),
            launch_lease: LAUNCH_LEASE,
            deadline: DEADLINE,
            pace: None,
        }
    }

    pub(crate) fn attempt(self, claimed: ClaimedJob) -> Attempt {
        Attempt {
            claimed,
            tree: self.tree,
            secret: self.secret,
            worker: worker(),
        }
    }
}

/// An account.
pub(crate) async fn user(store: &dyn Store) -> UserId {
    let id = UserId::new(NOW, ten_bytes());
    let user = NewUser {
        id,
        email: format!("{id}@example.org"),
        password_hash: "$argon2id$none".into(),
    };
    store.create_user(NOW, user, Registration::Operator).await.unwrap();
    id
}

/// An upload that is settled at this time, with this priority.
pub(crate) async fn queued_at(store: &dyn Store, user: UserId, now: Timestamp, priority: i16) -> Queued {
    let upload = UploadId::new(now, ten_bytes());
    let reserved = NewUpload {
        id: upload,
        user,
        filename: "song.flac".into(),
        source_type: "flac".parse().unwrap(),
        size: 1_000,
        urls_until: now,
    };
    store.reserve(now, reserved, u32::MAX).await.unwrap();
    let settled = Settled {
        etag: "\"etag\"".into(),
        size: 1_000,
    };
    let job = new_job(now, priority);
    let id = job.id;
    assert_eq!(store.settle(now, upload, settled, job).await.unwrap(), Settle::Queued);
    Queued { user, upload, job: id }
}

pub(crate) fn new_job(now: Timestamp, priority: i16) -> NewJob {
    NewJob {
        id: JobId::new(now, ten_bytes()),
        spec: spec(),
        priority,
    }
}

pub(crate) async fn queued(store: &dyn Store, user: UserId) -> Queued {
    queued_at(store, user, NOW, 0).await
}

/// One upload of a new user.
pub(crate) async fn one_queued(store: &dyn Store) -> Queued {
    let user = user(store).await;
    queued(store, user).await
}

pub(crate) async fn claim(store: &dyn Store, now: Timestamp) -> Claimed {
    store.claim(now, Drawn::new().claim(1_000)).await.unwrap()
}

/// A claim that finds a job.
pub(crate) async fn claimed(store: &dyn Store, now: Timestamp) -> Attempt {
    let drawn = Drawn::new();
    match store.claim(now, drawn.claim(1_000)).await.unwrap() {
        Claimed::Job(job) => drawn.attempt(job),
        other => panic!("no job: {other:?}"),
    }
}

pub(crate) async fn start(
    store: &dyn Store,
    now: Timestamp,
    attempt: &Attempt,
) -> Result<StartedAttempt, CallbackError> {
    store.start(now, attempt.caller(), None, LEASE).await
}

/// A claim that finds a job, and its start.
pub(crate) async fn started(store: &dyn Store, now: Timestamp) -> Attempt {
    let attempt = claimed(store, now).await;
    start(store, now, &attempt).await.unwrap();
    attempt
}

pub(crate) async fn publish(store: &dyn Store, now: Timestamp, attempt: &Attempt) -> Result<Finished, CallbackError> {
    store.finish_published(now, attempt.caller(), &report()).await
}

pub(crate) async fn fail(
    store: &dyn Store,
    now: Timestamp,
    attempt: &Attempt,
    failure: &Failure,
) -> Result<Finished, CallbackError> {
    store.finish_failed(now, attempt.caller(), failure).await
}

/// The upload as its owner sees it.
pub(crate) async fn seen(store: &dyn Store, queued: Queued) -> Upload {
    store.upload(queued.user, queued.upload).await.unwrap()
}

/// How many attempts are in flight.
pub(crate) async fn in_flight(store: &dyn Store) -> u64 {
    store.queue_stats(NOW).await.unwrap().in_flight
}

pub(crate) fn spec() -> PackageSpec {
    PackageSpec {
        ladder: Ladder::default(),
        max_duration_seconds: 43_200,
    }
}

pub(crate) fn report() -> Report {
    let rendition = |rung: &domain::Rung| RenditionReport {
        rung: *rung,
        segments: 40,
        bandwidth: u64::from(rung.bits_per_second()) + 9_000,
        average_bandwidth: u64::from(rung.bits_per_second()) + 5_000,
    };
    Report {
        duration_seconds: 239.5,
        codec: "flac".into(),
        title: Some("Jóga".into()),
        artist: Some("Björk".into()),
        album: None,
        renditions: Ladder::default().rungs().iter().map(rendition).collect(),
    }
}

/// Whatever must be refused with [`CallbackError::Over`].
pub(crate) fn is_over<T: std::fmt::Debug>(result: Result<T, CallbackError>) -> bool {
    match result {
        Err(CallbackError::Over) => true,
        Err(CallbackError::Store(error)) => panic!("{error}"),
        _ => false,
    }
}

pub(crate) fn is_wrong_state<T: std::fmt::Debug>(result: Result<T, StoreError>) -> bool {
    result.is_err_and(|error| matches!(error, StoreError::WrongState(_)))
}
