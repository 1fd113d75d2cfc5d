//! From a reservation to a file in the bucket.

use domain::UploadId;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use server::random_array;
use store::NewUpload;

use crate::{
    people::{Person, id_of},
    support::Server,
};

async fn reserve(person: &Person<'_>, body: Value) -> crate::people::Answer {
    person.ask(Method::POST, "/uploads", Some(body)).await
}

#[tokio::test]
async fn a_small_file_goes_in_one_request() {
    let server = Server::start().await;
    let ann = server.person("ann@example.org").await;
    let answer = ann.reserve("Jóga.MP3", 5).await;
    assert_eq!(answer.status, StatusCode::CREATED);
    let reserved = answer.ok();
    let (upload, transfer) = (&reserved["upload"], &reserved["transfer"]);
    assert_eq!(upload["state"], "uploading");
    assert_eq!(
        (&upload["filename"], &upload["source_type"]),
        (&json!("Jóga.MP3"), &json!("mp3"))
    );
    assert_eq!(upload["playable"], false);
    assert_eq!(transfer["kind"], "single");
    assert_eq!(transfer["put"]["method"], "PUT");
    assert_eq!(transfer["put"]["headers"], json!({"content-type": "audio/mpeg"}));

    let id = id_of(upload);
    assert_eq!(ann.send(&transfer["put"], b"hello".to_vec()).await, 200);
    let completed = ann.complete(id).await.ok();
    assert_eq!(completed["state"], "queued");
    assert_eq!(ann.complete(id).await.ok(), completed);
    let head = server
        .app
        .bucket
        .head(&ann.source_key(id, "mp3"))
        .await
        .unwrap()
        .unwrap();
    assert_eq!(ann.row(id).await.etag, Some(head.etag));
    assert_eq!(head.content_type.as_deref(), Some("audio/mpeg"));
}

#[tokio::test]
async fn a_request_whose_answer_was_lost_can_be_sent_again() {
    let server = Server::start().await;
    let ann = server.person("ann@example.org").await;
    let reserved = ann.reserve("song.mp3", 5).await.ok();
    let put = &reserved["transfer"]["put"];
    assert_eq!(ann.send(put, b"hello".to_vec()).await, 200);
    assert_eq!(ann.send(put, b"hello".to_vec()).await, 200);
    // And for an interruption that outlasts the URL there is another one.
    let id = id_of(&reserved["upload"]);
    let more = ann.parts(id, &[]).await.ok();
    assert_eq!((&more["parts"], &more["uploaded"]), (&json!([]), &json!([])));
    assert_eq!(ann.send(&more["put"], b"hello".to_vec()).await, 200);
    ann.complete(id).await.ok();
}

#[tokio::test]
async fn the_bucket_takes_nothing_but_what_was_announced() {
    let server = Server::start().await;
    let ann = server.person("ann@example.org").await;
    let reserved = ann.reserve("song.mp3", 5).await.ok();
    let mut put = reserved["transfer"]["put"].clone();
    assert_eq!(ann.send(&put, b"hello, you".to_vec()).await, 403);
    put["headers"]["content-type"] = json!("text/html");
    assert_eq!(ann.send(&put, b"hello".to_vec()).await, 403);
    ann.complete(id_of(&reserved["upload"])).await.is(409, "source_missing");
}

#[tokio::test]
async fn a_filename_is_a_plain_one() {
    let server = Server::start().await;
    let ann = server.person("ann@example.org").await;
    let long = format!("{}.mp3", "ä".repeat(252));
    for bad in [
        "",
        "a/b.mp3",
        "../b.mp3",
        "a\\b.mp3",
        "a\0b.mp3",
        "a\nb.mp3",
        "a\u{85}b.mp3",
        "a\u{7f}.mp3",
        &long,
    ] {
        reserve(&ann, json!({"filename": bad, "size": 5}))
            .await
            .is(400, "bad_filename");
    }
    for bad in ["song", "song.exe", "song.", "song.mp3 ", "playlist.m3u8", "mp3"] {
        let answer = reserve(&ann, json!({"filename": bad, "size": 5})).await;
        answer.is(400, "unsupported_type");
        assert!(answer.detail().contains("flac"), "{}", answer.detail());
    }
    let longest = format!("{}.mp3", "ä".repeat(251));
    let reserved = ann.reserve(&longest, 5).await.ok();
    assert_eq!(reserved["upload"]["filename"], longest);
}

