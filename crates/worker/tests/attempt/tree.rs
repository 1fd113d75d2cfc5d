//! What a worker makes when nothing goes wrong.

use std::{collections::BTreeMap, convert::Infallible};

use domain::{
    TreeFile,
    protocol::{Outcome, Report},
};
use worker::Exit;

use crate::support::{
    bench::Bench,
    fake::{Fault, Seen, Terms, Verb},
};

fn report(seen: &Seen) -> Report {
    match &seen.outcome {
        Some(Outcome::Ready { report }) => report.clone(),
        other => panic!("{other:?}"),
    }
}

/// What is in the bucket is the tree that the report describes, and a correct one.
pub(crate) fn assert_published(seen: &Seen) {
    let report = report(seen);
    report.check(&Terms::new(&[]).spec).unwrap();
    let mut named: Vec<TreeFile> = report.files().collect();
    let mut stored: Vec<TreeFile> = seen.objects.iter().map(|(file, _)| *file).collect();
    assert_eq!(stored.last(), Some(&TreeFile::Master));
    let is_playlist = |file: &TreeFile| !matches!(file, TreeFile::Segment(..));
    let segments = stored.iter().take_while(|file| !is_playlist(file)).count();
    assert!(
        stored[segments..].iter().all(is_playlist),
        "playlists come after segments"
    );
    named.sort_unstable();
    stored.sort_unstable();
    assert_eq!(stored, named);

    let files: BTreeMap<String, _> = seen
        .objects
        .iter()
        .map(|(file, bytes)| (file.to_string(), bytes))
        .collect();
    let Ok(linted) = hls::lint(|name| Ok::<_, Infallible>(files.get(name).map(|bytes| bytes.to_vec())));
    assert!(linted.passed(), "{:#?}", linted.findings);
    assert!((linted.seconds - report.duration_seconds).abs() < 1e-9);
    for rendition in &report.renditions {
        let name = rendition.rung.to_string();
        let measured = linted.renditions.iter().find(|measured| measured.name == name).unwrap();
        assert_eq!(rendition.bandwidth, measured.bandwidth);
        assert_eq!(rendition.average_bandwidth, measured.average_bandwidth);
    }
}

#[tokio::test]
async fn a_source_becomes_a_tree_in_the_bucket() {
    let bench = Bench::new(20, |_| Fault::None).await;
    assert_eq!(bench.run().await, Exit::Ready);
    let seen = bench.fake.seen();
    assert_published(&seen);
    let report = report(&seen);
    assert!((report.duration_seconds - 20.0).abs() < 0.1);
    assert_eq!(report.renditions[0].segments, 4);
    assert_eq!(report.codec, "pcm_s16le");
    assert_eq!(
        (report.title.as_deref(), report.artist.as_deref()),
        (Some("Frontiers"), Some("The Testers"))
    );
    assert_eq!(seen.execution.as_deref(), Some("execution-1"));
    assert_eq!(seen.gets_from, [0]);
    let last = seen.calls.iter().rfind(|(verb, _)| *verb != Verb::Heartbeat);
    assert_eq!(last, Some(&(Verb::Finish, None)));
}

#[tokio::test]
async fn heartbeats_tell_how_far_each_rendition_is() {
    let bench = Bench::new(60, |_| Fault::None).await;
    assert_eq!(bench.run().await, Exit::Ready);
    let seen = bench.fake.seen();
    let last = seen.progress.unwrap();
    assert_eq!(Some(last.worker_id), seen.worker);
    let rungs: Vec<_> = last.progress.keys().map(ToString::to_string).collect();
    assert_eq!(rungs, ["64k", "128k"]);
    assert!(last.progress.values().all(|seconds| (0.0..61.0).contains(seconds)));
}

#[tokio::test]
async fn heartbeats_tell_how_long_the_recording_is_before_it_is_encoded() {
    let bench = Bench::new(240, |_| Fault::None).await;
    let meanwhile = async {
        let knows = |seen: &Seen| seen.progress.as_ref().and_then(|beat| beat.duration_seconds);
        bench.fake.until(|seen| knows(seen).is_some()).await;
        let seen = bench.fake.seen();
        assert!((knows(&seen).unwrap() - 240.0).abs() < 0.1, "{:?}", seen.progress);
        assert!(seen.outcome.is_none());
    };
    assert_eq!(bench.run_and(meanwhile).await, Exit::Ready);
}

#[tokio::test]
async fn segments_are_uploaded_while_later_ones_are_encoded() {
    let bench = Bench::new(240, |_| Fault::None).await;
    let meanwhile = async {
        bench.fake.until(|seen| !seen.objects.is_empty()).await;
        assert!(bench.children() > 0, "ffmpeg is still at work");
    };
    assert_eq!(bench.run_and(meanwhile).await, Exit::Ready);
    assert_published(&bench.fake.seen());
}
