//! Ending what nobody else ends.

use std::time::Duration;

use domain::{Failure, Timestamp, UploadState};
use store::{Claimed, Finished, Heard, Rescued, Store, Then, Why};

use crate::support::Db;
use crate::work::{
    DEADLINE, LAUNCH_LEASE, LEASE, NOW, QUEUE_TIMEOUT, at, claim, claimed, fail, in_flight, is_over, one_queued,
    publish, queued, queued_at, seen, start, started, user,
};

async fn rescue(store: &dyn Store, now: Timestamp) -> Vec<Rescued> {
    store.rescue(now, QUEUE_TIMEOUT, 100).await.unwrap()
}

/// The one job that is rescued at this time, and when it runs again.
async fn rescue_one(store: &dyn Store, now: Timestamp, why: Why) -> Timestamp {
    let rescued = rescue(store, now).await;
    match *rescued {
        [
            Rescued {
                then: Then::Requeued { run_at },
                why: found,
                ..
            },
        ] if found == why => run_at,
        _ => panic!("{rescued:?}"),
    }
}

pub(crate) async fn a_silent_worker_loses_its_attempt(db: &Db) {
    let store = &*db.store;
    let job = one_queued(store).await;
    let silent = started(store, NOW).await;
    assert_eq!(rescue(store, NOW + LEASE - Duration::from_millis(1)).await, []);
    store
        .heartbeat(at(10), silent.caller(), &[].into(), LEASE)
        .await
        .unwrap();
    assert_eq!(rescue(store, NOW + LEASE).await, [], "the heartbeat renewed the lease");
    let run_at = rescue_one(store, at(10) + LEASE, Why::LeaseLost).await;
    let delay = run_at.since(at(10) + LEASE);
    assert!(
        Duration::from_secs(5) <= delay && delay <= Duration::from_secs(15),
        "{delay:?}"
    );
    assert_eq!(seen(store, job).await.state, UploadState::Queued);
    assert_eq!(in_flight(store).await, 0);
    assert_eq!(rescue(store, at(10) + LEASE).await, [], "once");

    assert!(is_over(
        store.heartbeat(at(80), silent.caller(), &[].into(), LEASE).await
    ));
    assert!(is_over(publish(store, at(80), &silent).await));
    assert!(is_over(start(store, at(80), &silent).await));
    let next = started(store, run_at).await;
    assert_eq!((next.claimed.job, next.claimed.number), (job.job, 2));
    publish(store, run_at, &next).await.unwrap();
}

pub(crate) async fn five_lost_leases_end_a_job(db: &Db) {
    let store = &*db.store;
    let job = one_queued(store).await;
    let mut now = NOW;
    for _ in 1..5 {
        started(store, now).await;
        now = rescue_one(store, now + LEASE, Why::LeaseLost).await;
    }
    started(store, now).await;
    let rescued = rescue(store, now + LEASE).await;
    let expected = Rescued {
        job: job.job,
        upload: job.upload,
        why: Why::LeaseLost,
        then: Then::Failed,
    };
    assert_eq!(rescued, [expected]);
    let upload = seen(store, job).await;
    let failure = upload.failure.unwrap();
    assert_eq!(
        (upload.state, &*failure.code, failure.retryable),
        (UploadState::Failed, "lease_lost", true)
    );
}

pub(crate) async fn lost_leases_and_transient_errors_share_the_budget(db: &Db) {
    let store = &*db.store;
    let job = one_queued(store).await;
    let failure = Failure::transient("bucket", "the bucket does not answer");
    let mut now = NOW;
    for _ in 0..2 {
        started(store, now).await;
        now = rescue_one(store, now + LEASE, Why::LeaseLost).await;
        let attempt = started(store, now).await;
        let Finished::Requeued { run_at } = fail(store, now, &attempt, &failure).await.unwrap() else {
            panic!("too early")
        };
        now = run_at;
    }
    let attempt = started(store, now).await;
    assert_eq!(fail(store, now, &attempt, &failure).await.unwrap(), Finished::Failed);
    assert_eq!(seen(store, job).await.failure.unwrap().code, "bucket");
}

pub(crate) async fn a_launch_that_never_starts_is_a_wait(db: &Db) {
    let store = &*db.store;
    let job = one_queued(store).await;
    let mut now = NOW;
    let mut launches = 0;
    let rescued = loop {
        let attempt = claimed(store, now).await;
        launches += 1;
        assert_eq!(rescue(store, now + LAUNCH_LEASE - Duration::from_millis(1)).await, []);
        now = now + LAUNCH_LEASE;
        let rescued = rescue(store, now).await;
        assert!(is_over(start(store, now, &attempt).await));
        match *rescued {
            [
                Rescued {
                    why: Why::NeverStarted,
                    then: Then::Requeued { run_at },
                    ..
                },
            ] => {
                assert!(
                    run_at > now && run_at <= now + Duration::from_mins(90),
                    "launch {launches}"
                );
                assert_eq!(seen(store, job).await.state, UploadState::Queued);
                now = run_at;
            }
            _ => break rescued,
        }
    };
    let expected = Rescued {
        job: job.job,
        upload: job.upload,
        why: Why::NeverStarted,
        then: Then::Failed,
    };
    assert_eq!(rescued, [expected]);
    let waited = now.since(NOW);
    assert!(
        waited >= QUEUE_TIMEOUT && waited <= QUEUE_TIMEOUT + Duration::from_hours(2),
        "{waited:?}"
    );
    assert!((50..500).contains(&launches), "{launches}");
    assert_eq!(seen(store, job).await.failure.unwrap().code, "no_capacity");
}

