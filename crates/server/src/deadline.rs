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

#[cfg(test)]
mod tests {
    use std::convert::Infallible;

    use axum::{
        Router,
        body::{Body, Bytes},
        middleware,
        routing::post,
    };
    use futures_util::stream;
    use tokio::time::Instant;
    use tower_service::Service;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_body_that_never_ends_ends_its_request() {
        let mut router = Router::new()
            .route("/", post(async |body: Bytes| body))
            .layer(middleware::from_fn(within_deadline));
        let never = Body::from_stream(stream::pending::<Result<Bytes, Infallible>>());
        let request = Request::post("/").body(never).unwrap();
        let before = Instant::now();
        let answer = router.call(request).await.unwrap();
        assert_eq!(answer.status(), StatusCode::REQUEST_TIMEOUT);
        assert_eq!(before.elapsed(), Duration::from_mins(1));
    }
}
