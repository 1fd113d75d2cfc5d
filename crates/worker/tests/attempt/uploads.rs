//! A bucket that does not take what it is given.

use domain::{TreeFile, protocol::Outcome};
use worker::Exit;

use crate::{
    support::{
        bench::Bench,
        fake::{Call, Fault, Verb},
    },
    tree::assert_published,
};

fn is_put(call: Call) -> bool {
    call.verb == Verb::Put
}

#[tokio::test]
async fn what_the_bucket_refuses_for_a_moment_is_sent_again() {
    let bench = Bench::new(20, |call| match call.nth {
        1 if is_put(call) => Fault::Answer(503),
        2 if is_put(call) => Fault::Answer(500),
        _ => Fault::None,
    })
    .await;
    assert_eq!(bench.run().await, Exit::Ready);
    assert_published(&bench.fake.seen());
}

#[tokio::test]
async fn a_refused_url_is_replaced_by_a_fresh_one() {
    let bench = Bench::new(8, |call| match call.nth {
        1 if is_put(call) => Fault::Answer(403),
        _ => Fault::None,
    })
    .await;
    assert_eq!(bench.run().await, Exit::Ready);
    let seen = bench.fake.seen();
    assert_published(&seen);
    assert!(seen.count(Verb::Grant) > seen.objects.len(), "one more for each file");
}

#[tokio::test]
async fn urls_that_have_expired_are_not_used() {
    // They live for no time at all: each is replaced once, and then used.
    let bench = Bench::on_terms(8, |terms| terms.urls_live_seconds = 0, |_| Fault::None).await;
    assert_eq!(bench.run().await, Exit::Ready);
    let seen = bench.fake.seen();
    assert_published(&seen);
    assert!(seen.count(Verb::Grant) > seen.objects.len());
}

#[tokio::test]
async fn an_upload_whose_answer_is_lost_counts() {
    let bench = Bench::new(8, |call| match call.nth {
        1 if is_put(call) => Fault::Lose,
        _ => Fault::None,
    })
    .await;
    assert_eq!(bench.run().await, Exit::Ready);
    assert_published(&bench.fake.seen());
}

#[tokio::test]
async fn a_bucket_that_takes_nothing_fails_the_attempt_for_now() {
    let bench = Bench::new(20, |call| match call.file {
        Some(TreeFile::Segment(_, 1)) => Fault::Answer(507),
        _ => Fault::None,
    })
    .await;
    let Exit::Failed(failure) = bench.run().await else {
        panic!("{:?}", bench.fake.seen().outcome)
    };
    assert_eq!((failure.code.as_str(), failure.retryable), ("upload_failed", true));
    let seen = bench.fake.seen();
    assert_eq!(seen.outcome, Some(Outcome::Failed { failure }));
    assert!(seen.objects.iter().all(|(file, _)| *file != TreeFile::Master));
}

#[tokio::test]
async fn a_slow_bucket_is_sent_four_files_at_once_and_holds_the_encoder_up() {
    let bench = Bench::new(600, |call| if is_put(call) { Fault::Hold } else { Fault::None }).await;
    let meanwhile = async {
        bench.fake.until(|seen| seen.count(Verb::Put) == 4).await;
        // Heartbeats go on, and tell when the encoder does not.
        let (mut before, mut alike) = (None, 0);
        while alike < 40 {
            bench.next_heartbeat().await;
            let now = bench.fake.seen().progress.map(|beat| beat.progress);
            alike = if now == before { alike + 1 } else { 0 };
            before = now;
        }
        assert!(bench.children() > 0, "ffmpeg is through");
        assert!(bench.segments_on_disk() < 100, "{}", bench.segments_on_disk());
        assert_eq!(bench.fake.seen().count(Verb::Put), 4);
        bench.fake.open_gate();
    };
    assert_eq!(bench.run_and(meanwhile).await, Exit::Ready);
    assert_eq!(bench.fake.most_sent_at_once(), 4);
    assert_published(&bench.fake.seen());
}
