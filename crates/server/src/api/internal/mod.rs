//! `/api/internal`: what workers call. The messages are `domain::protocol`.

mod caller;
mod claim;
mod finish;
mod grant;
mod heartbeat;
mod start;

use axum::{Router, routing::post};
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::{Settings, state::App};

pub(crate) fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(start::start))
        .routes(routes!(heartbeat::heartbeat))
        .routes(routes!(grant::grant))
        .routes(routes!(finish::finish))
}

/// Pulling is there only where it is switched on: a launched worker must never reach another job.
pub(crate) fn claiming(settings: &Settings) -> Router<App> {
    match settings.pool_secret {
        Some(_) => Router::new().route("/api/internal/jobs/claim", post(claim::claim)),
        None => Router::new(),
    }
}
