//! From a file in the bucket to a queued job, whoever says that it is there.

use std::{sync::Arc, time::Duration};

use domain::{UploadId, UploadState};
use objects::{Audience, ObjectError, Signing};
use server::{Clock, Sweeper, sweep_once};
use tokio_util::sync::CancellationToken;

use crate::{
    people::{Person, id_of},
    support::Server,
};

const MIB: usize = 1 << 20;

/// A server whose clock stands still, at the time of this machine.
async fn standing_still() -> Server {
    Server::start_with(Clock::fixed(Clock::default().now()), |_| {}).await
}

fn later(server: &Server, by: Duration) {
    server.app.clock.set(server.app.clock.now() + by);
}

async fn jobs(server: &Server) -> u64 {
    let stats = server.app.store.queue_stats(server.app.clock.now()).await;
    stats.unwrap().queued
}

/// A file of 17 MiB whose three parts are in the bucket.
async fn sent_in_parts(ann: &Person<'_>) -> UploadId {
    let id = id_of(&ann.reserve("concert.wav", 17 * MIB).await.ok()["upload"]);
    let answer = ann.parts(id, &[1, 2, 3]).await.ok();
    for part in answer["parts"].as_array().unwrap() {
        let length = usize::try_from(part["length"].as_u64().unwrap()).unwrap();
        assert_eq!(ann.send(&part["put"], vec![7; length]).await, 200);
    }
    id
}

/// Sends a part of a length that nobody would have signed for.
async fn send_part(ann: &Person<'_>, id: UploadId, number: u16, bytes: Vec<u8>) {
    let app = &ann.server.app;
    let multipart = ann.row(id).await.multipart.unwrap();
    let signing = Signing {
        audience: Audience::Workers,
        from: app.clock.now(),
        lifetime: Duration::from_mins(15),
    };
    let key = ann.source_key(id, "wav");
    let length = bytes.len() as u64;
    let put = app
        .bucket
        .presign_part(&key, &multipart.id, number, length, signing)
        .await
        .unwrap();
    let answer = ann.server.http.put(put.url).body(bytes).send().await.unwrap();
    assert_eq!(answer.status(), 200);
}

async fn has_no_parts(ann: &Person<'_>, id: UploadId) -> bool {
    let multipart = ann.row(id).await.multipart.unwrap();
    let key = ann.source_key(id, "wav");
    let parts = ann.server.app.bucket.list_parts(&key, &multipart.id).await;
    parts == Err(ObjectError::NoSuchUpload)
}

#[tokio::test]
async fn nothing_changes_while_nothing_is_there() {
    let server = Server::start().await;
    let ann = server.person("ann@example.org").await;
    let reserved = ann.reserve("song.mp3", 5).await.ok();
    let id = id_of(&reserved["upload"]);
    let before = ann.row(id).await;
    ann.complete(id).await.is(409, "source_missing");
    assert_eq!(ann.row(id).await, before);
    assert_eq!(ann.send(&reserved["transfer"]["put"], b"hello".to_vec()).await, 200);
    assert_eq!(ann.complete(id).await.ok()["state"], "queued");
    assert_eq!(jobs(&server).await, 1);
}

#[tokio::test]
async fn an_object_of_another_size_fails_the_upload() {
    let server = Server::start().await;
    let ann = server.person("ann@example.org").await;
    let id = id_of(&ann.reserve("song.mp3", 5).await.ok()["upload"]);
    let key = ann.source_key(id, "mp3");
    let put = server
        .app
        .bucket
        .put_small(&key, "hello, you".into(), "audio/mpeg", None);
    put.await.unwrap();
    ann.complete(id).await.is(409, "size_mismatch");
    ann.complete(id).await.is(409, "size_mismatch");
    let upload = ann.get(&format!("/uploads/{id}")).await.ok();
    assert_eq!(
        (&upload["state"], &upload["failure"]["code"]),
        (&"failed".into(), &"size_mismatch".into())
    );
    ann.post(&format!("/uploads/{id}/retry")).await.is(409, "source_gone");
    ann.parts(id, &[]).await.is(409, "wrong_state");
    assert_eq!(jobs(&server).await, 0);
}

#[tokio::test]
async fn a_part_of_another_size_fails_the_upload_and_drops_the_parts() {
    let server = Server::start().await;
    let ann = server.person("ann@example.org").await;
    for (number, size) in [(2, 8 * MIB - 1), (3, MIB + 1), (4, 1)] {
        let id = id_of(&ann.reserve("concert.wav", 17 * MIB).await.ok()["upload"]);
        send_part(&ann, id, number, vec![7; size]).await;
        ann.complete(id).await.is(409, "size_mismatch");
        assert!(has_no_parts(&ann, id).await);
        ann.complete(id).await.is(409, "size_mismatch");
    }
}

#[tokio::test]
async fn all_who_complete_at_once_are_told_the_same_and_one_job_is_queued() {
    let server = standing_still().await;
    let ann = server.person("ann@example.org").await;
    let ids = [ann.sent("song.mp3", b"hello").await, sent_in_parts(&ann).await];
    later(&server, Duration::from_mins(18));
    for (index, id) in ids.into_iter().enumerate() {
        let (one, two, three, swept) = tokio::join!(
            ann.complete(id),
            ann.complete(id),
            ann.complete(id),
            sweep_once(&server.app)
        );
        swept.unwrap();
        let upload = ann.get(&format!("/uploads/{id}")).await.ok();
        assert_eq!(upload["state"], "queued");
        for answer in [one, two, three] {
            assert_eq!(answer.ok(), upload);
        }
        // The first round's sweep may have settled the other as well.
        let settled = jobs(&server).await;
        assert!(settled == index as u64 + 1 || settled == 2, "{settled}");
    }
    assert_eq!(jobs(&server).await, 2);
}

