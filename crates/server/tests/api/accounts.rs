//! Making accounts, logging in, and one's own account.

use std::time::Duration;

use domain::{Timestamp, UserId};
use serde_json::{Value, json};
use server::{Clock, RegistrationPolicy};
use store::{NewUser, Registration};

use crate::support::{PASSWORD, Server, problem};

const REGISTER: &str = "/api/v1/auth/register";
const LOGIN: &str = "/api/v1/auth/login";
const ME: &str = "/api/v1/me";

async fn open() -> Server {
    Server::start_with(Clock::default(), |settings| {
        settings.registration = RegistrationPolicy::Open;
    })
    .await
}

#[tokio::test]
async fn whoever_registers_is_logged_in() {
    let server = Server::start().await;
    let body = json!({"email": " Ada@Example.com ", "password": PASSWORD});
    let answer = server.post(REGISTER, &body).send().await.unwrap();
    assert_eq!(answer.status(), 201);
    assert_eq!(answer.headers()["cache-control"], "no-store");
    let session: Value = answer.json().await.unwrap();
    assert_eq!(session["expires_in_seconds"], 900);
    assert_eq!(session["user"]["email"], "Ada@Example.com");

    let token = session["access_token"].as_str().unwrap();
    let me = server.get(ME).bearer_auth(token).send().await.unwrap();
    assert_eq!(me.status(), 200);
    assert_eq!(me.json::<Value>().await.unwrap(), session["user"]);
}

#[tokio::test]
async fn an_account_needs_an_address_and_a_password() {
    let server = open().await;
    for (email, password, code) in [
        ("ada", PASSWORD, "bad_email"),
        ("ada@", PASSWORD, "bad_email"),
        ("ada@b@c", PASSWORD, "bad_email"),
        ("a da@example.com", PASSWORD, "bad_email"),
        ("ada\u{7}@example.com", PASSWORD, "bad_email"),
        (&format!("{}@example.com", "a".repeat(243)), PASSWORD, "bad_email"),
        ("ada@example.com", "seven77", "bad_password"),
        ("ada@example.com", &"x".repeat(257), "bad_password"),
    ] {
        let body = json!({"email": email, "password": password});
        let refused = problem(server.post(REGISTER, &body)).await;
        assert_eq!(refused, (400, code.to_owned()), "{email:?} {password:?}");
    }
}

#[tokio::test]
async fn an_address_has_one_account_in_whatever_case() {
    let server = open().await;
    server.register("ada@example.com").await;
    let body = json!({"email": "ADA@example.com", "password": PASSWORD});
    let refused = problem(server.post(REGISTER, &body)).await;
    assert_eq!(refused, (409, "email_taken".to_owned()));
    server.log_in("ADA@EXAMPLE.com ").await;
}

#[tokio::test]
async fn of_two_first_registrations_at_once_one_wins() {
    let server = Server::start().await;
    let register = |email: &str| {
        server
            .post(REGISTER, &json!({"email": email, "password": PASSWORD}))
            .send()
    };
    let (one, other) = tokio::join!(register("ada@example.com"), register("grace@example.com"));
    let mut statuses = [one.unwrap().status().as_u16(), other.unwrap().status().as_u16()];
    statuses.sort_unstable();
    assert_eq!(statuses, [201, 403]);
    let late = problem(server.post(REGISTER, &json!({"email": "eve@example.com", "password": PASSWORD}))).await;
    assert_eq!(late, (403, "registration_closed".to_owned()));
}

#[tokio::test]
async fn a_closed_house_takes_not_even_the_first() {
    let closed = |settings: &mut server::Settings| settings.registration = RegistrationPolicy::Closed;
    let server = Server::start_with(Clock::default(), closed).await;
    let refused = problem(server.post(REGISTER, &json!({"email": "ada@example.com", "password": PASSWORD}))).await;
    assert_eq!(refused, (403, "registration_closed".to_owned()));

    let user = NewUser {
        id: UserId::new(server.app.clock.now(), [1; 10]),
        email: "ada@example.com".to_owned(),
        password_hash: server::hash_password(PASSWORD).unwrap(),
    };
    let made = server
        .app
        .store
        .create_user(server.app.clock.now(), user, Registration::Operator)
        .await;
    made.unwrap();
    server.log_in("ada@example.com").await;
}

