//! Keeping sessions up, and ending them.

use std::time::Duration;

use domain::Timestamp;
use serde_json::{Value, json};
use server::{Clock, RegistrationPolicy};

use crate::support::{LoggedIn, PASSWORD, Server, cookie, problem};

const NOON: Timestamp = Timestamp::from_millis(1_790_000_000_000);
const ME: &str = "/api/v1/me";

/// A server whose clock stands still, and somebody who has logged in.
async fn at_noon() -> (Server, Clock, LoggedIn) {
    let clock = Clock::fixed(NOON);
    let server = Server::start_with(clock.clone(), |_| {}).await;
    let ada = server.register("ada@example.com").await;
    (server, clock, ada)
}

fn refresh(server: &Server, cookie: &str) -> reqwest::RequestBuilder {
    server
        .http
        .post(server.url("/api/v1/auth/refresh"))
        .header("cookie", cookie)
}

fn log_out(server: &Server) -> reqwest::RequestBuilder {
    server.http.post(server.url("/api/v1/auth/logout"))
}

#[tokio::test]
async fn an_access_token_works_for_fifteen_minutes() {
    let (server, clock, ada) = at_noon().await;
    clock.set(NOON + Duration::from_secs(15 * 60 - 1));
    assert_eq!(
        server.get(ME).bearer_auth(&ada.token).send().await.unwrap().status(),
        200
    );
    clock.set(NOON + Duration::from_mins(15));
    assert_eq!(
        problem(server.get(ME).bearer_auth(&ada.token)).await,
        (401, "unauthorized".to_owned())
    );
}

#[tokio::test]
async fn a_token_that_was_tampered_with_is_none() {
    let (server, _, ada) = at_noon().await;
    let (signed, signature) = ada.token.rsplit_once('.').unwrap();
    let (head, claims) = signed.split_once('.').unwrap();
    let bare = ada.token.trim_end_matches(signature);
    let reversed: String = signature.chars().rev().collect();
    for token in [
        bare,
        &format!("{signed}.{reversed}"),
        &format!("{claims}.{head}.{signature}"),
        claims,
    ] {
        assert_eq!(problem(server.get(ME).bearer_auth(token)).await.0, 401, "{token}");
    }
}

#[tokio::test]
async fn the_refresh_token_is_exchanged_and_goes_on_for_thirty_days() {
    let (server, clock, ada) = at_noon().await;
    let almost = Duration::from_hours(30 * 24) - Duration::from_secs(1);
    clock.set(NOON + almost);
    let answer = refresh(&server, &ada.cookie).send().await.unwrap();
    assert_eq!(answer.status(), 200);
    assert_eq!(answer.headers()["cache-control"], "no-store");
    let next = LoggedIn::of(answer).await;
    assert_ne!(next.cookie, ada.cookie);
    assert_eq!(
        server.get(ME).bearer_auth(&next.token).send().await.unwrap().status(),
        200
    );

    clock.set(NOON + almost * 2);
    let answer = refresh(&server, &next.cookie).send().await.unwrap();
    let last = LoggedIn::of(answer).await;
    clock.set(NOON + almost * 2 + Duration::from_hours(30 * 24));
    let over = problem(refresh(&server, &last.cookie)).await;
    assert_eq!(over, (401, "session_over".to_owned()));
}

#[tokio::test]
async fn the_token_before_is_good_for_thirty_seconds_and_exchanged_for_nothing() {
    let (server, clock, ada) = at_noon().await;
    let next = LoggedIn::of(refresh(&server, &ada.cookie).send().await.unwrap()).await;
    clock.set(NOON + Duration::from_secs(30));
    let answer = refresh(&server, &ada.cookie).send().await.unwrap();
    assert_eq!(answer.status(), 200);
    assert_eq!(cookie(&answer), None);
    let session: Value = answer.json().await.unwrap();
    let token = session["access_token"].as_str().unwrap();
    assert_eq!(server.get(ME).bearer_auth(token).send().await.unwrap().status(), 200);
    assert_eq!(
        refresh(&server, &next.cookie).send().await.unwrap().status(),
        200,
        "the next one still works"
    );
}

#[tokio::test]
async fn an_older_token_ends_the_session() {
    let (server, clock, ada) = at_noon().await;
    let next = LoggedIn::of(refresh(&server, &ada.cookie).send().await.unwrap()).await;
    clock.set(NOON + Duration::from_secs(31));
    let over = (401, "session_over".to_owned());
    assert_eq!(problem(refresh(&server, &ada.cookie)).await, over);
    assert_eq!(problem(refresh(&server, &next.cookie)).await, over);
    assert_eq!(problem(server.get(ME).bearer_auth(&next.token)).await.0, 401);

    let other = server.log_in("ada@example.com").await;
    assert_eq!(
        server.get(ME).bearer_auth(&other.token).send().await.unwrap().status(),
        200
    );
}

#[tokio::test]
async fn of_many_tabs_at_once_one_gets_the_new_token_and_all_go_on() {
    let (server, _, ada) = at_noon().await;
    let tabs: Vec<_> = (0..6)
        .map(|_| tokio::spawn(refresh(&server, &ada.cookie).send()))
        .collect();
    let mut exchanged = 0;
    for tab in tabs {
        let answer = tab.await.unwrap().unwrap();
        assert_eq!(answer.status(), 200);
        exchanged += usize::from(cookie(&answer).is_some());
    }
    assert_eq!(exchanged, 1);
}

