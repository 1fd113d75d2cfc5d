//! Going on after an interruption.

use std::{fs, path::Path};

use client::{Sent, StateDir, Uploader};
use serde_json::json;
use tempfile::TempDir;
use tokio::sync::watch;

use crate::{
    fake::{Fake, Reply},
    sending::song,
    support::{bytes, client, id},
};

fn states(folder: &TempDir) -> StateDir {
    StateDir::at(folder.path().join("states"))
}

fn saved(folder: &TempDir) -> usize {
    fs::read_dir(folder.path().join("states")).map_or(0, Iterator::count)
}

/// Sends 2 of 5 parts and is then dropped.
async fn interrupted(fake: &Fake, folder: &TempDir, path: &Path) {
    fake.state().part_size = 10_000;
    for part in [1, 3, 5] {
        fake.next(&format!("PUT /bucket/1/{part}"), Reply::Hang);
    }
    let uploader = Uploader::new(&client(fake).await, Some(states(folder)));
    let progress = watch::Sender::new(Sent::default());
    tokio::select! {
        sent = uploader.send(path, &progress) => panic!("{sent:?}"),
        () = fake.until("two parts are there and three on their way", |state| {
            let puts = state.seen.iter().filter(|seen| seen.what.starts_with("PUT "));
            state.stored() == 2 && puts.count() == 5
        }) => {}
    }
    fake.state().seen.clear();
}

#[tokio::test]
async fn what_is_there_is_not_sent_again() {
    let fake = Fake::start().await;
    let folder = tempfile::tempdir().unwrap();
    let content = bytes(45_000);
    let path = song(&folder, &content);
    interrupted(&fake, &folder, &path).await;
    assert_eq!(saved(&folder), 1);

    let uploader = Uploader::new(&client(&fake).await, Some(states(&folder)));
    let (progress, shown) = watch::channel(Sent::default());
    let upload = uploader.send(&path, &progress).await.unwrap();
    assert_eq!(upload.id, id(1));
    let mut sent = fake.asked("PUT ");
    sent.sort();
    assert_eq!(sent, ["PUT /bucket/1/1", "PUT /bucket/1/3", "PUT /bucket/1/5"]);
    assert_eq!(fake.content(1), content);
    assert_eq!(shown.borrow().bytes, 45_000);
    assert_eq!(saved(&folder), 0, "the state goes with the end");
}

#[tokio::test]
async fn a_file_that_changed_meanwhile_begins_anew_and_leaves_nothing_behind() {
    let fake = Fake::start().await;
    let folder = tempfile::tempdir().unwrap();
    let path = song(&folder, &bytes(45_000));
    interrupted(&fake, &folder, &path).await;
    let content = bytes(46_000);
    fs::write(&path, &content).unwrap();

    let uploader = Uploader::new(&client(&fake).await, Some(states(&folder)));
    let upload = uploader
        .send(&path, &watch::Sender::new(Sent::default()))
        .await
        .unwrap();
    assert_eq!(upload.id, id(2));
    assert_eq!(fake.content(2), content);
    assert_eq!(fake.asked("DELETE ").len(), 1);
    assert_eq!(saved(&folder), 0);
}

#[tokio::test]
async fn an_upload_that_is_gone_or_called_off_begins_anew() {
    for fields in [
        json!({ "state": "failed" }),
        json!({ "delete_at": "2026-11-21T12:00:00.000Z" }),
    ] {
        let fake = Fake::start().await;
        let folder = tempfile::tempdir().unwrap();
        let path = song(&folder, &bytes(45_000));
        interrupted(&fake, &folder, &path).await;
        fake.change(1, &fields);
        let uploader = Uploader::new(&client(&fake).await, Some(states(&folder)));
        let upload = uploader
            .send(&path, &watch::Sender::new(Sent::default()))
            .await
            .unwrap();
        assert_eq!(upload.id, id(2), "{fields}");
    }
}

#[tokio::test]
async fn a_sending_whose_end_was_missed_is_not_begun_anew() {
    let fake = Fake::start().await;
    let folder = tempfile::tempdir().unwrap();
    let path = song(&folder, &bytes(45_000));
    interrupted(&fake, &folder, &path).await;
    // As if the answer to `complete` had been lost.
    fake.change(1, &json!({ "state": "processing" }));
    let uploader = Uploader::new(&client(&fake).await, Some(states(&folder)));
    let upload = uploader
        .send(&path, &watch::Sender::new(Sent::default()))
        .await
        .unwrap();
    assert_eq!(upload.id, id(1));
    assert_eq!(fake.asked("PUT "), [""; 0]);
    assert_eq!(saved(&folder), 0);
}

#[tokio::test]
async fn a_whole_file_that_was_interrupted_keeps_its_upload() {
    let fake = Fake::start().await;
    let folder = tempfile::tempdir().unwrap();
    let path = song(&folder, b"fLaC");
    fake.next("PUT /bucket/1/0", Reply::Hang);
    let uploader = Uploader::new(&client(&fake).await, Some(states(&folder)));
    let progress = watch::Sender::new(Sent::default());
    tokio::select! {
        sent = uploader.send(&path, &progress) => panic!("{sent:?}"),
        () = fake.until("it is being sent", |state| state.seen.iter().any(|seen| seen.what.starts_with("PUT "))) => {}
    }
    let upload = uploader.send(&path, &progress).await.unwrap();
    assert_eq!(upload.id, id(1));
    assert_eq!(fake.content(1), b"fLaC");
}

#[tokio::test]
async fn a_state_that_cannot_be_read_is_as_good_as_none() {
    let fake = Fake::start().await;
    let folder = tempfile::tempdir().unwrap();
    let path = song(&folder, &bytes(45_000));
    interrupted(&fake, &folder, &path).await;
    for entry in fs::read_dir(folder.path().join("states")).unwrap() {
        fs::write(entry.unwrap().path(), "dear diary").unwrap();
    }
    let uploader = Uploader::new(&client(&fake).await, Some(states(&folder)));
    let upload = uploader
        .send(&path, &watch::Sender::new(Sent::default()))
        .await
        .unwrap();
    assert_eq!(upload.id, id(2));
}
