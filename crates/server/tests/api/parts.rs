//! Files that come in parts, and URLs for what is still missing.

use std::time::Duration;

use domain::Timestamp;
use reqwest::Method;
use serde_json::json;

use crate::{people::id_of, support::Server};

const MIB: usize = 1 << 20;

#[tokio::test]
async fn an_interrupted_transfer_goes_on_where_it_was() {
    let server = Server::start().await;
    let ann = server.person("ann@example.org").await;
    let reserved = ann.reserve("concert.wav", 17 * MIB).await.ok();
    let expected = json!({"kind": "multipart", "part_size": 8 * MIB, "parts": 3});
    assert_eq!(reserved["transfer"], expected);
    let id = id_of(&reserved["upload"]);
    ann.complete(id).await.is(409, "parts_missing");

    let answer = ann.parts(id, &[3, 1]).await.ok();
    assert_eq!(answer["put"], json!(null));
    assert_eq!(answer["uploaded"], json!([]));
    let parts = answer["parts"].as_array().unwrap();
    assert_eq!((&parts[0]["number"], &parts[0]["length"]), (&json!(3), &json!(MIB)));
    assert_eq!((&parts[1]["number"], &parts[1]["length"]), (&json!(1), &json!(8 * MIB)));
    assert_eq!(
        ann.send(&parts[0]["put"], vec![3; MIB + 1]).await,
        403,
        "of another length"
    );
    assert_eq!(ann.send(&parts[0]["put"], vec![3; MIB]).await, 200);
    assert_eq!(ann.send(&parts[1]["put"], vec![1; 8 * MIB]).await, 200);
    // Said too early. What was sent stays.
    let early = ann.complete(id).await;
    early.is(409, "parts_missing");
    assert!(early.detail().contains("2 of 3"), "{}", early.detail());

    // The browser comes back and asks what is there.
    let answer = ann.parts(id, &[]).await.ok();
    let there = json!([{"number": 1, "size": 8 * MIB}, {"number": 3, "size": MIB}]);
    assert_eq!((&answer["uploaded"], &answer["parts"]), (&there, &json!([])));
    let answer = ann.parts(id, &[2]).await.ok();
    assert_eq!(ann.send(&answer["parts"][0]["put"], vec![2; 8 * MIB]).await, 200);

    assert_eq!(ann.complete(id).await.ok()["state"], "queued");
    assert_eq!(ann.complete(id).await.ok()["state"], "queued");
    ann.parts(id, &[]).await.is(409, "wrong_state");
    let head = server
        .app
        .bucket
        .head(&ann.source_key(id, "wav"))
        .await
        .unwrap()
        .unwrap();
    assert_eq!(head.size, 17 << 20);
    assert_eq!(ann.row(id).await.etag, Some(head.etag));
}

#[tokio::test]
async fn only_parts_that_there_are_can_be_asked_for() {
    let server = Server::start().await;
    let ann = server.person("ann@example.org").await;
    let large = id_of(&ann.reserve("concert.wav", 17 * MIB).await.ok()["upload"]);
    let small = id_of(&ann.reserve("song.mp3", 5).await.ok()["upload"]);
    let many: Vec<u16> = vec![1; 101];
    for (id, numbers) in [
        (large, &[0][..]),
        (large, &[4]),
        (large, &[1, 65_535]),
        (large, &many),
        (small, &[1]),
    ] {
        ann.parts(id, numbers).await.is(400, "bad_request");
    }
    for bad in [
        json!({}),
        json!({"numbers": 1}),
        json!({"numbers": [-1]}),
        json!({"numbers": [70_000]}),
    ] {
        let answer = ann
            .ask(Method::POST, &format!("/uploads/{large}/parts"), Some(bad))
            .await;
        answer.is(400, "bad_request");
    }
    ann.post(&format!("/uploads/{large}/parts"))
        .await
        .is(415, "unsupported_media_type");
}

#[tokio::test]
async fn the_row_knows_until_when_the_urls_work() {
    let server = Server::start().await;
    let ann = server.person("ann@example.org").await;
    let quarter = Duration::from_mins(15);
    let before = server.app.clock.now();
    let small = id_of(&ann.reserve("song.mp3", 5).await.ok()["upload"]);
    let large = id_of(&ann.reserve("concert.wav", 17 * MIB).await.ok()["upload"]);
    let until = async |id| ann.row(id).await.source_urls_until;
    let in_a_quarter = |at: Timestamp| at >= before + quarter && at <= server.app.clock.now() + quarter;
    assert!(in_a_quarter(until(small).await));
    // Of a file in parts none was given out yet.
    assert!(until(large).await <= server.app.clock.now());
    ann.parts(large, &[]).await.ok();
    assert!(until(large).await <= server.app.clock.now());
    ann.parts(large, &[1]).await.ok();
    assert!(in_a_quarter(until(large).await));
}
