//! The worker protocol's verbs: what each does, and who is turned away.

use std::time::Duration;

use domain::{Failure, JobId, Secret, UploadState};
use store::{CallbackError, Claimed, Finished, Heard, Progress, Store};

use crate::publishing::found;
use crate::support::Db;
use crate::work::{
    Attempt, DEADLINE, LEASE, NOW, at, claim, claimed, fail, in_flight, is_over, new_job, one_queued, publish, queued,
    report, seen, spec, start, started, worker,
};

pub(crate) async fn a_job_goes_all_the_way(db: &Db) {
    let store = &*db.store;
    let job = one_queued(store).await;
    let attempt = claimed(store, at(1)).await;
    let payload = start(store, at(2), &attempt).await.unwrap();
    assert_eq!(
        (payload.number, payload.user, payload.upload),
        (1, job.user, job.upload)
    );
    assert_eq!(
        (&*payload.etag, payload.size, payload.source_type),
        ("\"etag\"", 1_000, "flac".parse().unwrap())
    );
    assert_eq!((payload.spec, payload.deadline_at), (spec(), at(1) + DEADLINE));
    assert_eq!(seen(store, job).await.state, UploadState::Processing);
    assert_eq!(seen(store, job).await.updated_at, at(2));

    let total = Some(180.5);
    let progress = Progress {
        total,
        ..[("64k".parse().unwrap(), 12.5), ("128k".parse().unwrap(), f64::NAN)].into()
    };
    assert_eq!(
        store
            .heartbeat(at(7), attempt.caller(), &progress, LEASE)
            .await
            .unwrap(),
        Heard::Continue
    );
    let entry = store.entry(job.user, job.upload).await.unwrap();
    let kept = Progress {
        total,
        ..[("64k".parse().unwrap(), 12.5)].into()
    };
    assert_eq!(entry.progress, Some(kept));
    let changed = store.changed_since(at(7), None, 10).await.unwrap();
    assert_eq!(changed.len(), 1, "progress is seen by those who look for changes");

    let granted = store.grant(at(8), attempt.caller(), at(908)).await.unwrap();
    assert_eq!(
        (granted.user, granted.upload, &granted.tree),
        (job.user, job.upload, &attempt.tree)
    );
    let finishing = store.finishing(attempt.caller()).await.unwrap().unwrap();
    assert_eq!((finishing.tree, finishing.spec), (attempt.tree.clone(), spec()));

    assert_eq!(publish(store, at(9), &attempt).await.unwrap(), Finished::Published);
    let upload = seen(store, job).await;
    assert_eq!(
        (upload.state, upload.updated_at, upload.failure),
        (UploadState::Ready, at(9), None)
    );
    let names = (
        upload.title.as_deref(),
        upload.artist.as_deref(),
        upload.album.as_deref(),
    );
    assert_eq!(names, (Some("Jóga"), Some("Björk"), None));
    assert_eq!(
        (upload.codec.as_deref(), upload.duration_seconds),
        (Some("flac"), Some(239.5))
    );
    let published = upload.published.unwrap();
    assert_eq!(
        (published.tree, published.renditions),
        (attempt.tree, report().renditions)
    );
    assert_eq!(found(store, job.user, "BJORK").await, 1);
    assert_eq!(found(store, job.user, "song.flac").await, 1);
    assert_eq!(in_flight(store).await, 0);
    assert_eq!(claim(store, at(10)).await, Claimed::NothingDue { next_run_at: None });
}

/// What each verb but `start` says to a caller.
async fn answers(store: &dyn Store, caller: store::Caller<'_>) -> Vec<Result<(), CallbackError>> {
    let failure = Failure::transient("bucket", "the bucket does not answer");
    vec![
        store.heartbeat(at(9), caller, &[].into(), LEASE).await.map(|_| ()),
        store.grant(at(9), caller, at(909)).await.map(|_| ()),
        store.finishing(caller).await.map(|_| ()),
        store.finish_published(at(9), caller, &report()).await.map(|_| ()),
        store.finish_failed(at(9), caller, &failure).await.map(|_| ()),
        store.finish_handed_back(at(9), caller).await.map(|_| ()),
    ]
}

