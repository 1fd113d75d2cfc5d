//! Attempts that end before their work is done.

use std::time::Duration;

use domain::protocol::Outcome;
use tokio_util::sync::CancellationToken;
use worker::Exit;

use crate::support::{
    bench::Bench,
    fake::{Call, Fault, Verb},
};

/// Longer than any test waits for its encode.
const LONG: u32 = 900;

/// A worker whose heartbeats are answered by `fault` once ffmpeg is at work.
async fn faulty_while_encoding(lease_seconds: u32, fault: Fault) -> (Bench, Exit) {
    let encoding = CancellationToken::new();
    let is_late = encoding.clone();
    let faults = move |call: Call| match call.verb {
        Verb::Heartbeat if is_late.is_cancelled() => fault,
        _ => Fault::None,
    };
    let bench = Bench::on_terms(LONG, |terms| terms.lease_seconds = lease_seconds, faults).await;
    let meanwhile = async {
        bench.until_encoding().await;
        encoding.cancel();
    };
    let exit = bench.run_and(meanwhile).await;
    (bench, exit)
}

#[tokio::test]
async fn an_attempt_of_another_worker_is_left_alone() {
    for status in [401, 404, 409, 410] {
        let bench = Bench::new(1, move |_| Fault::Answer(status)).await;
        assert_eq!(bench.run().await, Exit::Stopped);
        let seen = bench.fake.seen();
        assert_eq!(seen.calls, [(Verb::Start, None)], "{status}");
    }
}

#[tokio::test]
async fn an_attempt_that_is_over_kills_the_children_and_says_nothing() {
    let ends = |status| faulty_while_encoding(60, Fault::Answer(status));
    let (one, two, three, four) = tokio::join!(ends(401), ends(404), ends(409), ends(410));
    for (bench, exit) in [one, two, three, four] {
        assert_eq!((exit, bench.fake.seen().count(Verb::Finish)), (Exit::Stopped, 0));
    }
}

#[tokio::test]
async fn an_order_to_stop_is_obeyed() {
    let (bench, exit) = faulty_while_encoding(60, Fault::Stop).await;
    assert_eq!((exit, bench.fake.seen().count(Verb::Finish)), (Exit::Stopped, 0));
}

#[tokio::test]
async fn a_grant_that_is_refused_as_over_stops_everything() {
    let bench = Bench::new(LONG, |call| match call.verb {
        Verb::Grant => Fault::Answer(410),
        _ => Fault::None,
    })
    .await;
    assert_eq!(bench.run().await, Exit::Stopped);
    assert_eq!(bench.fake.seen().outcome, None);
}

#[tokio::test]
async fn a_worker_that_is_told_to_go_hands_its_attempt_back() {
    let bench = Bench::new(LONG, |_| Fault::None).await;
    let meanwhile = async {
        bench.until_encoding().await;
        bench.fake.until(|seen| !seen.objects.is_empty()).await;
        bench.cancel.cancel();
    };
    assert_eq!(bench.run_and(meanwhile).await, Exit::HandedBack);
    assert_eq!(bench.fake.seen().outcome, Some(Outcome::HandedBack));
}

#[tokio::test]
async fn a_worker_that_is_told_to_go_while_it_starts_hands_back_as_well() {
    // The start is done, but its answer is held.
    let bench = Bench::new(1, |call| match call.verb {
        Verb::Start if call.nth == 1 => Fault::Lose,
        Verb::Start => Fault::Hold,
        _ => Fault::None,
    })
    .await;
    let meanwhile = async {
        bench.fake.until(|seen| seen.count(Verb::Start) == 2).await;
        bench.cancel.cancel();
    };
    assert_eq!(bench.run_and(meanwhile).await, Exit::HandedBack);
    assert_eq!(bench.fake.seen().outcome, Some(Outcome::HandedBack));
}

#[tokio::test]
async fn a_worker_that_cannot_hand_back_goes_all_the_same() {
    let bench = Bench::new(LONG, |call| match call.verb {
        Verb::Finish => Fault::Hold,
        _ => Fault::None,
    })
    .await;
    let meanwhile = async {
        bench.until_encoding().await;
        bench.cancel.cancel();
    };
    assert_eq!(bench.run_and(meanwhile).await, Exit::Lost);
}

#[tokio::test]
async fn no_answer_for_a_whole_lease_stops_the_work_and_is_told() {
    for silence in [Fault::Hold, Fault::Lose, Fault::Answer(503)] {
        let (bench, exit) = faulty_while_encoding(2, silence).await;
        assert_eq!(exit, Exit::HandedBack, "{silence:?}");
        assert_eq!(bench.fake.seen().outcome, Some(Outcome::Unheard));
    }
}

#[tokio::test]
async fn what_was_done_is_told_after_an_outage_longer_than_the_lease() {
    let bench = Bench::on_terms(
        1,
        |terms| terms.lease_seconds = 3,
        |call| match call.verb {
            // With pauses of up to 50 ms these are five seconds.
            Verb::Finish if call.nth <= 100 => Fault::Answer(503),
            Verb::Heartbeat => Fault::Answer(503),
            _ => Fault::None,
        },
    )
    .await;
    assert_eq!(bench.run().await, Exit::Ready);
}

#[tokio::test]
async fn an_end_that_is_never_heard_is_lost() {
    let mut bench = Bench::on_terms(
        1,
        |terms| terms.lease_seconds = 3,
        |call| match call.verb {
            Verb::Finish => Fault::Hold,
            Verb::Heartbeat => Fault::Answer(503),
            _ => Fault::None,
        },
    )
    .await;
    bench.settings.limits.finishes = Duration::from_secs(5);
    assert_eq!(bench.run().await, Exit::Lost);
}

#[tokio::test]
async fn the_attempts_deadline_ends_it() {
    let bench = Bench::on_terms(LONG, |terms| terms.deadline_seconds = 2, |_| Fault::None).await;
    let Exit::Failed(failure) = bench.run().await else {
        panic!("{:?}", bench.fake.seen().outcome)
    };
    assert_eq!((failure.code.as_str(), failure.retryable), ("deadline", true));
}

#[tokio::test]
async fn a_server_that_is_not_there_is_given_up_in_the_end() {
    let mut bench = Bench::new(1, |_| Fault::Answer(503)).await;
    bench.settings.limits.calls = Duration::from_millis(200);
    bench.settings.limits.finishes = Duration::from_millis(200);
    assert_eq!(bench.run().await, Exit::Lost);
    assert!(bench.fake.seen().count(Verb::Start) > 1);
}

#[tokio::test]
async fn a_start_whose_answer_never_came_is_told_when_the_server_is_back() {
    let mut bench = Bench::new(1, |call| match call.verb {
        Verb::Start => Fault::Lose,
        _ => Fault::None,
    })
    .await;
    bench.settings.limits.calls = Duration::from_millis(200);
    assert_eq!(bench.run().await, Exit::HandedBack);
    assert_eq!(bench.fake.seen().outcome, Some(Outcome::Unheard));
}
