//! The bodies of the usual answers.

use axum::{
    Json,
    http::header::SET_COOKIE,
    response::{IntoResponse, Response},
};
use serde_json::{Value, json};

use super::{EMAIL, Fake, State, status};

pub(super) fn id(number: u64) -> String {
    format!("0192f0c1-7d3a-7cc2-8a54-{number:012x}")
}

pub(super) fn user() -> Value {
    json!({ "id": id(0), "email": EMAIL, "created_at": "2026-11-21T12:00:00.000Z", "from": "a later version" })
}

pub(super) fn row(id: &str, filename: &str, size: u64) -> Value {
    json!({
        "id": id, "state": "uploading", "filename": filename, "source_type": "flac", "size": size,
        "title": null, "artist": null, "album": null, "codec": null, "duration_seconds": null,
        "playable": false, "renditions": null, "progress": null, "failure": null,
        "purge_after": null, "delete_at": null,
        "created_at": "2026-11-21T12:00:00.000Z", "updated_at": "2026-11-21T12:00:00.000Z",
    })
}

pub(super) fn event(row: &Value, id: u64) -> String {
    format!("event: upload\nid: {id}\ndata: {row}\n\n")
}

pub(super) fn problem(code: u16, name: &str, detail: &str) -> Response {
    let body = json!({
        "type": "about:blank", "title": "Problem", "status": code, "code": name, "detail": detail,
        "request_id": "request-1",
    });
    (
        status(code),
        [("content-type", "application/problem+json")],
        body.to_string(),
    )
        .into_response()
}

/// A new session; the tokens before it stop working.
pub(super) fn session(state: &mut State, code: u16) -> Response {
    state.tokens_made += 1;
    let number = state.tokens_made;
    state.token = Some(number);
    let expires_in = state.expires_in_seconds;
    let secure = if state.cookie_name.starts_with("__Secure-") {
        "; Secure"
    } else {
        ""
    };
    let cookie = format!(
        "{}=refresh-{number}; HttpOnly; SameSite=Strict; Path=/api/v1/auth; Max-Age=2592000{secure}",
        state.cookie_name
    );
    let body = json!({ "access_token": format!("access-{number}"), "expires_in_seconds": expires_in, "user": user() });
    (status(code), [(SET_COOKIE, cookie)], Json(body)).into_response()
}

/// Leave to put a piece. Each is signed differently.
pub(super) fn put(fake: &Fake, state: &mut State, id: &str, number: u32) -> Value {
    state.signatures += 1;
    let expires_at = if state.expiries.len() > 1 {
        state.expiries.pop_front()
    } else {
        state.expiries.front().copied()
    };
    let upload = u64::from_str_radix(&id[24..], 16).unwrap();
    let mut headers = json!({});
    if number == 0 {
        headers = json!({ "content-type": "audio/flac", "if-none-match": "*" });
    }
    json!({
        "method": "PUT",
        "url": format!("{}/bucket/{upload}/{number}?signature=secret-{}", fake.url(), state.signatures),
        "headers": headers,
        "expires_at": expires_at,
    })
}

pub(super) fn reservation(fake: &Fake, state: &mut State, filename: &str, size: u64) -> Response {
    let id = state.reserve(filename, size);
    let transfer = if size > state.part_size {
        json!({ "kind": "multipart", "part_size": state.part_size, "parts": size.div_ceil(state.part_size) })
    } else {
        json!({ "kind": "single", "put": put(fake, state, &id, 0) })
    };
    let upload = state.uploads[&id].row.clone();
    (status(201), Json(json!({ "upload": upload, "transfer": transfer }))).into_response()
}

pub(super) fn parts(fake: &Fake, state: &mut State, id: &str, numbers: &[u32]) -> Response {
    let Some(upload) = state.uploads.get(id) else {
        return problem(404, "not_found", "there is no such upload");
    };
    if upload.row["state"] != "uploading" {
        return problem(409, "wrong_state", "that is not possible any more");
    }
    let size = upload.size;
    let of_part = |(number, bytes): (&u32, &Vec<u8>)| json!({ "number": number, "size": bytes.len() });
    let is_multipart = size > state.part_size;
    let uploaded: Vec<Value> = upload.stored.iter().filter(|_| is_multipart).map(of_part).collect();
    let part_size = state.part_size;
    let single = if is_multipart {
        Value::Null
    } else {
        put(fake, state, id, 0)
    };
    let parts: Vec<Value> = numbers
        .iter()
        .map(|&number| {
            let length = part_size.min(size - u64::from(number - 1) * part_size);
            json!({ "number": number, "length": length, "put": put(fake, state, id, number) })
        })
        .collect();
    Json(json!({ "put": single, "parts": parts, "uploaded": uploaded })).into_response()
}

pub(super) fn complete(state: &mut State, id: &str) -> Response {
    let Some(upload) = state.uploads.get_mut(id) else {
        return problem(404, "not_found", "there is no such upload");
    };
    let stored: usize = upload.stored.values().map(Vec::len).sum();
    if u64::try_from(stored).unwrap() != upload.size {
        return problem(409, "parts_missing", "some parts of the file are missing");
    }
    if upload.row["state"] == "uploading" {
        upload.row["state"] = "queued".into();
    }
    Json(upload.row.clone()).into_response()
}