pub(crate) async fn launches_that_never_start_leave_the_budget_alone(db: &Db) {
    let store = &*db.store;
    one_queued(store).await;
    let mut now = NOW;
    for _ in 0..6 {
        claimed(store, now).await;
        now = rescue_one(store, now + LAUNCH_LEASE, Why::NeverStarted).await;
    }
    started(store, now).await;
    let run_at = rescue_one(store, now + LEASE, Why::LeaseLost).await;
    assert!(
        run_at.since(now + LEASE) <= Duration::from_secs(15),
        "its first failure"
    );
}

pub(crate) async fn a_busy_worker_ends_at_the_deadline(db: &Db) {
    let store = &*db.store;
    let job = one_queued(store).await;
    let attempt = started(store, NOW).await;
    let deadline = NOW + DEADLINE;
    let before = deadline - Duration::from_millis(1);
    assert_eq!(
        store
            .heartbeat(before, attempt.caller(), &[].into(), LEASE)
            .await
            .unwrap(),
        Heard::Continue
    );
    assert_eq!(rescue(store, before).await, []);
    rescue_one(store, deadline, Why::Deadline).await;
    assert!(is_over(
        store.heartbeat(deadline, attempt.caller(), &[].into(), LEASE).await
    ));
    assert_eq!(seen(store, job).await.state, UploadState::Queued);
}

pub(crate) async fn what_is_alive_or_over_is_left_alone(db: &Db) {
    let store = &*db.store;
    let user = user(store).await;
    let published = queued(store, user).await;
    let attempt = started(store, NOW).await;
    publish(store, at(1), &attempt).await.unwrap();
    let cancelled = queued(store, user).await;
    started(store, NOW).await;
    store.cancel(at(1), user, cancelled.upload).await.unwrap();
    let launching = queued(store, user).await;
    let launch = claimed(store, at(100)).await;
    assert_eq!(rescue(store, at(100) + LEASE).await, []);
    start(store, at(200), &launch).await.unwrap();
    assert_eq!(seen(store, published).await.state, UploadState::Ready);
    assert_eq!(seen(store, cancelled).await.state, UploadState::Failed);
    assert_eq!(seen(store, launching).await.state, UploadState::Processing);
}

pub(crate) async fn a_rescue_takes_the_longest_lost_first_and_no_more_than_asked(db: &Db) {
    let store = &*db.store;
    let user = user(store).await;
    let mut expected = Vec::new();
    for seconds in 0..5 {
        expected.push(queued_at(store, user, at(seconds), 0).await.job);
        started(store, at(10 * seconds)).await;
    }
    let mut rescued = Vec::new();
    for most in [2, 2, 1, 0] {
        let some = store.rescue(at(1_000), QUEUE_TIMEOUT, 2).await.unwrap();
        assert_eq!(some.len(), most);
        rescued.extend(some.into_iter().map(|rescued| rescued.job));
    }
    assert_eq!(rescued, expected);
}

pub(crate) async fn nobody_waits_for_ever(db: &Db) {
    let store = &*db.store;
    let user = user(store).await;
    let old = queued_at(store, user, at(0), 0).await;
    let young = queued_at(store, user, at(1), 0).await;
    let too_early = at(0) + QUEUE_TIMEOUT - Duration::from_millis(1);
    assert_eq!(store.fail_waiting(too_early, QUEUE_TIMEOUT, 10).await.unwrap(), []);
    let expected = Rescued {
        job: old.job,
        upload: old.upload,
        why: Why::NoCapacity,
        then: Then::Failed,
    };
    assert_eq!(
        store
            .fail_waiting(at(0) + QUEUE_TIMEOUT, QUEUE_TIMEOUT, 10)
            .await
            .unwrap(),
        [expected]
    );
    assert_eq!(
        store
            .fail_waiting(at(0) + QUEUE_TIMEOUT, QUEUE_TIMEOUT, 10)
            .await
            .unwrap(),
        []
    );
    let upload = seen(store, old).await;
    assert_eq!(
        (upload.state, &*upload.failure.unwrap().code),
        (UploadState::Failed, "no_capacity")
    );
    assert_eq!(claimed(store, at(0) + QUEUE_TIMEOUT).await.claimed.job, young.job);
    // What is being worked on does not wait.
    assert_eq!(
        store
            .fail_waiting(at(10) + QUEUE_TIMEOUT, QUEUE_TIMEOUT, 10)
            .await
            .unwrap(),
        []
    );
    assert_eq!(
        claim(store, at(10) + QUEUE_TIMEOUT).await,
        Claimed::NothingDue { next_run_at: None }
    );
}
