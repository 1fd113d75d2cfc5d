//! Several at once: claimers, workers, rescuers and users, on two servers where the database allows that.

use std::{
    collections::HashSet,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use domain::UploadState;
use store::{Claim, Claimed, Finished, Heard, Pace, Store};
use tokio::{sync::Barrier, task::JoinSet};

use crate::support::Db;
use crate::work::{
    Attempt, Drawn, LEASE, NOW, QUEUE_TIMEOUT, at, claimed, in_flight, is_over, one_queued, publish, queued, seen,
    start, started, user, worker,
};

const CLAIMERS: usize = 8;
const ROUNDS: usize = 25;
const CAP: u32 = 3;

/// Two servers on one database. `SQLite` has one server, and so the same twice.
async fn servers(db: &Db) -> [Arc<dyn Store>; 2] {
    let one = Arc::clone(&db.store);
    let other = if db.url.starts_with("postgres") {
        store::open(&db.url).await.unwrap()
    } else {
        Arc::clone(&one)
    };
    [one, other]
}

/// Claims until nothing is due. Whoever finds that all due jobs are just being claimed by others looks again.
async fn claim_all(store: Arc<dyn Store>, cap: u32) -> Vec<Attempt> {
    let mut attempts = Vec::new();
    loop {
        let drawn = Drawn::new();
        match store.claim(NOW, drawn.claim(cap)).await.unwrap() {
            Claimed::Job(job) => attempts.push(drawn.attempt(job)),
            Claimed::NothingDue { next_run_at: None } => return attempts,
            Claimed::NothingDue { .. } | Claimed::CapReached => tokio::task::yield_now().await,
            Claimed::Paced { .. } => panic!("no pace was given"),
        }
    }
}

pub(crate) async fn no_job_is_claimed_twice_and_none_is_lost(db: &Db) {
    let servers = servers(db).await;
    let mut expected = HashSet::new();
    for _ in 0..5 {
        let user = user(&*servers[0]).await;
        for _ in 0..40 {
            expected.insert(queued(&*servers[0], user).await.job);
        }
    }
    let mut claimers = JoinSet::new();
    for claimer in 0..CLAIMERS {
        claimers.spawn(claim_all(Arc::clone(&servers[claimer % 2]), 1_000));
    }
    let attempts: Vec<Attempt> = claimers.join_all().await.into_iter().flatten().collect();
    assert_eq!(attempts.len(), expected.len());
    assert!(attempts.iter().all(|attempt| attempt.claimed.number == 1));
    let jobs: HashSet<_> = attempts.iter().map(|attempt| attempt.claimed.job).collect();
    assert_eq!(jobs, expected);
}

pub(crate) async fn two_servers_together_keep_the_cap(db: &Db) {
    let servers = servers(db).await;
    let user = user(&*servers[0]).await;
    for _ in 0..120 {
        queued(&*servers[0], user).await;
    }
    let mut workers = JoinSet::new();
    for worker in 0..CLAIMERS {
        let store = Arc::clone(&servers[worker % 2]);
        workers.spawn(async move {
            let mut finished = 0;
            loop {
                let drawn = Drawn::new();
                let attempt = match store.claim(NOW, drawn.claim(CAP)).await.unwrap() {
                    Claimed::Job(job) => drawn.attempt(job),
                    Claimed::NothingDue { next_run_at: None } => return finished,
                    _ => {
                        tokio::task::yield_now().await;
                        continue;
                    }
                };
                start(&*store, NOW, &attempt).await.unwrap();
                assert_eq!(publish(&*store, NOW, &attempt).await.unwrap(), Finished::Published);
                finished += 1;
            }
        });
    }
    let is_done = Arc::new(AtomicBool::new(false));
    let watching = tokio::spawn({
        let (store, is_done) = (Arc::clone(&servers[0]), Arc::clone(&is_done));
        async move {
            let mut samples = Vec::new();
            while !is_done.load(Ordering::Relaxed) {
                samples.push(in_flight(&*store).await);
            }
            samples
        }
    });
    let finished: usize = workers.join_all().await.into_iter().sum();
    is_done.store(true, Ordering::Relaxed);
    let samples = watching.await.unwrap();
    assert_eq!(finished, 120);
    assert!(
        samples.iter().all(|in_flight| *in_flight <= u64::from(CAP)),
        "{samples:?}"
    );
    assert!(
        samples.contains(&u64::from(CAP)),
        "the cap was never reached, so nothing was shown: {samples:?}"
    );
    assert_eq!(in_flight(&*servers[1]).await, 0);
}

pub(crate) async fn two_servers_together_keep_the_pace(db: &Db) {
    let servers = servers(db).await;
    let user = user(&*servers[0]).await;
    for _ in 0..CLAIMERS {
        queued(&*servers[0], user).await;
    }
    let mut claimers = JoinSet::new();
    for claimer in 0..CLAIMERS {
        let store = Arc::clone(&servers[claimer % 2]);
        claimers.spawn(async move {
            let pace = Some(Pace {
                name: "azure",
                interval: Duration::from_secs(1),
                burst: 3,
            });
            let drawn = Drawn::new();
            let claim = Claim {
                pace,
                ..drawn.claim(1_000)
            };
            match store.claim(NOW, claim).await.unwrap() {
                Claimed::Job(_) => true,
                Claimed::Paced { until } => {
                    assert_eq!(until, at(1));
                    false
                }
                other => panic!("{other:?}"),
            }
        });
    }
    let claimed = claimers.join_all().await.into_iter().filter(|claimed| *claimed).count();
    assert_eq!(claimed, 3);
    assert_eq!(in_flight(&*servers[0]).await, 3);
}

/// Runs two things at the same moment.
async fn at_once<A, B>(
    one: impl Future<Output = A> + Send + 'static,
    other: impl Future<Output = B> + Send + 'static,
) -> (A, B)
where
    A: Send + 'static,
    B: Send + 'static,
{
    let barrier = Arc::new(Barrier::new(2));
    let (first, second) = (Arc::clone(&barrier), barrier);
    let one = tokio::spawn(async move {
        first.wait().await;
        one.await
    });
    let other = tokio::spawn(async move {
        second.wait().await;
        other.await
    });
    (one.await.unwrap(), other.await.unwrap())
}

pub(crate) async fn of_finish_and_rescue_one_wins(db: &Db) {
    let servers = servers(db).await;
    let user = user(&*servers[0]).await;
    for _ in 0..ROUNDS {
        let job = queued(&*servers[0], user).await;
        let attempt = started(&*servers[0], NOW).await;
        let [here, there] = servers.clone();
        let (finished, rescued) = at_once(
            async move { publish(&*here, NOW + LEASE, &attempt).await },
            async move { there.rescue(NOW + LEASE, QUEUE_TIMEOUT, 10).await.unwrap() },
        )
        .await;
        let upload = seen(&*servers[0], job).await;
        if rescued.is_empty() {
            assert_eq!(finished.unwrap(), Finished::Published);
            assert_eq!(upload.state, UploadState::Ready);
        } else {
            assert!(is_over(finished));
            assert_eq!((upload.state, upload.published), (UploadState::Queued, None));
            servers[0].cancel(NOW, user, job.upload).await.unwrap();
        }
        assert_eq!(in_flight(&*servers[0]).await, 0);
    }
}

pub(crate) async fn of_heartbeat_and_rescue_one_wins(db: &Db) {
    let servers = servers(db).await;
    let user = user(&*servers[0]).await;
    for _ in 0..ROUNDS {
        let job = queued(&*servers[0], user).await;
        let attempt = started(&*servers[0], NOW).await;
        let [here, there] = servers.clone();
        let (heard, rescued) = at_once(
            async move { here.heartbeat(NOW + LEASE, attempt.caller(), &[].into(), LEASE).await },
            async move { there.rescue(NOW + LEASE, QUEUE_TIMEOUT, 10).await.unwrap() },
        )
        .await;
        if rescued.is_empty() {
            assert_eq!(heard.unwrap(), Heard::Continue);
            assert_eq!(in_flight(&*servers[0]).await, 1);
        } else {
            assert!(is_over(heard));
            assert_eq!(in_flight(&*servers[0]).await, 0);
        }
        servers[0].cancel(NOW, user, job.upload).await.unwrap();
    }
}

pub(crate) async fn of_finish_and_cancel_one_wins(db: &Db) {
    let servers = servers(db).await;
    let user = user(&*servers[0]).await;
    for _ in 0..ROUNDS {
        let job = queued(&*servers[0], user).await;
        let attempt = started(&*servers[0], NOW).await;
        let [here, there] = servers.clone();
        let (finished, cancelled) = at_once(async move { publish(&*here, NOW, &attempt).await }, async move {
            there.cancel(NOW, user, job.upload).await
        })
        .await;
        let state = seen(&*servers[0], job).await.state;
        match cancelled {
            Ok(_) => assert!(is_over(finished) && state == UploadState::Failed),
            Err(_) => assert!(finished.unwrap() == Finished::Published && state == UploadState::Ready),
        }
        assert_eq!(in_flight(&*servers[0]).await, 0);
    }
}

pub(crate) async fn of_finish_and_delete_the_delete_remains(db: &Db) {
    let servers = servers(db).await;
    let user = user(&*servers[0]).await;
    for _ in 0..ROUNDS {
        let job = queued(&*servers[0], user).await;
        let attempt = started(&*servers[0], NOW).await;
        let delete_at = servers[0].delete(NOW, user, job.upload).await.unwrap();
        let [here, there] = servers.clone();
        let (finished, deleting) = at_once(async move { publish(&*here, delete_at, &attempt).await }, async move {
            there.start_due_deletions(delete_at, 10).await.unwrap()
        })
        .await;
        // A deletion passes over an upload that is being finished just now, and takes it the next time.
        let next = servers[0].start_due_deletions(delete_at, 10).await.unwrap();
        assert_eq!([deleting, next].concat(), [job.upload]);
        assert!(matches!(finished, Ok(Finished::Published)) || is_over(finished));
        assert_eq!(in_flight(&*servers[0]).await, 0);
        servers[0].remove_upload(delete_at, job.upload).await.unwrap();
    }
}

pub(crate) async fn of_claim_and_cancel_nothing_stays_in_flight(db: &Db) {
    let servers = servers(db).await;
    let user = user(&*servers[0]).await;
    for _ in 0..ROUNDS {
        let job = queued(&*servers[0], user).await;
        let [here, there] = servers.clone();
        let drawn = Drawn::new();
        let (claimed, cancelled) = at_once(
            async move { (here.claim(NOW, drawn.claim(1_000)).await.unwrap(), drawn) },
            async move { there.cancel(NOW, user, job.upload).await },
        )
        .await;
        assert_eq!(cancelled.unwrap(), UploadState::Failed);
        assert_eq!(in_flight(&*servers[0]).await, 0);
        if let (Claimed::Job(claimed), drawn) = claimed {
            assert!(is_over(start(&*servers[0], NOW, &drawn.attempt(claimed)).await));
        }
    }
}

pub(crate) async fn of_start_and_cancel_nothing_stays_in_flight(db: &Db) {
    let servers = servers(db).await;
    let user = user(&*servers[0]).await;
    for _ in 0..ROUNDS {
        let job = queued(&*servers[0], user).await;
        let attempt = claimed(&*servers[0], NOW).await;
        let [here, there] = servers.clone();
        let (started, cancelled) = at_once(async move { start(&*here, NOW, &attempt).await }, async move {
            there.cancel(NOW, user, job.upload).await
        })
        .await;
        assert_eq!(cancelled.unwrap(), UploadState::Failed);
        assert!(started.is_ok() || is_over(started));
        assert_eq!(in_flight(&*servers[0]).await, 0);
    }
}

pub(crate) async fn of_two_workers_one_may_start(db: &Db) {
    let servers = servers(db).await;
    let user = user(&*servers[0]).await;
    for _ in 0..ROUNDS {
        queued(&*servers[0], user).await;
        let attempt = claimed(&*servers[0], NOW).await;
        let twin = Attempt {
            worker: worker(),
            ..attempt.clone()
        };
        let [here, there] = servers.clone();
        let (one, other) = at_once(
            {
                let attempt = attempt.clone();
                async move { start(&*here, NOW, &attempt).await }
            },
            {
                let twin = twin.clone();
                async move { start(&*there, NOW, &twin).await }
            },
        )
        .await;
        assert!(one.is_ok() != other.is_ok(), "{one:?}, {other:?}");
        let winner = if one.is_ok() { attempt } else { twin };
        assert_eq!(publish(&*servers[0], NOW, &winner).await.unwrap(), Finished::Published);
    }
}

pub(crate) async fn two_rescuers_rescue_each_job_once(db: &Db) {
    let servers = servers(db).await;
    let user = user(&*servers[0]).await;
    let mut expected = HashSet::new();
    for _ in 0..30 {
        expected.insert(queued(&*servers[0], user).await.job);
        started(&*servers[0], NOW).await;
    }
    let [here, there] = servers.clone();
    let (one, other) = at_once(
        async move { here.rescue(NOW + LEASE, QUEUE_TIMEOUT, 100).await.unwrap() },
        async move { there.rescue(NOW + LEASE, QUEUE_TIMEOUT, 100).await.unwrap() },
    )
    .await;
    assert_eq!(one.len() + other.len(), expected.len());
    let jobs: HashSet<_> = one.into_iter().chain(other).map(|rescued| rescued.job).collect();
    assert_eq!(jobs, expected);
    assert_eq!(in_flight(&*servers[0]).await, 0);
}

pub(crate) async fn of_claim_and_timeout_one_wins(db: &Db) {
    let servers = servers(db).await;
    let late = NOW + QUEUE_TIMEOUT;
    for _ in 0..ROUNDS {
        let job = one_queued(&*servers[0]).await;
        let [here, there] = servers.clone();
        let (claimed, failed) = at_once(
            async move { here.claim(late, Drawn::new().claim(1_000)).await.unwrap() },
            async move { there.fail_waiting(late, QUEUE_TIMEOUT, 10).await.unwrap() },
        )
        .await;
        let state = seen(&*servers[0], job).await.state;
        if matches!(claimed, Claimed::Job(_)) {
            assert!(failed.is_empty() && state == UploadState::Queued, "{failed:?}, {state}");
            assert_eq!(in_flight(&*servers[0]).await, 1);
            servers[0].cancel(late, job.user, job.upload).await.unwrap();
        } else {
            assert!(failed.len() == 1 && state == UploadState::Failed, "{failed:?}, {state}");
            assert_eq!(in_flight(&*servers[0]).await, 0);
        }
    }
}