/// What all verbs say to a caller whom they must all turn away.
async fn all_answers(store: &dyn Store, caller: store::Caller<'_>) -> Vec<Result<(), CallbackError>> {
    let mut answers = answers(store, caller).await;
    answers.push(store.start(at(9), caller, None, LEASE).await.map(|_| ()));
    answers
}

pub(crate) async fn whoever_has_no_right_is_turned_away(db: &Db) {
    let store = &*db.store;
    let job = one_queued(store).await;
    let attempt = started(store, NOW).await;
    for secret in ["", "wrong", &"x".repeat(10_000)] {
        let secret = Secret::new(secret);
        let caller = store::Caller {
            secret: &secret,
            ..attempt.caller()
        };
        for answer in all_answers(store, caller).await {
            assert!(matches!(answer, Err(CallbackError::Unauthorized)), "{answer:?}");
        }
    }
    let unknown = store::Caller {
        job: JobId::from_uuid(job.upload.as_uuid()),
        ..attempt.caller()
    };
    for answer in all_answers(store, unknown).await {
        assert!(matches!(answer, Err(CallbackError::NoSuchJob)), "{answer:?}");
    }
    let other = worker();
    for answer in all_answers(store, attempt.called_by(&other)).await {
        assert!(matches!(answer, Err(CallbackError::OtherWorker)), "{answer:?}");
    }
    let waiting = queued(store, job.user).await;
    let early = store::Caller {
        job: waiting.job,
        ..attempt.caller()
    };
    for answer in all_answers(store, early).await {
        assert!(
            matches!(answer, Err(CallbackError::Unauthorized)),
            "a job without attempts has no secret: {answer:?}"
        );
    }
    assert_eq!(
        seen(store, job).await.state,
        UploadState::Processing,
        "and none of them changed anything"
    );
    publish(store, at(10), &attempt).await.unwrap();
}

pub(crate) async fn nothing_comes_before_the_start(db: &Db) {
    let store = &*db.store;
    let job = one_queued(store).await;
    let attempt = claimed(store, NOW).await;
    for answer in answers(store, attempt.caller()).await {
        assert!(matches!(answer, Err(CallbackError::OtherWorker)), "{answer:?}");
    }
    assert_eq!(seen(store, job).await.state, UploadState::Queued);
    start(store, NOW, &attempt).await.unwrap();
}

pub(crate) async fn a_start_can_be_repeated_by_the_same_worker_only(db: &Db) {
    let store = &*db.store;
    one_queued(store).await;
    let attempt = claimed(store, NOW).await;
    let first = start(store, at(1), &attempt).await.unwrap();
    assert_eq!(start(store, at(2), &attempt).await.unwrap(), first);
    let twin = worker();
    let second = store
        .start(at(3), attempt.called_by(&twin), Some("execution-2"), LEASE)
        .await;
    assert!(matches!(second, Err(CallbackError::OtherWorker)), "{second:?}");
    assert_eq!(publish(store, at(4), &attempt).await.unwrap(), Finished::Published);
    assert!(is_over(start(store, at(5), &attempt).await));
}

pub(crate) async fn a_repeated_start_renews_the_lease(db: &Db) {
    let store = &*db.store;
    one_queued(store).await;
    let attempt = started(store, NOW).await;
    start(store, at(50), &attempt).await.unwrap();
    let rescued = store.rescue(at(100), crate::work::QUEUE_TIMEOUT, 10).await.unwrap();
    assert_eq!(rescued, [], "the worker counts its lease from the answer that it got");
}

pub(crate) async fn a_stale_attempt_changes_nothing(db: &Db) {
    let store = &*db.store;
    let job = one_queued(store).await;
    let stale = started(store, NOW).await;
    store.finish_handed_back(at(1), stale.caller()).await.unwrap();
    let fresh = started(store, at(2)).await;
    assert_eq!((fresh.claimed.job, fresh.claimed.number), (job.job, 2));
    let before = seen(store, job).await;
    for (verb, answer) in all_answers(store, stale.caller()).await.into_iter().enumerate() {
        // The sixth repeats its own finish.
        assert_eq!(is_over(answer), verb != 5, "verb {verb}");
    }
    assert_eq!(seen(store, job).await, before);
    assert_eq!(publish(store, at(10), &fresh).await.unwrap(), Finished::Published);
    assert_eq!(seen(store, job).await.published.unwrap().tree, fresh.tree);
    assert!(is_over(publish(store, at(11), &stale).await));
    assert_eq!(seen(store, job).await.published.unwrap().tree, fresh.tree);
}

