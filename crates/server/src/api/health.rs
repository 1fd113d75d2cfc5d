//! `GET /healthz` and `GET /readyz`

use axum::extract::State;

use crate::{Problem, problem::ProblemBody, readiness::complaints, state::App};

/// The process lives
#[utoipa::path(
    get,
    path = "/healthz",
    tag = "operations",
    responses((status = 200, content_type = "text/plain", body = String)),
)]
pub(crate) async fn healthz() -> &'static str {
    "alive\n"
}

/// The process can do its work
#[utoipa::path(
    get,
    path = "/readyz",
    tag = "operations",
    responses(
        (status = 200, content_type = "text/plain", body = String),
        (status = 503, body = ProblemBody, description = "`unavailable`: the detail says what does not answer"),
    ),
)]
pub(crate) async fn readyz(State(app): State<App>) -> Result<&'static str, Problem> {
    let complaints = app.readiness.get(complaints(&app)).await;
    if complaints.is_empty() {
        Ok("ready\n")
    } else {
        Err(Problem::not_ready(complaints.join("; ")))
    }
}
