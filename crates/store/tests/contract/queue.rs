//! The queue's own verbs.

use std::time::Duration;

use domain::{Timestamp, UploadState};
use store::{Claim, Claimed, MOST_AHEAD, Pace, QueueStats, Store, StoreError};

use crate::support::Db;
use crate::work::{
    Drawn, LEASE, NOW, at, claim, claimed, in_flight, is_over, is_wrong_state, one_queued, publish, queued, queued_at,
    seen, start, started, user,
};

pub(crate) async fn an_empty_queue_has_nothing_due(db: &Db) {
    let store = &*db.store;
    assert_eq!(claim(store, NOW).await, Claimed::NothingDue { next_run_at: None });
    assert_eq!(store.queue_stats(NOW).await.unwrap(), QueueStats::default());
}

pub(crate) async fn jobs_go_by_priority_then_rank_then_age(db: &Db) {
    let store = &*db.store;
    let (ann, bob) = (user(store).await, user(store).await);
    // Ann's have the ranks 0, 1 and 2, Bob's 0 and 1.
    let first = queued_at(store, ann, at(0), 0).await;
    let third = queued_at(store, ann, at(1), 0).await;
    let urgent = queued_at(store, ann, at(2), -1).await;
    let second = queued_at(store, bob, at(3), 0).await;
    let fourth = queued_at(store, bob, at(4), 0).await;
    for (place, expected) in [urgent, first, second, third, fourth].into_iter().enumerate() {
        let claimed = claimed(store, at(10)).await.claimed;
        assert_eq!(claimed.job, expected.job, "in place {place}");
        assert_eq!(
            (claimed.user, claimed.upload, claimed.number),
            (expected.user, expected.upload, 1)
        );
    }
    assert_eq!(claim(store, at(10)).await, Claimed::NothingDue { next_run_at: None });
}

pub(crate) async fn places_are_counted_in_the_order_of_claims(db: &Db) {
    let store = &*db.store;
    let (ann, bob) = (user(store).await, user(store).await);
    let first = queued_at(store, ann, at(0), 0).await;
    let third = queued_at(store, ann, at(1), 0).await;
    let urgent = queued_at(store, ann, at(2), -1).await;
    let second = queued_at(store, bob, at(3), 0).await;
    let all = [urgent, first, second, third].map(|queued| queued.upload);
    let places = async |now| {
        let places = store.places(now, &all).await.unwrap();
        all.map(|upload| places.get(&upload).copied())
    };
    assert_eq!(places(at(10)).await, [Some(1), Some(2), Some(3), Some(4)]);
    let of_three = store.places(at(10), &all[1..]).await.unwrap();
    assert_eq!(
        of_three,
        [(first.upload, 2), (second.upload, 3), (third.upload, 4)].into()
    );
    assert_eq!(store.places(at(10), &[]).await.unwrap(), [].into());

    assert_eq!(claimed(store, at(10)).await.claimed.job, urgent.job);
    let without_the_first = [None, Some(1), Some(2), Some(3)];
    assert_eq!(places(at(10)).await, without_the_first, "it is being launched");
    store.launch_refused(at(10), urgent.job, 1, at(60)).await.unwrap();
    assert_eq!(places(at(59)).await, without_the_first, "it waits for another try");
    assert_eq!(places(at(60)).await, [Some(1), Some(2), Some(3), Some(4)]);
    started(store, at(60)).await;
    store.cancel(at(60), ann, first.upload).await.unwrap();
    assert_eq!(places(at(60)).await, [None, None, Some(1), Some(2)]);
}

pub(crate) async fn a_thousand_jobs_of_one_user_hold_nobody_up(db: &Db) {
    let store = &*db.store;
    let (ann, bob) = (user(store).await, user(store).await);
    let mut uploads = Vec::new();
    for seconds in 0..1_000 {
        uploads.push(queued_at(store, ann, at(seconds), 0).await.upload);
    }
    let lonely = queued_at(store, bob, at(2_000), 0).await;
    uploads.push(lonely.upload);
    let ends = &uploads[997..];
    let places = store.places(at(2_001), ends).await.unwrap();
    let places: Vec<_> = ends.iter().map(|upload| places[upload]).collect();
    let expected = [999, MOST_AHEAD, MOST_AHEAD, 2];
    assert_eq!(
        places, expected,
        "her last two are not told apart: nobody counts that far"
    );
    assert_eq!(
        claimed(store, at(2_001)).await.claimed.user,
        ann,
        "her first is older and of the same rank"
    );
    assert_eq!(claimed(store, at(2_001)).await.claimed.job, lonely.job);
    assert_eq!(claimed(store, at(2_001)).await.claimed.user, ann);
}

