//! Which jobs are launched, when, and what a refusal costs.

use std::time::Duration;

use domain::{Failure, Timestamp, UploadState};
use server::Attempt;
use store::Caller;

use crate::{
    queue::{self, queued, seen, worker},
    support::{Engine, FakeLauncher},
};

impl Engine {
    async fn in_flight(&self) -> u64 {
        let stats = self.app.store.queue_stats(Timestamp::from_millis(0)).await.unwrap();
        stats.in_flight
    }

    async fn waiting(&self) -> u64 {
        self.app
            .store
            .queue_stats(Timestamp::from_millis(0))
            .await
            .unwrap()
            .queued
    }

    /// What a worker does that finds nothing to encode.
    async fn work_off(&self, attempt: &Attempt) {
        let worker = worker();
        let caller = Caller {
            job: attempt.job,
            secret: &attempt.secret,
            worker: &worker,
        };
        let now = self.app.clock.now();
        self.app
            .store
            .start(now, caller, None, self.app.settings.lease)
            .await
            .unwrap();
        let failure = Failure::permanent("not_audio", "this is no audio");
        self.app.store.finish_failed(now, caller, &failure).await.unwrap();
        self.app.job_queued();
    }
}

#[tokio::test]
async fn a_job_that_is_queued_is_launched_within_200_milliseconds() {
    let engine = Engine::new(1_000).await;
    let launcher = FakeLauncher::refusing(0);
    let _dispatching = engine.dispatch(launcher.clone());
    let mut times = Vec::new();
    for _ in 0..20 {
        let queued = queued(&engine.app).await;
        let told = tokio::time::Instant::now();
        engine.app.job_queued();
        let (attempt, at) = launcher.next().await;
        assert_eq!((attempt.job, attempt.upload), (queued.job, queued.upload));
        times.push(at - told);
    }
    times.sort();
    // The median: this machine may be busy with something else for a moment.
    assert!(times[10] < Duration::from_millis(200), "{times:?}");
}

#[tokio::test]
async fn never_are_more_in_flight_than_may_be() {
    let engine = Engine::new(2).await;
    let user = queue::user(&engine.app).await;
    for _ in 0..6 {
        queue::queued_with(&engine.app, user, "\"etag\"").await;
    }
    let launcher = FakeLauncher::refusing(0);
    let _dispatching = engine.dispatch(launcher.clone());
    let mut at_work = vec![launcher.next().await.0, launcher.next().await.0];
    for _ in 2..6 {
        assert_eq!(engine.in_flight().await, 2);
        engine.work_off(&at_work.remove(0)).await;
        at_work.push(launcher.next().await.0);
    }
    for attempt in at_work {
        engine.work_off(&attempt).await;
    }
    assert_eq!((engine.in_flight().await, engine.waiting().await), (0, 0));
}

#[tokio::test]
async fn a_refusal_costs_the_job_nothing() {
    let engine = Engine::new(1).await;
    let queued = queued(&engine.app).await;
    let launcher = FakeLauncher::refusing(1);
    let _dispatching = engine.dispatch(launcher.clone());
    let (refused, first_at) = launcher.next().await;
    let (taken, second_at) = launcher.next().await;
    assert_eq!((refused.job, refused.number), (queued.job, 1));
    assert_eq!((taken.job, taken.number), (queued.job, 2));
    assert_ne!(refused.secret.reveal(), taken.secret.reveal());
    assert!(second_at - first_at >= Duration::from_millis(900), "not at once");
    let upload = seen(&engine.app, queued).await;
    assert_eq!((upload.state, upload.failure), (UploadState::Queued, None));
}

#[tokio::test]
async fn three_refusals_in_a_row_pause_the_launcher() {
    let engine = Engine::new(100).await;
    let user = queue::user(&engine.app).await;
    for _ in 0..10 {
        queue::queued_with(&engine.app, user, "\"etag\"").await;
    }
    let launcher = FakeLauncher::refusing(3);
    let dispatching = engine.dispatch(launcher.clone());
    let mut times = Vec::new();
    for _ in 0..13 {
        times.push(launcher.next().await.1);
    }
    assert!(times[2] - times[0] < Duration::from_secs(4), "{times:?}");
    assert!(times[3] - times[2] > Duration::from_millis(4_500), "{times:?}");
    dispatching.end().await;
    assert_eq!((engine.in_flight().await, engine.waiting().await), (10, 0));
}

#[tokio::test]
async fn a_job_that_comes_due_later_is_launched_then() {
    let engine = Engine::new(10).await;
    let queued = queued(&engine.app).await;
    let attempt = queue::claimed(&engine.app, queued).await;
    let retry_at = engine.app.clock.now() + Duration::from_millis(700);
    let refused = engine
        .app
        .store
        .launch_refused(engine.app.clock.now(), attempt.queued.job, 1, retry_at);
    refused.await.unwrap();
    let launcher = FakeLauncher::refusing(0);
    let _dispatching = engine.dispatch(launcher.clone());
    let (next, _) = launcher.next().await;
    let late = engine.app.clock.now().since(retry_at);
    assert_eq!(next.number, 2);
    assert!(
        engine.app.clock.now() >= retry_at && late < Duration::from_secs(2),
        "{late:?}"
    );
}