#[tokio::test]
async fn a_source_that_is_replaced_later_does_not_pass_for_the_one_that_was_settled() {
    let server = Server::start().await;
    let ann = server.person("ann@example.org").await;
    let id = ann.sent("song.mp3", b"hello").await;
    ann.complete(id).await.ok();
    let settled = ann.row(id).await;
    let key = ann.source_key(id, "mp3");
    let put = server.app.bucket.put_small(&key, "other".into(), "audio/mpeg", None);
    let other = put.await.unwrap();
    ann.complete(id).await.ok();
    sweep_once(&server.app).await.unwrap();
    let row = ann.row(id).await;
    assert_eq!(row, settled);
    assert_ne!(row.etag, Some(other));
}

#[tokio::test]
async fn parts_that_were_put_together_before_a_crash_are_settled() {
    let server = Server::start().await;
    let ann = server.person("ann@example.org").await;
    let id = sent_in_parts(&ann).await;
    let (key, multipart) = (ann.source_key(id, "wav"), ann.row(id).await.multipart.unwrap());
    let bucket = &server.app.bucket;
    let parts = bucket.list_parts(&key, &multipart.id).await.unwrap();
    let parts: Vec<_> = parts.into_iter().map(|part| (part.number, part.etag)).collect();
    bucket.complete_multipart(&key, &multipart.id, &parts).await.unwrap();
    // The browser, which knows nothing of it, is sent on.
    ann.parts(id, &[1]).await.is(409, "wrong_state");
    assert_eq!(ann.complete(id).await.ok()["state"], "queued");
}

#[tokio::test]
async fn what_was_called_off_is_not_settled() {
    let server = standing_still().await;
    let ann = server.person("ann@example.org").await;
    let (small, large) = (ann.sent("song.mp3", b"hello").await, sent_in_parts(&ann).await);
    for id in [small, large] {
        let upload = ann.post(&format!("/uploads/{id}/cancel")).await.ok();
        assert_eq!(
            (&upload["state"], &upload["failure"]["code"]),
            (&"failed".into(), &"cancelled".into())
        );
        ann.complete(id).await.is(409, "wrong_state");
        ann.post(&format!("/uploads/{id}/cancel")).await.is(409, "wrong_state");
    }
    assert!(has_no_parts(&ann, large).await);
    later(&server, Duration::from_hours(1));
    sweep_once(&server.app).await.unwrap();
    assert_eq!(jobs(&server).await, 0);
}

#[tokio::test]
async fn what_its_browser_forgot_is_settled_two_minutes_after_its_last_url() {
    let server = standing_still().await;
    let ann = server.person("ann@example.org").await;
    let (small, large) = (ann.sent("song.mp3", b"hello").await, sent_in_parts(&ann).await);
    let half = id_of(&ann.reserve("half.wav", 17 * MIB).await.ok()["upload"]);
    send_part(&ann, half, 1, vec![7; 8 * MIB]).await;
    let deleted = ann.sent("deleted.mp3", b"hello").await;
    let state = async |id| ann.row(id).await.state;

    later(&server, Duration::from_mins(16));
    sweep_once(&server.app).await.unwrap();
    assert_eq!(
        (state(small).await, state(large).await),
        (UploadState::Uploading, UploadState::Uploading)
    );

    later(&server, Duration::from_mins(2));
    let path = format!("/uploads/{deleted}");
    ann.ask(reqwest::Method::DELETE, &path, None).await.ok();
    sweep_once(&server.app).await.unwrap();
    assert_eq!(
        (state(small).await, state(large).await),
        (UploadState::Queued, UploadState::Queued)
    );
    // Neither what is not whole nor what is on its way out.
    assert_eq!(state(half).await, UploadState::Uploading);
    assert_eq!(jobs(&server).await, 2);
}

#[tokio::test]
async fn what_never_came_is_abandoned_after_a_day() {
    let server = standing_still().await;
    let ann = server.person("ann@example.org").await;
    let small = id_of(&ann.reserve("song.mp3", 5).await.ok()["upload"]);
    let large = id_of(&ann.reserve("concert.wav", 17 * MIB).await.ok()["upload"]);
    send_part(&ann, large, 1, vec![7; 8 * MIB]).await;
    // It is whole, but nobody said so until now.
    let whole = ann.sent("whole.mp3", b"hello").await;
    later(&server, Duration::from_mins(24 * 60 - 1));
    sweep_once(&server.app).await.unwrap();
    for id in [small, large] {
        assert_eq!(ann.row(id).await.state, UploadState::Uploading);
    }
    later(&server, Duration::from_mins(17));
    sweep_once(&server.app).await.unwrap();
    for id in [small, large] {
        let row = ann.row(id).await;
        assert_eq!(
            (row.state, &*row.failure.unwrap().code),
            (UploadState::Failed, "abandoned")
        );
        ann.complete(id).await.is(409, "wrong_state");
    }
    assert!(has_no_parts(&ann, large).await);
    assert_eq!(ann.row(whole).await.state, UploadState::Queued);
}

#[tokio::test]
async fn the_sweeper_begins_at_once_and_stops_when_told() {
    let server = standing_still().await;
    let ann = server.person("ann@example.org").await;
    let id = ann.sent("song.mp3", b"hello").await;
    later(&server, Duration::from_mins(18));
    let stop = CancellationToken::new();
    let sweeper = tokio::spawn(Sweeper::run(Arc::clone(&server.app), stop.clone()));
    let settled = async {
        while ann.row(id).await.state != UploadState::Queued {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(30), settled).await.unwrap();
    stop.cancel();
    tokio::time::timeout(Duration::from_secs(30), sweeper)
        .await
        .unwrap()
        .unwrap();
}