pub(crate) async fn a_claim_leaves_the_upload_queued(db: &Db) {
    let store = &*db.store;
    let job = one_queued(store).await;
    claimed(store, NOW).await;
    assert_eq!(seen(store, job).await.state, UploadState::Queued);
}

pub(crate) async fn the_cap_holds_whatever_place_is_drawn(db: &Db) {
    let store = &*db.store;
    let user = user(store).await;
    for _ in 0..6 {
        queued(store, user).await;
    }
    let with_hint = |slot_hint| Claim {
        slot_hint,
        ..Drawn::new().claim(5)
    };
    // All claimers reach for the same place, and the last finds it among the rest.
    for hint in [0, 0, 5, u32::MAX, 0] {
        let claimed = store.claim(NOW, with_hint(hint)).await.unwrap();
        assert!(matches!(claimed, Claimed::Job(_)), "{claimed:?}");
    }
    for hint in 0..6 {
        assert_eq!(store.claim(NOW, with_hint(hint)).await.unwrap(), Claimed::CapReached);
    }
    let stats = store.queue_stats(NOW).await.unwrap();
    assert_eq!(
        (stats.in_flight, stats.queued),
        (5, 1),
        "what could not be claimed waits"
    );
    assert_eq!(
        store.claim(NOW, Drawn::new().claim(3)).await.unwrap(),
        Claimed::CapReached,
        "a cap can be lowered"
    );
    assert_eq!(
        store.claim(NOW, Drawn::new().claim(0)).await.unwrap(),
        Claimed::CapReached
    );
    let raised = store.claim(NOW, Drawn::new().claim(6)).await.unwrap();
    assert!(matches!(raised, Claimed::Job(_)), "and raised: {raised:?}");
}

pub(crate) async fn an_attempt_that_ends_makes_room(db: &Db) {
    let store = &*db.store;
    let user = user(store).await;
    queued(store, user).await;
    let drawn = Drawn::new();
    let first = match store.claim(NOW, drawn.claim(1)).await.unwrap() {
        Claimed::Job(job) => drawn.attempt(job),
        other => panic!("{other:?}"),
    };
    start(store, NOW, &first).await.unwrap();
    let waiting = queued(store, user).await;
    assert_eq!(
        store.claim(NOW, Drawn::new().claim(1)).await.unwrap(),
        Claimed::CapReached
    );
    publish(store, NOW, &first).await.unwrap();
    match store.claim(NOW, Drawn::new().claim(1)).await.unwrap() {
        Claimed::Job(job) => assert_eq!(job.job, waiting.job),
        other => panic!("{other:?}"),
    }
}

pub(crate) async fn a_cap_that_is_reached_is_said_only_if_something_is_due(db: &Db) {
    let store = &*db.store;
    one_queued(store).await;
    let first = store.claim(NOW, Drawn::new().claim(1)).await.unwrap();
    assert!(matches!(first, Claimed::Job(_)), "{first:?}");
    let second = store.claim(NOW, Drawn::new().claim(1)).await.unwrap();
    assert_eq!(second, Claimed::NothingDue { next_run_at: None });
}

pub(crate) async fn an_execution_is_noted_once(db: &Db) {
    let store = &*db.store;
    let job = one_queued(store).await.job;
    let attempt = claimed(store, NOW).await;
    store.launched(job, 1, "job-abc").await.unwrap();
    store.launched(job, 1, "job-def").await.unwrap();
    let unknown = store.launched(job, 2, "job-abc").await;
    assert!(matches!(unknown, Err(StoreError::NotFound)), "{unknown:?}");
    // Also after it started, and after it ended: whoever looks for what runs needs the name most of all then.
    start(store, NOW, &attempt).await.unwrap();
    publish(store, NOW, &attempt).await.unwrap();
    store.launched(job, 1, "job-abc").await.unwrap();
}