#[tokio::test]
async fn what_is_no_refresh_token_refreshes_nothing() {
    let (server, _, ada) = at_noon().await;
    let over = (401, "session_over".to_owned());
    let none = server.http.post(server.url("/api/v1/auth/refresh"));
    assert_eq!(problem(none).await, over);
    let long = format!("segue_refresh={}", "a".repeat(5000));
    let other_name = ada.cookie.replace("segue_refresh", "__Secure-segue_refresh");
    for wrong in ["segue_refresh=", "segue_refresh=made-up", &long, &other_name] {
        assert_eq!(problem(refresh(&server, wrong)).await, over, "{wrong}");
    }
}

#[tokio::test]
async fn log_out_takes_effect_on_the_next_request() {
    let (server, _, ada) = at_noon().await;
    let elsewhere = server.log_in("ada@example.com").await;
    let answer = log_out(&server).header("cookie", &ada.cookie).send().await.unwrap();
    assert_eq!(answer.status(), 204);
    let cleared = cookie(&answer).unwrap();
    assert_eq!(
        cleared,
        "segue_refresh=; HttpOnly; SameSite=Strict; Path=/api/v1/auth; Max-Age=0"
    );
    assert_eq!(problem(server.get(ME).bearer_auth(&ada.token)).await.0, 401);
    assert_eq!(problem(refresh(&server, &ada.cookie)).await.0, 401);
    assert_eq!(
        server
            .get(ME)
            .bearer_auth(&elsewhere.token)
            .send()
            .await
            .unwrap()
            .status(),
        200
    );
}

#[tokio::test]
async fn log_out_never_fails() {
    let (server, _, ada) = at_noon().await;
    for cookie in [
        None,
        Some("segue_refresh=made-up"),
        Some(&ada.cookie),
        Some(&ada.cookie),
    ] {
        let request = match cookie {
            Some(cookie) => log_out(&server).header("cookie", cookie),
            None => log_out(&server),
        };
        let answer = request.send().await.unwrap();
        assert_eq!(answer.status(), 204, "{cookie:?}");
        assert!(answer.headers().contains_key("set-cookie"));
    }
}

#[tokio::test]
async fn log_out_with_the_token_before_ends_the_session_too() {
    let (server, _, ada) = at_noon().await;
    let next = LoggedIn::of(refresh(&server, &ada.cookie).send().await.unwrap()).await;
    log_out(&server).header("cookie", &ada.cookie).send().await.unwrap();
    assert_eq!(problem(refresh(&server, &next.cookie)).await.0, 401);
}

#[tokio::test]
async fn the_cookie_is_for_https_alone_where_the_public_url_is_https() {
    for (url, start, end) in [
        (None, "segue_refresh=", "; Max-Age=2592000"),
        (Some("http://segue.test"), "segue_refresh=", "; Max-Age=2592000"),
        (
            Some("https://segue.test"),
            "__Secure-segue_refresh=",
            "; Max-Age=2592000; Secure",
        ),
    ] {
        let server = Server::start_with(Clock::default(), |settings| {
            settings.public_url = url.map(str::to_owned);
        })
        .await;
        let body = json!({"email": "ada@example.com", "password": PASSWORD});
        let answer = server.post("/api/v1/auth/register", &body).send().await.unwrap();
        let set = cookie(&answer).unwrap();
        assert!(set.starts_with(start) && set.ends_with(end), "{set}");
        assert!(set.contains("; HttpOnly; SameSite=Strict; Path=/api/v1/auth;"), "{set}");
        let ada = LoggedIn::of(answer).await;
        assert_eq!(refresh(&server, &ada.cookie).send().await.unwrap().status(), 200);
    }
}

#[tokio::test]
async fn pages_of_others_can_ask_for_no_session() {
    let server = Server::start_with(Clock::default(), |settings| {
        settings.registration = RegistrationPolicy::Open;
    })
    .await;
    let own = server.url("");
    for path in ["register", "login", "refresh", "logout"] {
        let post = |origin: &str| {
            let request = server.post(&format!("/api/v1/auth/{path}"), &json!({}));
            request.header("origin", origin)
        };
        for origin in [
            "https://evil.test",
            "null",
            &own.replace("http:", "https:"),
            &format!("{own}0"),
        ] {
            let refused = problem(post(origin)).await;
            assert_eq!(refused, (403, "wrong_origin".to_owned()), "{path} {origin}");
        }
        let answer = post(&own).send().await.unwrap();
        assert_ne!(answer.status(), 403, "{path}");
    }
}

#[tokio::test]
async fn the_own_origin_is_the_public_url_where_there_is_one() {
    let server = Server::start_with(Clock::default(), |settings| {
        settings.public_url = Some("https://segue.test".to_owned());
    })
    .await;
    let from = |origin: String| log_out(&server).header("origin", origin);
    assert_eq!(problem(from(server.url(""))).await, (403, "wrong_origin".to_owned()));
    let answer = from("https://segue.test".to_owned()).send().await.unwrap();
    assert_eq!(answer.status(), 204);
}
