//! What a page learns before anybody has logged in.

use reqwest::Method;
use serde_json::{Value, json};
use server::{Clock, RegistrationPolicy};

use crate::support::{PASSWORD, Server};

async fn settings(server: &Server) -> Value {
    let answer = server.get("/api/v1/settings").send().await.unwrap();
    assert_eq!(answer.status(), 200);
    assert_eq!(answer.headers()["cache-control"], "no-store");
    answer.json().await.unwrap()
}

#[tokio::test]
async fn the_limits_of_uploads_are_known_before_anything_is_sent() {
    let server = Server::start_with(Clock::default(), |settings| settings.max_upload_bytes = 5_000).await;
    let settings = settings(&server).await;
    assert_eq!(settings["max_upload_bytes"], 5_000);
    let ann = server.person("ann@example.org").await;
    let types = settings["source_types"].as_array().unwrap();
    assert!(
        types.contains(&json!("flac")) && types.contains(&json!("mp3")),
        "{settings}"
    );
    for source_type in types {
        let filename = format!("song.{}", source_type.as_str().unwrap());
        ann.reserve(&filename, 5_000).await.ok();
    }
}

#[tokio::test]
async fn registration_is_open_as_long_as_it_would_be_granted() {
    for (policy, at_first, then) in [
        (RegistrationPolicy::Open, "open", "open"),
        (RegistrationPolicy::UntilFirst, "open", "closed"),
        (RegistrationPolicy::Closed, "closed", "closed"),
    ] {
        let server = Server::start_with(Clock::default(), |settings| settings.registration = policy).await;
        for (email, expected) in [("ann@example.org", at_first), ("bob@example.org", then)] {
            assert_eq!(settings(&server).await["registration"], expected, "{policy:?}");
            let body = json!({"email": email, "password": PASSWORD});
            let answer = server.post("/api/v1/auth/register", &body).send().await.unwrap();
            assert_eq!(answer.status() == 201, expected == "open", "{policy:?}");
        }
    }
}

#[tokio::test]
async fn settings_are_read_only() {
    let server = Server::start().await;
    let ann = server.person("ann@example.org").await;
    for method in [Method::PUT, Method::POST, Method::DELETE] {
        ann.ask(method, "/settings", None).await.is(405, "method_not_allowed");
    }
}
