//! Calls, their answers, and what is repeated.

use std::time::Duration;

use client::{Client, ClientError, Limits, List, Names, Sort};
use serde_json::json;

use crate::{
    fake::{Fake, Reply},
    support::{client, id, limits},
};

fn answer(status: u16, headers: Vec<(&'static str, &'static str)>) -> Reply {
    Reply::Answer(status, headers, json!({ "not": "a problem" }))
}

#[tokio::test]
async fn the_library_is_listed_and_changed() {
    let fake = Fake::start().await;
    let client = client(&fake).await;
    fake.add_upload("song.flac", 7);
    let page = client
        .list(&List::all().search("so ng").sort(Sort::Title).limit(9))
        .await
        .unwrap();
    assert_eq!((page.uploads[0].id, page.next_cursor.as_deref()), (id(1), Some("more")));
    assert_eq!(fake.seen("GET /api/v1/uploads")[0].query, "q=so+ng&sort=title&limit=9");

    let names = Names {
        title: Some("Song".into()),
        ..Names::default()
    };
    assert_eq!(
        client.rename(id(1), &names).await.unwrap().title.as_deref(),
        Some("Song")
    );
    assert_eq!(client.delete(id(1)).await.unwrap(), "2026-11-21T12:00:10.000Z");
    for upload in [
        client.restore(id(1)).await,
        client.retry(id(1)).await,
        client.cancel(id(1)).await,
    ] {
        assert_eq!(upload.unwrap().id, id(1));
    }
    let playback = client.playback(id(1)).await.unwrap();
    assert_eq!(
        playback.url,
        format!("{}/api/v1/play/token-of-01/master.m3u8", fake.url())
    );
}

#[tokio::test]
async fn a_problem_says_its_code_its_detail_and_the_requests_id() {
    let fake = Fake::start().await;
    let client = client(&fake).await;
    let error = client.upload(id(9)).await.unwrap_err();
    let ClientError::Problem(problem) = &error else {
        panic!("{error:?}");
    };
    assert_eq!((problem.status, problem.code.as_str()), (404, "not_found"));
    assert_eq!(error.to_string(), "there is no such upload");
    assert_eq!(problem.request_id.as_deref(), Some("request-1"));
}

#[tokio::test]
async fn what_only_reads_is_repeated_after_an_error_of_the_servers() {
    let fake = Fake::start().await;
    let client = client(&fake).await;
    for status in [500, 503] {
        fake.next("GET /api/v1/me", answer(status, vec![]));
    }
    client.me().await.unwrap();
    assert_eq!(fake.asked("GET /api/v1/me").len(), 3);
}

#[tokio::test]
async fn what_would_be_done_twice_is_not_repeated_unless_the_server_did_nothing() {
    let fake = Fake::start().await;
    let client = client(&fake).await;
    fake.next(
        "POST /api/v1/uploads",
        Fake::problem(500, "internal", "something went wrong"),
    );
    assert_eq!(client.reserve("a.flac", 5).await.unwrap_err().code(), Some("internal"));
    assert_eq!(fake.asked("POST /api/v1/uploads").len(), 1);

    fake.next("POST /api/v1/uploads", Fake::problem(429, "too_many_requests", "later"));
    client.reserve("a.flac", 5).await.unwrap();
    assert_eq!(fake.asked("POST /api/v1/uploads").len(), 3);
}

#[tokio::test]
async fn tries_come_to_an_end() {
    let fake = Fake::start().await;
    let client = client(&fake).await;
    for _ in 0..9 {
        fake.next("GET /api/v1/me", answer(502, vec![]));
    }
    assert!(matches!(client.me().await, Err(ClientError::Unreachable(_))));
    assert_eq!(fake.asked("GET /api/v1/me").len(), 4);
}

#[tokio::test]
async fn a_pause_that_the_server_asks_for_is_made() {
    let fake = Fake::start().await;
    let client = client(&fake).await;
    fake.next("GET /api/v1/me", answer(429, vec![("retry-after", "1")]));
    client.me().await.unwrap();
    let seen = fake.seen("GET /api/v1/me");
    assert!(seen[1].at - seen[0].at >= Duration::from_secs(1));
}

#[tokio::test]
async fn a_pause_that_is_too_long_is_an_error_at_once() {
    let fake = Fake::start().await;
    let client = client(&fake).await;
    let problem = Fake::problem(429, "too_many_requests", "come back tomorrow");
    let Reply::Answer(status, _, body) = problem else {
        unreachable!()
    };
    fake.next(
        "GET /api/v1/me",
        Reply::Answer(status, vec![("retry-after", "86400")], body),
    );
    assert_eq!(client.me().await.unwrap_err().to_string(), "come back tomorrow");
}

#[tokio::test]
async fn a_call_without_an_answer_ends_at_its_deadline() {
    let fake = Fake::start().await;
    let limits = Limits {
        tries: 2,
        call: Duration::from_millis(50),
        ..limits()
    };
    let client = Client::with_limits(fake.url(), limits).unwrap();
    for _ in 0..2 {
        fake.next("GET /api/v1/me", Reply::Hang);
    }
    assert!(matches!(client.me().await, Err(ClientError::Unreachable(_))));
}

#[tokio::test]
async fn a_server_that_is_not_there_is_unreachable_and_no_url_is_shown() {
    // Nobody listens on port 1.
    let client = Client::with_limits("http://127.0.0.1:1", limits()).unwrap();
    let error = client.list(&List::all().search("hunter2")).await.unwrap_err();
    assert!(matches!(error, ClientError::Unreachable(_)), "{error:?}");
    assert!(!error.to_string().contains("hunter2"), "{error}");
}

#[tokio::test]
async fn an_answer_that_is_none_of_the_apis_is_unexpected() {
    let fake = Fake::start().await;
    let client = client(&fake).await;
    fake.next("GET /api/v1/me", answer(200, vec![]));
    assert!(matches!(client.me().await, Err(ClientError::Unexpected(_))));
    fake.next("GET /api/v1/me", answer(302, vec![("location", "http://127.0.0.1:1/")]));
    assert!(
        matches!(client.me().await, Err(ClientError::Unexpected(_))),
        "redirects are not followed"
    );
}
