//! Following uploads.

use std::time::Duration;

use client::ClientError;
use serde_json::json;
use tokio::time::timeout;

use crate::{
    fake::{Fake, Reply, Then},
    support::client,
};

const EVENTS: &str = "GET /api/v1/events";

#[tokio::test]
async fn events_are_read_wherever_their_bytes_are_cut() {
    let fake = Fake::start().await;
    let client = client(&fake).await;
    fake.add_upload("sööng.flac", 7);
    let text = format!(
        ": welcome\n\n{}event: later\ndata: {{}}\n\n{}",
        fake.event(1, 5),
        fake.event(1, 6)
    );
    let pieces = text.as_bytes().chunks(97).map(<[u8]>::to_vec).collect();
    fake.next(EVENTS, Reply::Stream(pieces, Then::StayOpen));
    let mut events = client.events();
    for _ in 0..2 {
        assert_eq!(events.next().await.unwrap().filename, "sööng.flac");
    }
    assert!(
        timeout(Duration::from_millis(50), events.next()).await.is_err(),
        "there are no more"
    );
    assert_eq!(fake.asked(EVENTS).len(), 1);
}

#[tokio::test]
async fn a_stream_that_ends_begins_again_where_it_was() {
    let fake = Fake::start().await;
    let client = client(&fake).await;
    fake.add_upload("song.flac", 7);
    fake.next(EVENTS, Reply::Stream(vec![fake.event(1, 5).into_bytes()], Then::End));
    fake.next(EVENTS, Fake::problem(503, "unavailable", "later"));
    fake.change(1, &json!({ "state": "ready" }));
    fake.next(
        EVENTS,
        Reply::Stream(vec![fake.event(1, 9).into_bytes()], Then::StayOpen),
    );
    let mut events = client.events();
    assert_eq!(events.next().await.unwrap().state.as_str(), "uploading");
    assert_eq!(events.next().await.unwrap().state.as_str(), "ready");
    let seen = fake.seen(EVENTS);
    assert_eq!(seen.len(), 3);
    assert!(!seen[0].headers.contains_key("last-event-id"));
    assert_eq!(seen[2].headers["last-event-id"], "5");
}

#[tokio::test]
async fn a_line_without_an_end_is_refused() {
    let fake = Fake::start().await;
    let client = client(&fake).await;
    let pieces = vec![vec![b'x'; 40_000]; 2];
    fake.next(EVENTS, Reply::Stream(pieces, Then::StayOpen));
    let error = client.events().next().await.unwrap_err();
    assert!(matches!(error, ClientError::Unexpected(_)), "{error:?}");
}

#[tokio::test]
async fn a_refusal_is_an_error_and_a_server_that_stays_away_as_well() {
    let fake = Fake::start().await;
    let client = client(&fake).await;
    fake.next(EVENTS, Fake::problem(403, "account_disabled", "no"));
    assert_eq!(
        client.events().next().await.unwrap_err().code(),
        Some("account_disabled")
    );
    for _ in 0..4 {
        fake.next(EVENTS, Reply::Answer(502, vec![], json!(null)));
    }
    assert!(matches!(client.events().next().await, Err(ClientError::Unreachable(_))));
}

#[tokio::test]
async fn a_session_that_ran_out_is_exchanged_for_the_events_too() {
    let fake = Fake::start().await;
    let client = client(&fake).await;
    fake.add_upload("song.flac", 7);
    fake.state().token = None;
    fake.next(EVENTS, Fake::problem(401, "unauthorized", "log in first"));
    fake.next(
        EVENTS,
        Reply::Stream(vec![fake.event(1, 5).into_bytes()], Then::StayOpen),
    );
    client.events().next().await.unwrap();
    assert_eq!(fake.state().refreshes, 1);
    assert_eq!(fake.seen(EVENTS)[1].headers["authorization"], "Bearer access-2");
}