#[tokio::test]
async fn a_size_is_within_limits() {
    let server = Server::start_with(server::Clock::default(), |settings| {
        settings.max_upload_bytes = 1_500 << 20;
    })
    .await;
    let ann = server.person("ann@example.org").await;
    for bad in [json!(0), json!(-1), json!(i64::MIN)] {
        reserve(&ann, json!({"filename": "a.mp3", "size": bad}))
            .await
            .is(400, "bad_size");
    }
    for bad in [json!(1.5), json!("5"), json!(null), json!(1e30), json!(u64::MAX)] {
        reserve(&ann, json!({"filename": "a.mp3", "size": bad}))
            .await
            .is(400, "bad_request");
    }
    let answer = ann.reserve("a.mp3", (1_500 << 20) + 1).await;
    answer.is(413, "too_large");
    assert!(answer.detail().contains("1.4 GiB"), "{}", answer.detail());
    ann.reserve("a.mp3", 1_500 << 20).await.ok();
    ann.reserve("a.mp3", usize::try_from(i64::MAX).unwrap())
        .await
        .is(413, "too_large");
}

#[tokio::test]
async fn what_is_no_reservation_is_refused() {
    let server = Server::start().await;
    let ann = server.person("ann@example.org").await;
    for bad in [
        json!({}),
        json!({"filename": "a.mp3"}),
        json!({"size": 5}),
        json!({"filename": 5, "size": 5}),
        json!([]),
        json!(null),
    ] {
        reserve(&ann, bad).await.is(400, "bad_request");
    }
    let long = "x".repeat(70_000);
    reserve(&ann, json!({"filename": long, "size": 5}))
        .await
        .is(413, "body_too_large");
    ann.post("/uploads").await.is(415, "unsupported_media_type");
    ann.ask(Method::PUT, "/uploads", None)
        .await
        .is(405, "method_not_allowed");
    assert_eq!(ann.get("/uploads").await.ok()["uploads"], json!([]));
}

#[tokio::test]
async fn the_server_picks_the_key_whatever_the_browser_says() {
    let server = Server::start().await;
    let (ann, bob) = (
        server.person("ann@example.org").await,
        server.person("bob@example.org").await,
    );
    let of_bob = bob.sent("bob.mp3", b"bob's").await;
    let key = bob.source_key(of_bob, "mp3");
    let body = json!({"filename": "a.mp3", "size": 5, "key": key, "id": of_bob, "user": bob.id, "etag": "x"});
    let reserved = reserve(&ann, body).await.ok();
    let id = id_of(&reserved["upload"]);
    assert_ne!(id, of_bob);
    assert!(
        reserved["transfer"]["put"]["url"]
            .as_str()
            .unwrap()
            .contains(&ann.source_key(id, "mp3"))
    );

    // Nothing is there, whatever else is named.
    let body = json!({"key": key, "etag": "\"x\"", "size": 5, "upload_id": of_bob});
    let path = format!("/uploads/{id}/complete");
    ann.ask(Method::POST, &path, Some(body.clone()))
        .await
        .is(409, "source_missing");
    assert_eq!(ann.send(&reserved["transfer"]["put"], b"ann's".to_vec()).await, 200);
    ann.ask(Method::POST, &path, Some(body)).await.ok();
    let head = server
        .app
        .bucket
        .head(&ann.source_key(id, "mp3"))
        .await
        .unwrap()
        .unwrap();
    assert_eq!(ann.row(id).await.etag, Some(head.etag));
    assert_eq!(bob.row(of_bob).await.etag, None);
}

