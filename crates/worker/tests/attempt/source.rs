//! Sources that break off, change, or are no sound.

use domain::{Failure, protocol::Outcome};
use worker::Exit;

use crate::{
    support::{
        bench::Bench,
        fake::{Call, Fault, Verb},
    },
    tree::assert_published,
};

fn get(call: Call) -> Option<usize> {
    (call.verb == Verb::Get).then_some(call.nth)
}

async fn failure(bench: &Bench) -> Failure {
    let exit = bench.run().await;
    let Some(Outcome::Failed { failure }) = bench.fake.seen().outcome else {
        panic!("{exit:?}")
    };
    assert_eq!(exit, Exit::Failed(failure.clone()));
    failure
}

#[tokio::test]
async fn a_download_that_breaks_off_goes_on_where_it_was() {
    let bench = Bench::new(8, |call| match get(call) {
        Some(1) => Fault::Cut(50_000),
        Some(2) => Fault::Answer(503),
        Some(3) => Fault::Cut(1),
        _ => Fault::None,
    })
    .await;
    assert_eq!(bench.run().await, Exit::Ready);
    let seen = bench.fake.seen();
    assert_eq!(seen.gets_from, [0, 50_000, 50_001]);
    assert_published(&seen);
}

#[tokio::test]
async fn a_download_url_that_has_expired_is_asked_for_again() {
    let bench = Bench::new(8, |call| match get(call) {
        Some(1) => Fault::Answer(403),
        _ => Fault::None,
    })
    .await;
    assert_eq!(bench.run().await, Exit::Ready);
    assert_eq!(bench.fake.seen().count(Verb::Start), 2);
}

#[tokio::test]
async fn a_source_that_never_comes_fails_the_attempt_for_now() {
    let bench = Bench::new(8, |call| match get(call) {
        Some(_) => Fault::Answer(500),
        _ => Fault::None,
    })
    .await;
    let failure = failure(&bench).await;
    assert_eq!((failure.code.as_str(), failure.retryable), ("source_unreachable", true));
    assert_eq!(bench.fake.seen().count(Verb::Get), 4);
}

#[tokio::test]
async fn a_source_that_was_replaced_or_removed_fails_for_good() {
    let replaced = Bench::on_terms(8, |terms| terms.etag = "\"another\"".into(), |_| Fault::None).await;
    let removed = Bench::new(8, |call| get(call).map_or(Fault::None, |_| Fault::Answer(404))).await;
    let replaced_midway = Bench::new(8, |call| match get(call) {
        Some(1) => Fault::Cut(50_000),
        Some(_) => Fault::Answer(412),
        None => Fault::None,
    })
    .await;
    for bench in [replaced, removed, replaced_midway] {
        let failure = failure(&bench).await;
        assert_eq!((failure.code.as_str(), failure.retryable), ("source_changed", false));
    }
}

#[tokio::test]
async fn a_source_of_another_length_fails_the_attempt_for_now() {
    for difference in [-1, 1] {
        let change = move |size: &mut u64| *size = size.checked_add_signed(difference).unwrap();
        let bench = Bench::on_terms(8, |terms| change(&mut terms.source_size), |_| Fault::None).await;
        let failure = failure(&bench).await;
        assert_eq!((failure.code.as_str(), failure.retryable), ("source_length", true));
    }
}

#[tokio::test]
async fn what_is_no_sound_fails_for_good_in_words_for_its_uploader() {
    let folder = tempfile::tempdir().unwrap();
    let text = b"Dear diary, today I pretended to be a recording.".repeat(100);
    let bench = Bench::with_source(folder, text, |_| {}, |_| Fault::None).await;
    let failure = failure(&bench).await;
    assert_eq!((failure.code.as_str(), failure.retryable), ("not_audio", false));
    assert!(failure.message.contains("not an audio file"), "{}", failure.message);
}

#[tokio::test]
async fn a_recording_longer_than_is_allowed_fails_for_good() {
    let bench = Bench::on_terms(20, |terms| terms.spec.max_duration_seconds = 10, |_| Fault::None).await;
    let failure = failure(&bench).await;
    assert_eq!((failure.code.as_str(), failure.retryable), ("too_long", false));
}