#[tokio::test]
async fn a_wrong_password_and_an_unknown_address_get_the_same_answer() {
    let server = Server::start().await;
    server.register("ada@example.com").await;
    let mut answers = Vec::new();
    for body in [
        json!({"email": "ada@example.com", "password": "battery staple"}),
        json!({"email": "grace@example.com", "password": "battery staple"}),
        json!({"email": "", "password": ""}),
    ] {
        let answer = server.post(LOGIN, &body).send().await.unwrap();
        assert_eq!(answer.status(), 401);
        assert!(answer.headers().get("set-cookie").is_none());
        let mut problem: Value = answer.json().await.unwrap();
        problem["request_id"].take();
        answers.push(problem);
    }
    assert_eq!(answers[0]["code"], "wrong_credentials");
    assert!(answers.iter().all(|answer| *answer == answers[0]), "{answers:?}");
}

#[tokio::test]
async fn who_guesses_has_to_wait() {
    let noon = Timestamp::from_millis(1_790_000_000_000);
    let clock = Clock::fixed(noon);
    let server = Server::start_with(clock.clone(), |_| {}).await;
    server.register("ada@example.com").await;
    let guess = json!({"email": "Ada@example.com", "password": "battery staple"});
    for _ in 0..10 {
        assert_eq!(problem(server.post(LOGIN, &guess)).await.0, 401);
    }
    let right = json!({"email": "ada@example.com", "password": PASSWORD});
    let answer = server.post(LOGIN, &right).send().await.unwrap();
    assert_eq!(answer.status(), 429);
    assert_eq!(answer.headers()["retry-after"], "901");

    let other = json!({"email": "grace@example.com", "password": PASSWORD});
    assert_eq!(problem(server.post(LOGIN, &other)).await.0, 401, "others may go on");
    clock.set(noon + Duration::from_mins(15));
    server.log_in("ada@example.com").await;
}

#[tokio::test]
async fn a_locked_account_is_told_so_once_the_password_is_right() {
    let server = Server::start().await;
    let ada = server.register("ada@example.com").await;
    server
        .app
        .store
        .disable_user(server.app.clock.now(), ada.user)
        .await
        .unwrap();

    assert_eq!(problem(server.get(ME).bearer_auth(&ada.token)).await.0, 401);
    let right = json!({"email": "ada@example.com", "password": PASSWORD});
    let refused = problem(server.post(LOGIN, &right)).await;
    assert_eq!(refused, (403, "account_disabled".to_owned()));
    let wrong = json!({"email": "ada@example.com", "password": "battery staple"});
    let refused = problem(server.post(LOGIN, &wrong)).await;
    assert_eq!(refused, (401, "wrong_credentials".to_owned()));

    server.app.store.enable_user(ada.user).await.unwrap();
    server.log_in("ada@example.com").await;
}

#[tokio::test]
async fn a_new_password_ends_all_other_sessions_at_once() {
    let server = Server::start().await;
    let here = server.register("ada@example.com").await;
    let there = server.log_in("ada@example.com").await;
    let change = |current: &str, new: &str| {
        let body = json!({"current_password": current, "new_password": new});
        server.post("/api/v1/me/password", &body).bearer_auth(&here.token)
    };
    let refused = problem(change("battery staple", "a new password")).await;
    assert_eq!(refused, (403, "wrong_password".to_owned()));
    let refused = problem(change(PASSWORD, "short")).await;
    assert_eq!(refused, (400, "bad_password".to_owned()));
    assert_eq!(
        server.get(ME).bearer_auth(&there.token).send().await.unwrap().status(),
        200
    );

    let changed = change(PASSWORD, "a new password").send().await.unwrap();
    assert_eq!(changed.status(), 204);
    assert_eq!(
        server.get(ME).bearer_auth(&here.token).send().await.unwrap().status(),
        200
    );
    assert_eq!(problem(server.get(ME).bearer_auth(&there.token)).await.0, 401);
    let refresh = server
        .post("/api/v1/auth/refresh", &json!({}))
        .header("cookie", &there.cookie);
    assert_eq!(problem(refresh).await, (401, "session_over".to_owned()));
    let old = json!({"email": "ada@example.com", "password": PASSWORD});
    assert_eq!(problem(server.post(LOGIN, &old)).await.0, 401);
    let new = json!({"email": "ada@example.com", "password": "a new password"});
    assert_eq!(server.post(LOGIN, &new).send().await.unwrap().status(), 200);
}