#[tokio::test]
async fn another_users_upload_is_one_that_never_was() {
    let server = Server::start().await;
    let (ann, bob) = (
        server.person("ann@example.org").await,
        server.person("bob@example.org").await,
    );
    let (ready, _) = bob.ready("ready.mp3").await;
    let sent = bob.sent("sent.mp3", b"hello").await;
    let ids = [
        ready.to_string(),
        sent.to_string(),
        "0192f0c1-7d3a-7cc2-8a54-3f2b5d6e7f80".into(),
        ready.to_string().to_uppercase(),
        "nonsense".into(),
        "%00".into(),
        "..%2F..".into(),
    ];
    for id in ids {
        ann.get(&format!("/uploads/{id}")).await.is(404, "not_found");
        for action in ["complete", "restore", "retry", "cancel", "playback"] {
            ann.post(&format!("/uploads/{id}/{action}")).await.is(404, "not_found");
        }
        let parts = Some(json!({"numbers": []}));
        ann.ask(Method::POST, &format!("/uploads/{id}/parts"), parts)
            .await
            .is(404, "not_found");
        let names = Some(json!({"title": "mine"}));
        ann.ask(Method::PATCH, &format!("/uploads/{id}"), names)
            .await
            .is(404, "not_found");
        ann.ask(Method::DELETE, &format!("/uploads/{id}"), None)
            .await
            .is(404, "not_found");
    }
    assert_eq!(ann.get("/uploads").await.ok()["uploads"], json!([]));
    let row = bob.row(ready).await;
    assert_eq!((row.title, row.delete_at, row.published.is_some()), (None, None, true));
    assert_eq!(bob.row(sent).await.state, domain::UploadState::Uploading);
}

#[tokio::test]
async fn without_a_token_nothing_is_done() {
    let server = Server::start().await;
    let ann = server.person("ann@example.org").await;
    let id = ann.sent("song.mp3", b"hello").await;
    let http = &server.http;
    let of_upload = format!("/api/v1/uploads/{id}");
    for (method, path) in [
        (Method::GET, "/api/v1/uploads".to_owned()),
        (Method::POST, "/api/v1/uploads".into()),
        (Method::PATCH, of_upload.clone()),
        (Method::DELETE, of_upload.clone()),
        (Method::POST, format!("{of_upload}/parts")),
        (Method::POST, format!("{of_upload}/complete")),
        (Method::POST, format!("{of_upload}/restore")),
        (Method::POST, format!("{of_upload}/retry")),
        (Method::POST, format!("{of_upload}/cancel")),
        (Method::POST, format!("{of_upload}/playback")),
    ] {
        let answer = http.request(method, server.url(&path)).send().await.unwrap();
        assert_eq!(answer.status(), 401, "{path}");
    }
}

#[tokio::test]
async fn a_user_has_at_most_a_hundred_transfers_under_way() {
    let server = Server::start().await;
    let (ann, bob) = (
        server.person("ann@example.org").await,
        server.person("bob@example.org").await,
    );
    let now = server.app.clock.now();
    for _ in 0..99 {
        let upload = NewUpload {
            id: UploadId::new(now, random_array()),
            user: ann.id,
            filename: "song.mp3".into(),
            source_type: "mp3".parse().unwrap(),
            size: 5,
            urls_until: now,
        };
        server.app.store.reserve(now, upload, 100).await.unwrap();
    }
    let last = id_of(&ann.reserve("song.mp3", 5).await.ok()["upload"]);
    let answer = ann.reserve("song.mp3", 5).await;
    answer.is(409, "too_many_uploads");
    assert!(answer.detail().contains("100"), "{}", answer.detail());
    bob.reserve("song.mp3", 5).await.ok();
    ann.post(&format!("/uploads/{last}/cancel")).await.ok();
    ann.reserve("song.mp3", 5).await.ok();
}
