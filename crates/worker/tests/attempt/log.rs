//! What the log may tell. A process of its own: in one where others log to nowhere, a subscriber of a single thread does not
//! hear everything.
#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a test fails by panicking")]

#[expect(dead_code, reason = "the other tests use the rest")]
mod support;

use std::{
    fs::{self, File},
    sync::Mutex,
};

use tracing::level_filters::LevelFilter;
use worker::Exit;

use support::{
    bench::Bench,
    fake::{Fault, JOB, UPLOAD, Verb},
};

#[tokio::test]
async fn the_log_names_job_and_upload_in_every_line_and_no_secret_in_any() {
    let folder = tempfile::tempdir().unwrap();
    let log = folder.path().join("log");
    let subscriber = tracing_subscriber::fmt()
        .with_writer(Mutex::new(File::create(&log).unwrap()))
        .with_ansi(false)
        .with_max_level(LevelFilter::TRACE)
        .finish();
    let _logging = tracing::subscriber::set_default(subscriber);
    // All that can go wrong and be mended goes wrong.
    let bench = Bench::new(8, |call| match (call.verb, call.nth) {
        (Verb::Get, 1) => Fault::Cut(1000),
        (_, 1) => Fault::Lose,
        (Verb::Get | Verb::Put, 2) => Fault::Answer(403),
        (_, 2) => Fault::Answer(500),
        _ => Fault::None,
    })
    .await;
    assert_eq!(bench.run().await, Exit::Ready);

    let log = fs::read_to_string(log).unwrap();
    let lines: Vec<&str> = log.lines().filter(|line| line.contains(" worker::")).collect();
    assert!(lines.len() > 5, "{log}");
    assert!(lines.iter().all(|line| line.contains(JOB)), "{log}");
    let started = lines.iter().skip_while(|line| !line.contains("started"));
    assert!(started.clone().count() > 3, "{log}");
    assert!(
        started
            .clone()
            .all(|line| line.contains(UPLOAD) && line.contains("attempt=1")),
        "{log}"
    );
    for secret in ["Signature", "worker-secret", "job-secret"] {
        assert!(!log.contains(secret), "{secret} is in {log}");
    }
}