pub(crate) async fn a_finish_can_be_repeated_but_not_changed(db: &Db) {
    let store = &*db.store;
    let permanent = Failure::permanent("corrupt", "the file is damaged");
    let finish = async |attempt: &Attempt, kind: usize| match kind {
        0 => publish(store, at(9), attempt).await,
        1 => fail(store, at(9), attempt, &permanent).await,
        _ => store.finish_handed_back(at(9), attempt.caller()).await,
    };
    for first in 0..3 {
        let job = one_queued(store).await;
        let attempt = started(store, NOW).await;
        assert_eq!(attempt.claimed.job, job.job);
        finish(&attempt, first).await.unwrap();
        let after = seen(store, job).await;
        for second in 0..3 {
            let answer = finish(&attempt, second).await;
            if first == second {
                assert_eq!(answer.unwrap(), Finished::Repeated);
            } else {
                assert!(is_over(answer), "{first} then {second}");
            }
            let stranger = worker();
            let answer = store.finish_handed_back(at(9), attempt.called_by(&stranger)).await;
            assert!(matches!(answer, Err(CallbackError::OtherWorker)), "{answer:?}");
        }
        let finishing = store.finishing(attempt.caller()).await;
        assert_eq!(matches!(finishing, Ok(None)), first == 0, "{finishing:?}");
        assert_eq!(seen(store, job).await, after);
        if first == 2 {
            // Out of the way of nobody else's test here: it is queued.
            store.cancel(at(10), job.user, job.upload).await.unwrap();
        }
    }
}

pub(crate) async fn a_permanent_failure_ends_the_job_at_once(db: &Db) {
    let store = &*db.store;
    let job = one_queued(store).await;
    let attempt = started(store, NOW).await;
    let failure = Failure::permanent("not_audio", "this is a picture");
    assert_eq!(fail(store, at(1), &attempt, &failure).await.unwrap(), Finished::Failed);
    let upload = seen(store, job).await;
    assert_eq!(
        (upload.state, upload.failed_at, upload.failure),
        (UploadState::Failed, Some(at(1)), Some(failure))
    );
    assert_eq!(
        claim(store, at(100_000)).await,
        Claimed::NothingDue { next_run_at: None }
    );
}

pub(crate) async fn transient_failures_are_tried_again_five_times(db: &Db) {
    let store = &*db.store;
    let job = one_queued(store).await;
    let failure = Failure::transient("bucket", "the bucket does not answer");
    let mut now = NOW;
    for tries in 1..=4_u32 {
        let attempt = started(store, now).await;
        assert_eq!(attempt.claimed.number, tries);
        let finished = fail(store, now, &attempt, &failure).await.unwrap();
        let Finished::Requeued { run_at } = finished else {
            panic!("{finished:?}")
        };
        let middle = Duration::from_secs(10 << (tries - 1));
        let delay = run_at.since(now);
        assert!(
            middle / 2 <= delay && delay <= middle * 3 / 2,
            "after {tries}: {delay:?}"
        );
        let upload = seen(store, job).await;
        assert_eq!((upload.state, upload.failure), (UploadState::Queued, None));
        let next_run_at = Some(run_at);
        let early = claim(store, run_at - Duration::from_millis(1)).await;
        assert_eq!(early, Claimed::NothingDue { next_run_at });
        now = run_at;
    }
    let attempt = started(store, now).await;
    assert_eq!(fail(store, now, &attempt, &failure).await.unwrap(), Finished::Failed);
    let upload = seen(store, job).await;
    let last = upload.failure.unwrap();
    assert_eq!(
        (upload.state, &*last.code, last.retryable),
        (UploadState::Failed, "bucket", true)
    );
    assert!(
        last.message.starts_with(&failure.message) && last.message.contains("5 tries"),
        "{}",
        last.message
    );
    assert_eq!(
        claim(store, at(100_000)).await,
        Claimed::NothingDue { next_run_at: None }
    );
    // Whoever retries it gets a new job with a new budget.
    store
        .retry(at(100_000), job.user, job.upload, new_job(at(100_000), 0))
        .await
        .unwrap();
    let attempt = started(store, at(100_000)).await;
    assert!(matches!(
        fail(store, at(100_000), &attempt, &failure).await,
        Ok(Finished::Requeued { .. })
    ));
}

