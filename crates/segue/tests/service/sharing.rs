//! Several servers on one PostgreSQL.

use std::{collections::HashMap, time::Duration};

use client::{Client, Events, Names, Reservation, Transfer, Upload};
use domain::{Secret, UploadId, UploadState};
use tokio::time::{Instant, timeout_at};

use crate::support::{Database, PASSWORD, Service, send, tone, until, until_state};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_servers_share_the_work() {
    let mut service = Service::start(Database::postgres()).await;
    let other = service.add(&[]).await;
    let file = service.file("drift.wav");
    tone(&file, 20);
    let ann = service.user(0, "ann").await;
    let bob = service.user(other, "bob").await;
    let mut uploads = Vec::new();
    for _ in 0..4 {
        uploads.push((&ann, send(&ann, &file).await));
        uploads.push((&bob, send(&bob, &file).await));
    }
    for (client, id) in uploads {
        until_state(client, id, UploadState::Ready).await;
    }
    let said = service.said();
    let finishes = said.matches("finished=Published").count();
    assert_eq!(finishes, 8, "each once\n{said}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_listens_at_one_server_hears_what_happens_at_another() {
    let mut service = Service::start(Database::postgres()).await;
    let other = service.add(&[]).await;
    let file = service.file("drift.wav");
    tone(&file, 6);
    let ann = service.user(0, "ann").await;

    // What is unfinished is told at once: from here on, all of them listen.
    let id = ann.reserve("never-sent.wav", 1_000).await.unwrap().upload.id;
    let mut tabs = Tabs::open(&service.url(other), "ann@example.org").await;
    tabs.hear("uploading", id, |upload| upload.state == UploadState::Uploading)
        .await;
    ann.cancel(id).await.unwrap();
    tabs.hear("cancelled", id, |upload| failure(upload) == Some("cancelled"))
        .await;

    // From the reservation to what can be played.
    let bytes = std::fs::read(&file).unwrap();
    let reserved = ann.reserve("drift.wav", bytes.len() as u64).await.unwrap();
    let id = reserved.upload.id;
    tabs.hear("uploading", id, |upload| upload.state == UploadState::Uploading)
        .await;
    put(&reserved, bytes).await;
    ann.complete(id).await.unwrap();
    tabs.hear("queued or further", id, |upload| upload.state != UploadState::Uploading)
        .await;
    until_state(&ann, id, UploadState::Ready).await;
    tabs.hear("ready", id, |upload| {
        upload.state == UploadState::Ready && upload.playable
    })
    .await;

    // What its owner does with it.
    let names = Names {
        title: Some("Under another name".into()),
        ..Names::default()
    };
    let renamed = ann.rename(id, &names).await.unwrap().title;
    tabs.hear("renamed", id, |upload| upload.title == renamed).await;
    let delete_at = ann.delete(id).await.unwrap();
    tabs.hear("hidden", id, |upload| upload.delete_at.as_ref() == Some(&delete_at))
        .await;
    ann.restore(id).await.unwrap();
    tabs.hear("restored", id, |upload| upload.delete_at.is_none()).await;

    // What cannot be packaged, however often.
    let file = service.file("not-music.mp3");
    std::fs::write(&file, "all work and no play ".repeat(5_000)).unwrap();
    let id = send(&ann, &file).await;
    tabs.hear("queued or further", id, |upload| upload.state != UploadState::Uploading)
        .await;
    let failed = until_state(&ann, id, UploadState::Failed).await;
    tabs.hear("failed", id, |upload| failure(upload) == failure(&failed))
        .await;
    // The retry may be over within a second. Whoever looks then sees how it ended.
    let retried = ann.retry(id).await.unwrap();
    tabs.hear("retried", id, |upload| upload.updated_at >= retried.updated_at)
        .await;
    let failed_again = |upload: &Upload| upload.state == UploadState::Failed && upload.updated_at >= retried.updated_at;
    until(&ann, id, "failed again", failed_again).await;
    tabs.hear("failed again", id, failed_again).await;
}

/// How soon a change at one server is heard at another.
const SOON: Duration = Duration::from_secs(2);

/// A user's event streams, as many tabs of a browser have them.
struct Tabs(Vec<Tab>);

/// One of them, and what it shows.
struct Tab {
    events: Events,
    uploads: HashMap<UploadId, Upload>,
}

impl Tabs {
    async fn open(url: &str, email: &str) -> Self {
        let client = Client::new(url).unwrap();
        client.login(email, &Secret::new(PASSWORD)).await.unwrap();
        let tab = |_| Tab {
            events: client.events(),
            uploads: HashMap::new(),
        };
        Self((0..8).map(tab).collect())
    }

    /// Something has just changed: every one of them shows it in time. A row is told whole, so what was overtaken by the
    /// next change may never show.
    async fn hear(&mut self, what: &str, id: UploadId, is: impl Fn(&Upload) -> bool) {
        let deadline = Instant::now() + SOON;
        for (number, tab) in self.0.iter_mut().enumerate() {
            let heard = timeout_at(deadline, tab.hear(id, &is)).await;
            let shown = tab.uploads.get(&id);
            assert!(heard.is_ok(), "tab {number} does not show it as {what}: {shown:?}");
        }
    }
}

impl Tab {
    async fn hear(&mut self, id: UploadId, is: impl Fn(&Upload) -> bool) {
        while !self.uploads.get(&id).is_some_and(&is) {
            let upload = self.events.next().await.unwrap();
            self.uploads.insert(upload.id, upload);
        }
    }
}

fn failure(upload: &Upload) -> Option<&str> {
    upload.failure.as_ref().map(|failure| &*failure.code)
}

/// Sends a small file to where its reservation says.
async fn put(reserved: &Reservation, bytes: Vec<u8>) {
    let Transfer::Single { put } = &reserved.transfer else {
        panic!("it is sent in parts");
    };
    let mut request = reqwest::Client::new().put(put.url.reveal()).body(bytes);
    for (name, value) in &put.headers {
        request = request.header(name, value);
    }
    let answer = request.send().await.unwrap();
    assert!(answer.status().is_success(), "{}", answer.status());
}
