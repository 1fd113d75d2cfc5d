//! Failures that a system of the same design has had, as they end here. `docs/ARCHITECTURE.md` lists all eleven, with the
//! tests of the others.

use std::time::Duration;

use domain::{Failure, Timestamp, UploadState, protocol::Outcome};
use server::Clock;

use crate::{
    queue::{claimed, queued, report, seen},
    support::Server,
};

const NOON: Timestamp = Timestamp::from_millis(1_790_000_000_000);

#[tokio::test]
async fn a_lease_is_renewed_for_as_long_as_its_worker_is_heard() {
    let clock = Clock::fixed(NOON);
    let server = Server::start_with(clock.clone(), |_| {}).await;
    let attempt = server.started().await;
    let timeout = server.app.settings.queue_timeout;
    // Five hours, in steps that are just short of the lease of a minute.
    for step in 1..=360 {
        clock.set(NOON + Duration::from_secs(50) * step);
        assert_eq!(server.any(&attempt, "heartbeat").await.0, 200);
        let rescued = server.app.store.rescue(clock.now(), timeout, 10).await.unwrap();
        assert_eq!(rescued, [], "after {step} steps");
    }
    clock.set(clock.now() + Duration::from_secs(61));
    let rescued = server.app.store.rescue(clock.now(), timeout, 10).await.unwrap();
    assert_eq!(rescued.len(), 1, "silence ends it");
}

#[tokio::test]
async fn what_is_ready_is_not_failed_by_a_late_callback() {
    let server = Server::start().await;
    let attempt = server.started().await;
    server.put(&attempt, &report().files().collect::<Vec<_>>()).await;
    assert_eq!(server.ready(&attempt, report()).await.0, 200);
    let failure = Failure::transient("child_died", "the processing was interrupted");
    assert_eq!(server.finish(&attempt, Outcome::Failed { failure }).await.0, 410);
    assert_eq!(server.finish(&attempt, Outcome::HandedBack).await.0, 410);
    let upload = seen(&server.app, attempt.queued).await;
    assert_eq!((upload.state, upload.failure), (UploadState::Ready, None));
    // What the worker found is kept, as it was found.
    assert_eq!(upload.duration_seconds, Some(report().duration_seconds));
    assert_eq!(upload.codec, Some(report().codec));
    assert_eq!(upload.published.unwrap().renditions, report().renditions);
}

#[tokio::test]
async fn a_worker_that_heard_nothing_costs_a_try_unless_that_was_our_fault() {
    // A server that has just started could not have been heard for a lease of a minute, but well for one of no time.
    for (lease, state) in [
        (Duration::from_mins(1), UploadState::Queued),
        (Duration::ZERO, UploadState::Failed),
    ] {
        let clock = Clock::fixed(NOON);
        let server = Server::start_with(clock.clone(), |settings| settings.lease = lease).await;
        let queued = queued(&server.app).await;
        for _ in 0..store::FAILURE_BUDGET {
            let attempt = claimed(&server.app, queued).await;
            assert_eq!(server.any(&attempt, "start").await.0, 200);
            assert_eq!(server.finish(&attempt, Outcome::Unheard).await.0, 200);
            clock.set(clock.now() + Duration::from_hours(1));
        }
        assert_eq!(seen(&server.app, queued).await.state, state);
    }
}

#[tokio::test]
async fn a_job_that_is_given_up_tells_its_user_why() {
    let clock = Clock::fixed(NOON);
    let server = Server::start_with(clock.clone(), |_| {}).await;
    let queued = queued(&server.app).await;
    for _ in 0..store::FAILURE_BUDGET {
        let attempt = claimed(&server.app, queued).await;
        assert_eq!(server.any(&attempt, "start").await.0, 200);
        let failure = Failure::transient("stalled", "the processing came to a standstill");
        assert_eq!(server.finish(&attempt, Outcome::Failed { failure }).await.0, 200);
        clock.set(clock.now() + Duration::from_hours(1));
    }
    let upload = seen(&server.app, queued).await;
    let failure = upload.failure.unwrap();
    assert_eq!((upload.state, failure.code.as_str()), (UploadState::Failed, "stalled"));
    let expected = "the processing came to a standstill; Segue gave up after 5 tries";
    assert!(failure.message.starts_with(expected), "{}", failure.message);
}
