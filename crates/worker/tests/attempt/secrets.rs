//! What the log may tell.

use std::{
    fs::{self, File},
    sync::Mutex,
};

use tracing::level_filters::LevelFilter;
use worker::Exit;

use crate::support::{
    bench::Bench,
    fake::{Fault, JOB, Verb},
};

#[tokio::test]
async fn the_log_names_the_job_in_every_line_and_no_secret_in_any() {
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
    assert!(lines.len() > 10, "{log}");
    assert!(lines.iter().all(|line| line.contains(JOB)), "{log}");
    for secret in ["Signature", "worker-secret", "job-secret"] {
        assert!(!log.contains(secret), "{secret} is in {log}");
    }
}