pub(crate) async fn a_refused_launch_costs_nothing(db: &Db) {
    let store = &*db.store;
    let job = one_queued(store).await;
    for launch in 1..=8 {
        let attempt = claimed(store, at(launch * 60)).await;
        assert_eq!(u64::from(attempt.claimed.number), launch);
        let retry_at = at(launch * 60 + 60);
        store
            .launch_refused(at(launch * 60), job.job, attempt.claimed.number, retry_at)
            .await
            .unwrap();
        assert_eq!(in_flight(store).await, 0);
        assert_eq!(seen(store, job).await.state, UploadState::Queued);
        let next = claim(store, retry_at - Duration::from_millis(1)).await;
        let next_run_at = Some(retry_at);
        assert_eq!(next, Claimed::NothingDue { next_run_at });
        assert!(
            is_over(start(store, NOW, &attempt).await),
            "a worker that comes all the same is too late"
        );
    }
}

pub(crate) async fn only_what_is_being_launched_can_be_refused(db: &Db) {
    let store = &*db.store;
    let job = one_queued(store).await.job;
    let refuse = |number| store.launch_refused(NOW, job, number, NOW);
    assert!(matches!(refuse(1).await, Err(StoreError::NotFound)));
    let first = claimed(store, NOW).await;
    refuse(1).await.unwrap();
    assert!(is_wrong_state(refuse(1).await));
    let second = started(store, NOW).await;
    assert!(is_wrong_state(refuse(2).await), "it has started after all");
    assert!(is_wrong_state(refuse(1).await));
    assert!(is_over(start(store, NOW, &first).await));
    publish(store, NOW, &second).await.unwrap();
    assert!(is_wrong_state(refuse(2).await));
}

fn paced(name: &str) -> Claim<'_> {
    let interval = Duration::from_secs(10);
    Claim {
        pace: Some(Pace {
            name,
            interval,
            burst: 2,
        }),
        ..Drawn::new().claim(1_000)
    }
}

async fn goes(store: &dyn Store, now: Timestamp, name: &str) -> bool {
    match store.claim(now, paced(name)).await.unwrap() {
        Claimed::Job(_) => true,
        Claimed::Paced { until } => {
            assert!(until > now, "{until:?}");
            false
        }
        other => panic!("{other:?}"),
    }
}

pub(crate) async fn launches_keep_their_pace(db: &Db) {
    let store = &*db.store;
    assert_eq!(
        store.claim(NOW, paced("azure")).await.unwrap(),
        Claimed::NothingDue { next_run_at: None },
        "which costs the pace nothing"
    );
    let user = user(store).await;
    for _ in 0..8 {
        queued(store, user).await;
    }
    assert!(
        goes(store, at(0), "azure").await && goes(store, at(0), "azure").await,
        "two at once"
    );
    let (in_flight_before, until) = (in_flight(store).await, at(10));
    assert_eq!(
        store.claim(at(0), paced("azure")).await.unwrap(),
        Claimed::Paced { until }
    );
    assert_eq!(in_flight(store).await, in_flight_before, "what was paced took no place");
    assert!(!goes(store, until - Duration::from_millis(1), "azure").await);
    assert!(goes(store, until, "azure").await, "then one in each interval");
    assert!(!goes(store, at(19), "azure").await);
    assert!(goes(store, at(20), "azure").await);
    assert!(goes(store, at(20), "fly").await, "another launcher has its own pace");
    assert!(
        goes(store, at(1_000), "azure").await && goes(store, at(1_000), "azure").await,
        "two after a rest"
    );
    assert!(!goes(store, at(1_000), "azure").await, "however long it was");
}

pub(crate) async fn the_queue_in_figures(db: &Db) {
    let store = &*db.store;
    let user = user(store).await;
    for seconds in 0..4 {
        queued_at(store, user, at(seconds), 0).await;
    }
    claimed(store, at(10)).await;
    let silent = started(store, at(20)).await;
    let loud = started(store, at(20)).await;
    let progress = [("64k".parse().unwrap(), 12.5)].into();
    store.heartbeat(at(50), loud.caller(), &progress, LEASE).await.unwrap();
    let expected = QueueStats {
        queued: 1,
        oldest_queued: Some(at(3)),
        in_flight: 3,
        workers: 1,
    };
    assert_eq!(store.queue_stats(at(40)).await.unwrap(), expected);
    assert_eq!(
        store.queue_stats(at(20)).await.unwrap(),
        QueueStats { workers: 2, ..expected }
    );
    publish(store, at(60), &silent).await.unwrap();
    let expected = QueueStats {
        in_flight: 2,
        workers: 1,
        ..expected
    };
    assert_eq!(
        store.queue_stats(at(20)).await.unwrap(),
        expected,
        "what has ended counts no more"
    );
}
