//! One id for each request: in the log, in the answer's `x-request-id`, and in every problem.

use axum::{
    extract::{MatchedPath, Request},
    http::{HeaderName, HeaderValue},
    middleware::Next,
    response::Response,
};
use domain::UploadId;
use tracing::{Instrument, Span, field};

use crate::clock::random;

/// The header of it, both ways.
pub(crate) const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

tokio::task_local! {
    static CURRENT: String;
}

/// That of the request that this task answers, if it answers one.
pub(crate) fn current() -> Option<String> {
    CURRENT.try_with(Clone::clone).ok()
}

/// This request is about an upload: by its id it can be followed from here to its worker.
pub(crate) fn note_upload(upload: UploadId) {
    Span::current().record("upload", field::display(upload));
}

/// Middleware: takes the caller's id, if it is a plain one, or draws one.
pub(crate) async fn with_request_id(request: Request, next: Next) -> Response {
    let given = request.headers().get(REQUEST_ID).and_then(plain);
    let id = given.unwrap_or_else(|| nanoid::format(random, &nanoid::alphabet::SAFE, 16));
    let path = request.extensions().get::<MatchedPath>().map(MatchedPath::as_str);
    // Not the path itself: a playback token rides in it.
    let (method, path) = (request.method(), path.unwrap_or("none"));
    let span = tracing::info_span!("request", id, %method, path, upload = field::Empty);
    let answer = async {
        let response = next.run(request).await;
        tracing::debug!(status = response.status().as_u16(), "answered");
        response
    };
    let mut response = CURRENT.scope(id.clone(), answer.instrument(span)).await;
    if let Ok(value) = HeaderValue::from_str(&id) {
        response.headers_mut().insert(REQUEST_ID, value);
    }
    response
}

fn plain(value: &HeaderValue) -> Option<String> {
    let text = value.to_str().ok()?;
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
    ((8..=64).contains(&text.len()) && text.bytes().all(is_plain)).then(|| text.to_owned())
}
