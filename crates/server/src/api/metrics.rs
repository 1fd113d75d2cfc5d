//! `GET /metrics`

use axum::{extract::State, http::header, response::IntoResponse};

use crate::{Problem, state::App};

const OPEN_METRICS: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// Figures for operators
#[utoipa::path(
    get,
    path = "/metrics",
    tag = "operations",
    responses((status = 200, content_type = "application/openmetrics-text", body = String)),
)]
pub(crate) async fn metrics(State(app): State<App>) -> Result<impl IntoResponse, Problem> {
    let text = app.metrics.text(&app).await.map_err(Problem::internal)?;
    Ok(([(header::CONTENT_TYPE, OPEN_METRICS)], text))
}
