//! Which request gets which answer.

use std::{convert::Infallible, future::pending};

use axum::{
    Json,
    body::{Body, Bytes, to_bytes},
    extract::{Request, State as FromState},
    http::{HeaderMap, header},
    response::{IntoResponse, Response},
};
use futures_util::{StreamExt, stream};
use serde_json::{Value, json};
use tokio::{task::yield_now, time::Instant};

use super::{EMAIL, Fake, PASSWORD, Reply, Seen, Then, answers, status};

pub(super) async fn handle(FromState(fake): FromState<Fake>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let what = format!("{} {}", parts.method, parts.uri.path());
    let seen = Seen {
        what: what.clone(),
        query: parts.uri.query().unwrap_or_default().to_owned(),
        headers: parts.headers.clone(),
        at: Instant::now(),
    };
    let script = {
        let mut state = fake.state();
        state.seen.push(seen);
        state.take_script(&what)
    };
    fake.changed();
    match script {
        None => {}
        Some(Reply::After(event)) => event.notified().await,
        Some(Reply::AfterStored(count)) => fake.until("pieces are stored", |state| state.stored() >= count).await,
        Some(Reply::Hang) => pending().await,
        Some(Reply::Answer(code, headers, body_out)) => {
            // What was sent is taken, as a bucket would, before it is refused.
            let _ = to_bytes(body, usize::MAX).await;
            let mut response = (status(code), Json(body_out)).into_response();
            for (name, value) in headers {
                response.headers_mut().insert(name, value.parse().unwrap());
            }
            return response;
        }
        Some(Reply::Stream(pieces, then)) => return event_stream(pieces, then),
    }
    // A body that breaks off is answered by nobody.
    let Ok(bytes) = to_bytes(body, usize::MAX).await else {
        return status(400).into_response();
    };
    let response = answer(&fake, &what, &parts.headers, &bytes);
    fake.changed();
    response
}

fn event_stream(pieces: Vec<Vec<u8>>, then: Then) -> Response {
    let pieces = stream::iter(pieces).then(async |piece| {
        // So that one piece is written before the next one is there.
        for _ in 0..50 {
            yield_now().await;
        }
        Ok::<_, Infallible>(Bytes::from(piece))
    });
    let body = match then {
        Then::End => Body::from_stream(pieces),
        Then::StayOpen => Body::from_stream(pieces.chain(stream::pending())),
    };
    ([(header::CONTENT_TYPE, "text/event-stream")], body).into_response()
}

fn answer(fake: &Fake, what: &str, headers: &HeaderMap, body: &Bytes) -> Response {
    let mut state = fake.state();
    let state = &mut *state;
    let json: Value = serde_json::from_slice(body).unwrap_or_default();
    let header_is = |name: &str, wanted: &str| headers.get(name).is_some_and(|value| value == wanted);
    let (method, path) = what.split_once(' ').unwrap();
    let segments: Vec<&str> = path
        .trim_start_matches("/api/v1")
        .trim_matches('/')
        .split('/')
        .collect();

    if let ["bucket", upload, number] = segments[..] {
        let id = answers::id(upload.parse().unwrap());
        let stored = &mut state.uploads.get_mut(&id).expect("a reserved upload").stored;
        stored.insert(number.parse().unwrap(), body.to_vec());
        return status(200).into_response();
    }
    if let ["auth", verb] = segments[..] {
        let cookie = format!("{}=refresh-{}", state.cookie_name, state.tokens_made);
        return match verb {
            "login" | "register" if json["email"] == EMAIL && json["password"] == PASSWORD => {
                answers::session(state, if verb == "login" { 200 } else { 201 })
            }
            "login" => answers::problem(401, "wrong_credentials", "the email or the password is wrong"),
            "refresh" if header_is("cookie", &cookie) => {
                state.refreshes += 1;
                answers::session(state, 200)
            }
            "refresh" => answers::problem(401, "session_over", "log in again"),
            "logout" => {
                state.token = None;
                let cookie = format!("{}=; Max-Age=0; Path=/api/v1/auth", state.cookie_name);
                (status(204), [(header::SET_COOKIE, cookie)]).into_response()
            }
            _ => answers::problem(404, "not_found", "there is no such page"),
        };
    }
    if segments == ["readyz"] {
        return "ready".into_response();
    }
    let token = state.token.map(|number| format!("Bearer access-{number}"));
    if token.is_none_or(|token| !header_is("authorization", &token)) {
        return answers::problem(401, "unauthorized", "log in first");
    }
    match (method, &segments[..]) {
        ("GET", ["me"]) => Json(answers::user()).into_response(),
        ("POST", ["me", "password"]) | ("DELETE", ["me"]) => status(204).into_response(),
        ("POST", ["uploads"]) => {
            let (name, size) = (json["filename"].as_str().unwrap(), json["size"].as_u64().unwrap());
            answers::reservation(fake, state, name, size)
        }
        ("GET", ["uploads"]) => {
            let rows: Vec<&Value> = state.uploads.values().map(|upload| &upload.row).collect();
            Json(json!({ "uploads": rows, "next_cursor": "more" })).into_response()
        }
        ("GET", ["events"]) => {
            let events = state
                .uploads
                .values()
                .map(|upload| answers::event(&upload.row, 1).into_bytes());
            event_stream(events.collect(), Then::StayOpen)
        }
        ("POST", ["uploads", id, "parts"]) => {
            let numbers: Vec<u32> = serde_json::from_value(json["numbers"].clone()).unwrap();
            answers::parts(fake, state, id, &numbers)
        }
        ("POST", ["uploads", id, "complete"]) => answers::complete(state, id),
        ("POST", ["uploads", id, "playback"]) => {
            let url = format!("/api/v1/play/token-of-{}/master.m3u8", &id[34..]);
            Json(json!({ "url": url, "expires_at": "2026-11-21T18:00:00.000Z" })).into_response()
        }
        ("DELETE", ["uploads", id]) if state.uploads.contains_key(*id) => {
            state.uploads.get_mut(*id).unwrap().row["delete_at"] = "2026-11-21T12:00:10.000Z".into();
            Json(json!({ "delete_at": "2026-11-21T12:00:10.000Z" })).into_response()
        }
        ("PATCH", ["uploads", id]) if state.uploads.contains_key(*id) => {
            let row = &mut state.uploads.get_mut(*id).unwrap().row;
            for (name, value) in json.as_object().unwrap() {
                row[name] = value.clone();
            }
            Json(row.clone()).into_response()
        }
        ("GET", ["uploads", id]) | ("POST", ["uploads", id, "restore" | "retry" | "cancel"]) => {
            match state.uploads.get(*id) {
                Some(upload) => Json(upload.row.clone()).into_response(),
                None => answers::problem(404, "not_found", "there is no such upload"),
            }
        }
        _ => answers::problem(404, "not_found", "there is no such page"),
    }
}
