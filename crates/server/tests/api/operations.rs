//! Health and figures.

use std::{collections::HashMap, time::Duration};

use domain::Timestamp;
use serde_json::Value;
use server::Clock;

use crate::support::Server;

/// Every sample in whole numbers, by its name with its labels.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "all that is asked for are small counts"
)]
async fn figures(server: &Server) -> HashMap<String, u64> {
    let answer = server.get("/metrics").send().await.unwrap();
    assert_eq!(answer.status(), 200);
    let content_type = answer.headers()["content-type"].to_str().unwrap();
    assert!(
        content_type.starts_with("application/openmetrics-text; version=1.0.0"),
        "{content_type}"
    );
    let text = answer.text().await.unwrap();
    assert!(text.ends_with("\n# EOF\n"), "{text}");
    let samples = text.lines().filter(|line| !line.starts_with('#'));
    let parsed = samples.map(|line| {
        let (name, value) = line.rsplit_once(' ').unwrap();
        let value: f64 = value.parse().unwrap();
        (name.to_owned(), value.round() as u64)
    });
    parsed.collect()
}

#[tokio::test]
async fn a_server_that_reaches_everything_is_ready() {
    let server = Server::start().await;
    for path in ["/healthz", "/readyz"] {
        assert_eq!(server.get(path).send().await.unwrap().status(), 200, "{path}");
    }
}

#[tokio::test]
async fn without_its_bucket_it_lives_but_is_not_ready() {
    let mut server = Server::start().await;
    server.without_bucket().await;
    let answer = server.get("/readyz").send().await.unwrap();
    assert_eq!(answer.status(), 503);
    assert!(answer.headers().contains_key("retry-after"));
    let problem: Value = answer.json().await.unwrap();
    assert_eq!(problem["code"], "unavailable");
    assert_eq!(problem["detail"], "the bucket does not answer");
    assert_eq!(server.get("/healthz").send().await.unwrap().status(), 200);
}

#[tokio::test]
async fn without_its_database_it_lives_but_is_not_ready() {
    let server = Server::start().await;
    server.app.store.close().await;
    let answer = server.get("/readyz").send().await.unwrap();
    assert_eq!(answer.status(), 503);
    let problem: Value = answer.json().await.unwrap();
    assert_eq!(problem["detail"], "the database does not answer");
    assert_eq!(server.get("/healthz").send().await.unwrap().status(), 200);

    let figures = figures(&server).await;
    assert_eq!(figures["segue_database_up"], 0);
    assert!(
        !figures.contains_key("segue_jobs_queued"),
        "no figure is better than an old one"
    );
}

#[tokio::test]
async fn with_a_clock_that_is_far_off_it_is_not_ready() {
    for (millis, status) in [(5_000, 200), (-5_000, 200), (5_001, 503), (-90_000, 503)] {
        let own = 1_790_000_000_000;
        let clock = Clock::fixed(Timestamp::from_millis(own));
        let server = Server::start_with(clock.clone(), |_| {}).await;
        clock.follow(Timestamp::from_millis(own + millis));
        let answer = server.get("/readyz").send().await.unwrap();
        assert_eq!(answer.status(), status, "{millis}");
        if status == 503 {
            let problem: Value = answer.json().await.unwrap();
            assert!(problem["detail"].as_str().unwrap().contains("clock"), "{problem}");
        }
    }
}

#[tokio::test]
async fn an_answer_about_readiness_is_kept_for_a_moment() {
    let server = Server::start().await;
    assert_eq!(server.get("/readyz").send().await.unwrap().status(), 200);
    let clock = &server.app.clock;
    clock.follow(clock.now() + Duration::from_mins(1));
    let mut answers = 0;
    let changed = async {
        while server.get("/readyz").send().await.unwrap().status() == 200 {
            answers += 1;
        }
    };
    tokio::time::timeout(Duration::from_secs(10), changed).await.unwrap();
    assert!(answers > 3, "{answers}");
}

#[tokio::test]
async fn the_figures_have_the_promised_names() {
    let server = Server::start().await;
    let figures = figures(&server).await;
    for (name, value) in [
        ("segue_jobs_queued", 0),
        ("segue_oldest_queued_job_age_seconds", 0),
        ("segue_attempts_in_flight", 0),
        ("segue_workers", 0),
        ("segue_jobs_waiting_without_worker", 0),
        ("segue_event_streams", 0),
        ("segue_database_up", 1),
    ] {
        assert_eq!(figures[name], value, "{name}");
    }
}

#[tokio::test]
async fn requests_are_counted_by_route_and_never_by_what_callers_make_up() {
    let server = Server::start().await;
    for n in 0..3 {
        let path = format!("/api/v1/uploads/made-up-{n}");
        assert_eq!(server.get(&path).send().await.unwrap().status(), 401);
        server.get(&format!("/nowhere/{n}")).send().await.unwrap();
        let method = reqwest::Method::from_bytes(format!("MADEUP{n}").as_bytes()).unwrap();
        server
            .http
            .request(method, server.url("/healthz"))
            .send()
            .await
            .unwrap();
    }
    let ada = server.register("ada@example.com").await;
    let stream = server
        .get("/api/v1/events")
        .bearer_auth(&ada.token)
        .send()
        .await
        .unwrap();
    let figures = figures(&server).await;
    for (name, value) in [
        (
            r#"segue_http_requests_total{method="GET",path="/api/v1/uploads/{id}",status="4xx"}"#,
            3,
        ),
        (r#"segue_http_requests_total{method="GET",path="none",status="4xx"}"#, 3),
        (
            r#"segue_http_requests_total{method="other",path="/healthz",status="4xx"}"#,
            3,
        ),
        (
            r#"segue_http_requests_total{method="POST",path="/api/v1/auth/register",status="2xx"}"#,
            1,
        ),
        (
            r#"segue_http_request_duration_seconds_count{method="GET",path="/api/v1/uploads/{id}"}"#,
            3,
        ),
        ("segue_event_streams", 1),
    ] {
        assert_eq!(figures.get(name), Some(&value), "{name}");
    }
    assert!(
        !figures
            .keys()
            .any(|name| name.contains("made-up") || name.contains("nowhere"))
    );
    drop(stream);
}
