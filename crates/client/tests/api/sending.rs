//! Sending files.

use std::{fs, path::PathBuf, sync::Arc, time::Duration};

use client::{SendError, Sent, Uploader};
use serde_json::Value;
use tempfile::TempDir;
use tokio::sync::{Notify, watch};

use crate::{
    fake::{Fake, Reply},
    support::{bytes, client, id},
};

pub(crate) fn song(folder: &TempDir, bytes: &[u8]) -> PathBuf {
    let path = folder.path().join("song.flac");
    fs::write(&path, bytes).unwrap();
    path
}

#[tokio::test]
async fn one_request_carries_exactly_the_granted_headers_and_the_length() {
    let fake = Fake::start().await;
    let folder = tempfile::tempdir().unwrap();
    let content = bytes(300_000);
    let (progress, shown) = watch::channel(Sent::default());
    let upload = Uploader::new(&client(&fake).await, None);
    let upload = upload.send(&song(&folder, &content), &progress).await.unwrap();
    assert_eq!((upload.id, upload.state.as_str()), (id(1), "queued"));
    assert_eq!(fake.content(1), content);
    assert_eq!(
        *shown.borrow(),
        Sent {
            bytes: 300_000,
            total: 300_000
        }
    );

    let seen = fake.seen("PUT /bucket/1/0").remove(0);
    assert_eq!(seen.query, "signature=secret-1");
    let mut names: Vec<&str> = seen.headers.keys().map(reqwest::header::HeaderName::as_str).collect();
    names.sort_unstable();
    // `accept` and `user-agent` are every client's.
    assert_eq!(
        names,
        [
            "accept",
            "content-length",
            "content-type",
            "host",
            "if-none-match",
            "user-agent"
        ]
    );
    assert_eq!(seen.headers["content-length"], "300000");
    assert_eq!(seen.headers["content-type"], "audio/flac");
}

#[tokio::test]
async fn parts_make_up_the_file_in_whatever_order_they_arrive_and_fail() {
    let fake = Fake::start().await;
    fake.state().part_size = 50_000;
    let folder = tempfile::tempdir().unwrap();
    let content = bytes(1_010_000);
    fake.next("PUT /bucket/1/1", Reply::AfterStored(3));
    fake.next("PUT /bucket/1/2", Reply::Answer(500, vec![], Value::Null));
    fake.next("PUT /bucket/1/3", Reply::Answer(403, vec![], Value::Null));
    let (progress, shown) = watch::channel(Sent::default());
    let uploader = Uploader::new(&client(&fake).await, None);
    uploader.send(&song(&folder, &content), &progress).await.unwrap();
    assert_eq!(fake.content(1), content);
    assert_eq!(
        *shown.borrow(),
        Sent {
            bytes: 1_010_000,
            total: 1_010_000
        }
    );

    let queries = |what: &str| {
        fake.seen(what)
            .into_iter()
            .filter(|seen| seen.what == what)
            .map(|seen| seen.query)
            .collect::<Vec<_>>()
    };
    let repeated = queries("PUT /bucket/1/2");
    assert_eq!(repeated.len(), 2);
    assert_eq!(repeated[0], repeated[1], "the URL is still good");
    let refused = queries("PUT /bucket/1/3");
    assert_eq!(refused.len(), 2);
    assert_ne!(refused[0], refused[1], "a fresh URL");
    assert_eq!(fake.asked("PUT /bucket/1/").len(), 21 + 2);
    let lengths = fake
        .seen("PUT /bucket/1/")
        .into_iter()
        .map(|seen| seen.headers["content-length"].clone());
    assert_eq!(lengths.filter(|length| length == "10000").count(), 1, "the last part");
}

#[tokio::test]
async fn a_url_that_has_expired_is_not_used() {
    let fake = Fake::start().await;
    fake.state().expiries = ["2020-01-01T00:00:00.000Z", "2999-01-01T00:00:00.000Z"].into();
    let folder = tempfile::tempdir().unwrap();
    let uploader = Uploader::new(&client(&fake).await, None);
    uploader
        .send(&song(&folder, b"fLaC"), &watch::Sender::new(Sent::default()))
        .await
        .unwrap();
    let seen = fake.seen("PUT /bucket/");
    assert_eq!(seen.len(), 1);
    assert_eq!(seen[0].query, "signature=secret-2");
}

