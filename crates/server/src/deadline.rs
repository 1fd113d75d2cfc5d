//! An end to every request, whatever its body or the database does.

use std::time::Duration;

use axum::{
    extract::{MatchedPath, Request},
    http::StatusCode,
    middleware::Next,
    response::{IntoResponse, Response},
};
use tokio::time::timeout;

use crate::Problem;

/// From the head of a request to the head of its answer. Reading the body is within it.
const LONGEST: Duration = Duration::from_mins(1);
/// Its listing of a long tree takes a page for every thousand files.
const LONGEST_FINISH: Duration = Duration::from_mins(5);

/// Middleware: gives up on requests that take too long. The bodies of answers are not within it, so event streams live on.
pub(crate) async fn within_deadline(request: Request, next: Next) -> Response {
    let path = request.extensions().get::<MatchedPath>().map(MatchedPath::as_str);
    let longest = match path {
        Some(path) if path.ends_with("/finish") => LONGEST_FINISH,
        _ => LONGEST,
    };
    let answer = timeout(longest, next.run(request)).await;
    answer.unwrap_or_else(|_| {
        tracing::warn!("gave up on a request that took too long");
        let detail = "the request took too long; try again";
        Problem::new(StatusCode::REQUEST_TIMEOUT, "timeout", detail).into_response()
    })
}