pub(crate) async fn handing_back_costs_nothing(db: &Db) {
    let store = &*db.store;
    let job = one_queued(store).await;
    for seconds in 0..8 {
        let attempt = started(store, at(seconds)).await;
        let run_at = at(seconds + 1);
        let handed_back = store.finish_handed_back(run_at, attempt.caller()).await.unwrap();
        assert_eq!(handed_back, Finished::Requeued { run_at });
        assert_eq!(seen(store, job).await.state, UploadState::Queued);
    }
    let attempt = started(store, at(8)).await;
    let failure = Failure::transient("bucket", "the bucket does not answer");
    let Finished::Requeued { run_at } = fail(store, at(8), &attempt, &failure).await.unwrap() else {
        panic!("the whole budget is there")
    };
    assert!(run_at <= at(8 + 15), "it is the first failure");
}

pub(crate) async fn a_late_attempt_that_nobody_rescued_goes_on(db: &Db) {
    let store = &*db.store;
    let job = one_queued(store).await;
    let attempt = started(store, NOW).await;
    let late = at(100_000);
    assert_eq!(
        store
            .heartbeat(late, attempt.caller(), &[].into(), LEASE)
            .await
            .unwrap(),
        Heard::Continue
    );
    assert_eq!(
        publish(store, late + DEADLINE, &attempt).await.unwrap(),
        Finished::Published
    );
    assert_eq!(seen(store, job).await.state, UploadState::Ready);
}

pub(crate) async fn who_was_called_off_is_told_to_stop(db: &Db) {
    let store = &*db.store;
    let job = one_queued(store).await;
    let attempt = started(store, NOW).await;
    store.cancel(at(1), job.user, job.upload).await.unwrap();
    assert_eq!(
        store
            .heartbeat(at(2), attempt.caller(), &[].into(), LEASE)
            .await
            .unwrap(),
        Heard::Stop
    );
    let stranger = worker();
    let answer = store
        .heartbeat(at(2), attempt.called_by(&stranger), &[].into(), LEASE)
        .await;
    assert!(matches!(answer, Err(CallbackError::OtherWorker)), "{answer:?}");
    assert!(is_over(publish(store, at(2), &attempt).await));
    assert!(is_over(store.grant(at(2), attempt.caller(), at(900)).await));
    assert_eq!(seen(store, job).await.failure.unwrap().code, "cancelled");

    // The same while it is being launched,
    let job = one_queued(store).await;
    let attempt = claimed(store, NOW).await;
    store.cancel(at(1), job.user, job.upload).await.unwrap();
    assert!(is_over(start(store, at(2), &attempt).await));
    // and when its upload is deleted, once the grace is over.
    let job = one_queued(store).await;
    let attempt = started(store, NOW).await;
    let delete_at = store.delete(at(1), job.user, job.upload).await.unwrap();
    assert_eq!(
        store
            .heartbeat(at(2), attempt.caller(), &[].into(), LEASE)
            .await
            .unwrap(),
        Heard::Continue
    );
    store.start_due_deletions(delete_at, 10).await.unwrap();
    assert_eq!(
        store
            .heartbeat(delete_at, attempt.caller(), &[].into(), LEASE)
            .await
            .unwrap(),
        Heard::Stop
    );
    assert!(is_over(publish(store, delete_at, &attempt).await));
    assert_eq!(in_flight(store).await, 0);
}

pub(crate) async fn a_hidden_upload_can_finish_and_be_restored(db: &Db) {
    let store = &*db.store;
    let job = one_queued(store).await;
    let attempt = started(store, NOW).await;
    store.delete(at(1), job.user, job.upload).await.unwrap();
    publish(store, at(2), &attempt).await.unwrap();
    let restored = store.restore(at(3), job.user, job.upload).await.unwrap();
    assert_eq!(restored.state, UploadState::Ready);
}