#[tokio::test]
async fn of_two_new_passwords_at_once_one_is_taken() {
    let server = Server::start().await;
    let ada = server.register("ada@example.com").await;
    // In one session, which neither of them ends.
    let change = |new: &str| {
        let body = json!({"current_password": PASSWORD, "new_password": new});
        let request = server.post("/api/v1/me/password", &body);
        request.bearer_auth(&ada.token).send()
    };
    let (one, other) = ("the first of them", "the other of them");
    let (first, second) = tokio::join!(change(one), change(other));
    let (first, second) = (first.unwrap(), second.unwrap());
    let (taken, not_taken, refusal) = match (first.status().as_u16(), second.status().as_u16()) {
        (204, 403) => (one, other, second),
        (403, 204) => (other, one, first),
        statuses => panic!("{statuses:?}"),
    };
    let refusal: Value = refusal.json().await.unwrap();
    assert_eq!(refusal["code"], "wrong_password");
    for (password, status) in [(taken, 200), (not_taken, 401), (PASSWORD, 401)] {
        let body = json!({"email": "ada@example.com", "password": password});
        assert_eq!(server.post(LOGIN, &body).send().await.unwrap().status(), status);
    }
}

#[tokio::test]
async fn a_deleted_account_is_gone_at_once_and_its_address_is_free() {
    let server = open().await;
    let ada = server.register("ada@example.com").await;
    let delete = |password: &str| {
        let request = server.http.delete(server.url(ME)).bearer_auth(&ada.token);
        request.json(&json!({"password": password}))
    };
    let refused = problem(delete("battery staple")).await;
    assert_eq!(refused, (403, "wrong_password".to_owned()));
    let gone = delete(PASSWORD).send().await.unwrap();
    assert_eq!(gone.status(), 204);
    assert!(crate::support::cookie(&gone).unwrap().contains("Max-Age=0"));

    assert_eq!(problem(server.get(ME).bearer_auth(&ada.token)).await.0, 401);
    assert_eq!(problem(delete(PASSWORD)).await.0, 401);
    let login = json!({"email": "ada@example.com", "password": PASSWORD});
    assert_eq!(
        problem(server.post(LOGIN, &login)).await,
        (401, "wrong_credentials".to_owned())
    );
    assert_ne!(server.register("ada@example.com").await.user, ada.user);
}

#[tokio::test]
async fn what_is_not_asked_properly_is_refused_with_words() {
    let server = Server::start().await;
    let post = || server.http.post(server.url(LOGIN));
    let json = "application/json";
    for (request, expected) in [
        (post().body("{}"), (415, "unsupported_media_type")),
        (
            post().header("content-type", "text/plain").body("{}"),
            (415, "unsupported_media_type"),
        ),
        (
            post().header("content-type", json).body("{\"email\":"),
            (400, "bad_request"),
        ),
        (post().header("content-type", json).body("[]"), (400, "bad_request")),
        (
            post()
                .header("content-type", json)
                .body(r#"{"email": 7, "password": "x"}"#),
            (400, "bad_request"),
        ),
        (
            post().header("content-type", json).body(r#"{"email": "a@b"}"#),
            (400, "bad_request"),
        ),
        (post().header("content-type", json).body("\u{0}"), (400, "bad_request")),
        (
            post().header("content-type", json).body(" ".repeat(70_000)),
            (413, "body_too_large"),
        ),
        (server.get(LOGIN), (405, "method_not_allowed")),
    ] {
        let (status, code) = problem(request).await;
        assert_eq!((status, code.as_str()), expected);
    }
    let missing = post().header("content-type", json).body(r#"{"email": "a@b"}"#);
    let missing: Value = missing.send().await.unwrap().json().await.unwrap();
    assert!(missing["detail"].as_str().unwrap().contains("password"), "{missing}");
}