#[tokio::test]
async fn parts_that_the_bucket_has_lost_are_sent_again() {
    let fake = Fake::start().await;
    fake.state().part_size = 10;
    let folder = tempfile::tempdir().unwrap();
    let content = bytes(25);
    fake.next(
        "POST /api/v1/uploads/0192f0c1-7d3a-7cc2-8a54-000000000001/complete",
        Fake::problem(409, "parts_missing", "2"),
    );
    let uploader = Uploader::new(&client(&fake).await, None);
    uploader
        .send(&song(&folder, &content), &watch::Sender::new(Sent::default()))
        .await
        .unwrap();
    assert_eq!(fake.content(1), content);
}

#[tokio::test]
async fn a_bucket_that_takes_nothing_is_given_up() {
    let fake = Fake::start().await;
    let folder = tempfile::tempdir().unwrap();
    for _ in 0..9 {
        fake.next("PUT /bucket/1/0", Reply::Answer(503, vec![], Value::Null));
    }
    let (progress, shown) = watch::channel(Sent::default());
    let uploader = Uploader::new(&client(&fake).await, None);
    let error = uploader.send(&song(&folder, b"fLaC"), &progress).await.unwrap_err();
    assert!(matches!(error, SendError::Storage(_)), "{error:?}");
    assert!(!error.to_string().contains("secret"), "{error}");
    assert_eq!(fake.asked("PUT ").len(), 4);
    assert_eq!(shown.borrow().bytes, 0, "what was not taken is taken back");
}

#[tokio::test]
async fn a_file_that_shrinks_while_it_is_sent_is_an_error() {
    const SIZE: u64 = 64 << 20;
    let fake = Fake::start().await;
    let folder = tempfile::tempdir().unwrap();
    let path = song(&folder, b"fLaC");
    let file = fs::File::options().write(true).open(&path).unwrap();
    file.set_len(SIZE).unwrap();
    let release = Arc::new(Notify::new());
    fake.next("PUT /bucket/1/0", Reply::After(Arc::clone(&release)));
    let uploader = Uploader::new(&client(&fake).await, None);
    let (progress, mut shown) = watch::channel(Sent::default());
    let shrink = async {
        // More than the connection buffers is not read before the bucket reads.
        shown.wait_for(|sent| sent.bytes > 0).await.unwrap();
        file.set_len(SIZE / 2).unwrap();
        release.notify_one();
    };
    let (sent, ()) = tokio::join!(uploader.send(&path, &progress), shrink);
    assert!(matches!(sent, Err(SendError::Changed)), "{sent:?}");
    assert_eq!(fake.asked("POST /api/v1/uploads").len(), 1, "it is not completed");
}

#[tokio::test]
async fn a_file_that_changes_between_its_parts_is_an_error() {
    let fake = Fake::start().await;
    fake.state().part_size = 10;
    let folder = tempfile::tempdir().unwrap();
    let path = song(&folder, &bytes(100));
    let release = Arc::new(Notify::new());
    fake.next("PUT /bucket/1/10", Reply::After(Arc::clone(&release)));
    let uploader = Uploader::new(&client(&fake).await, None);
    let progress = watch::Sender::new(Sent::default());
    let change = async {
        fake.until("all but one part are there", |state| state.stored() == 9)
            .await;
        fs::write(&path, bytes(101)).unwrap();
        release.notify_one();
    };
    let (sent, ()) = tokio::join!(uploader.send(&path, &progress), change);
    assert!(matches!(sent, Err(SendError::Changed)), "{sent:?}");
}

#[tokio::test]
async fn only_regular_files_are_sent() {
    let fake = Fake::start().await;
    let folder = tempfile::tempdir().unwrap();
    let uploader = Uploader::new(&client(&fake).await, None);
    let progress = watch::Sender::new(Sent::default());
    let sent = uploader.send(folder.path(), &progress).await;
    assert!(matches!(sent, Err(SendError::NotAFile)), "{sent:?}");
    let sent = uploader.send(&folder.path().join("nothing.flac"), &progress).await;
    assert!(matches!(sent, Err(SendError::File(_))), "{sent:?}");
    assert_eq!(fake.asked("POST /api/v1/uploads"), [""; 0]);
}

#[tokio::test]
async fn a_transfer_in_which_nothing_moves_is_tried_again() {
    let fake = Fake::start().await;
    let folder = tempfile::tempdir().unwrap();
    fake.next("PUT /bucket/1/0", Reply::Hang);
    let limits = client::Limits {
        silence: Duration::from_millis(100),
        ..crate::support::limits()
    };
    let client = client::Client::with_limits(fake.url(), limits).unwrap();
    fake.state().token = Some(1);
    client.use_token(domain::Secret::new("access-1"));
    let uploader = Uploader::new(&client, None);
    uploader
        .send(&song(&folder, b"fLaC"), &watch::Sender::new(Sent::default()))
        .await
        .unwrap();
    assert_eq!(fake.asked("PUT ").len(), 2);
}
