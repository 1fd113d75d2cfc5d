//! Callbacks that are done, but whose answers never arrive, and a server that is busy.

use worker::Exit;

use crate::{
    support::{
        bench::Bench,
        fake::{Fault, Verb},
    },
    tree::assert_published,
};

#[tokio::test]
async fn a_callback_whose_answer_is_lost_is_repeated() {
    let bench = Bench::new(20, |call| match call.verb {
        Verb::Start | Verb::Heartbeat | Verb::Grant | Verb::Finish if call.nth == 1 => Fault::Lose,
        _ => Fault::None,
    })
    .await;
    assert_eq!(bench.run().await, Exit::Ready);
    let seen = bench.fake.seen();
    assert_eq!((seen.count(Verb::Start), seen.count(Verb::Finish)), (2, 2));
    assert_published(&seen);
}

#[tokio::test]
async fn a_busy_server_is_asked_again() {
    let bench = Bench::new(20, |call| match (call.verb, call.nth) {
        (Verb::Get | Verb::Put, _) => Fault::None,
        (_, 1) => Fault::Answer(503),
        (_, 2) => Fault::Answer(429),
        (_, 3) => Fault::Answer(500),
        _ => Fault::None,
    })
    .await;
    assert_eq!(bench.run().await, Exit::Ready);
    assert_published(&bench.fake.seen());
}

#[tokio::test]
async fn heartbeats_go_on_until_the_end_has_been_told() {
    let bench = Bench::new(8, |call| match call.verb {
        Verb::Finish => Fault::Hold,
        _ => Fault::None,
    })
    .await;
    let meanwhile = async {
        bench.fake.until(|seen| seen.count(Verb::Finish) == 1).await;
        let beats = bench.fake.seen().count(Verb::Heartbeat);
        bench.fake.until(|seen| seen.count(Verb::Heartbeat) > beats + 3).await;
        bench.fake.open_gate();
    };
    assert_eq!(bench.run_and(meanwhile).await, Exit::Ready);
}

#[tokio::test]
async fn an_end_that_was_heard_is_told_again_though_heartbeats_say_that_all_is_over() {
    // The answer to `finish` is lost three times; meanwhile each heartbeat is answered with 410.
    let bench = Bench::new(8, |call| match (call.verb, call.nth) {
        (Verb::Finish, 1..=3) => Fault::Lose,
        _ => Fault::None,
    })
    .await;
    assert_eq!(bench.run().await, Exit::Ready);
    assert_published(&bench.fake.seen());
}

#[tokio::test]
async fn a_tree_that_the_server_refuses_fails_the_attempt_for_now() {
    let bench = Bench::new(8, |call| match (call.verb, call.nth) {
        (Verb::Finish, 1) => Fault::Answer(422),
        _ => Fault::None,
    })
    .await;
    let Exit::Failed(failure) = bench.run().await else {
        panic!("{:?}", bench.fake.seen().outcome)
    };
    assert_eq!((failure.code.as_str(), failure.retryable), ("tree_refused", true));
}
