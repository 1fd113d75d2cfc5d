//! `POST /jobs/claim`

use axum::{
    Json,
    extract::State,
    http::StatusCode,
    response::{IntoResponse, Response},
};
use domain::protocol;
use store::Claimed;

use super::caller::FromPool;
use crate::{Problem, dispatcher::Draw, state::App};

/// What the attempts of pools say launched them.
const LAUNCHER: &str = "pool";

/// A worker of a pool asks for a job. 204: there is none now.
pub(crate) async fn claim(State(app): State<App>, _: FromPool) -> Result<Response, Problem> {
    let draw = Draw::new();
    let claim = draw.claim(&app.settings, LAUNCHER);
    let claimed = app.store.claim(app.clock.now(), claim).await?;
    let Claimed::Job(job) = claimed else {
        return Ok(StatusCode::NO_CONTENT.into_response());
    };
    tracing::info!(job = %job.job, upload = %job.upload, attempt = job.number, "a pool took a job");
    let claimed = protocol::Claimed {
        job: job.job,
        job_secret: draw.secret,
    };
    Ok(Json(claimed).into_response())
}
