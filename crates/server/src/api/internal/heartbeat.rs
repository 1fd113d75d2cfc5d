//! `POST /jobs/{id}/heartbeat`

use axum::{Json, extract::State};
use domain::protocol::{Heartbeat, Order};
use store::{Heard, Progress};

use super::{
    caller::{FromWorker, refusal},
    start::seconds,
};
use crate::{Problem, extract::Body, problem::ProblemBody, state::App};

/// A worker lives, and this is how far it is
#[utoipa::path(
    post,
    path = "/jobs/{id}/heartbeat",
    tag = "workers",
    params(("id" = String, Path, description = "Of the job")),
    request_body = Object,
    responses(
        (status = 200, body = Object, description = "Go on, or stop"),
        (status = 401, body = ProblemBody, description = "`unauthorized`"),
        (status = 404, body = ProblemBody, description = "`not_found`"),
        (status = 409, body = ProblemBody, description = "`other_worker`"),
        (status = 410, body = ProblemBody, description = "`attempt_over`"),
    ),
)]
pub(crate) async fn heartbeat(
    State(app): State<App>,
    from: FromWorker,
    Body(heartbeat): Body<Heartbeat>,
) -> Result<Json<Order>, Problem> {
    let _answering = app.reach.answering();
    let now = app.clock.now();
    let lease = app.settings.lease;
    let caller = from.caller(&heartbeat.worker_id);
    let progress = Progress {
        encoded: heartbeat.progress,
        total: heartbeat.duration_seconds,
    };
    let heard = app.store.heartbeat(now, caller, &progress, lease).await;
    Ok(Json(match heard.map_err(|error| refusal(&app, error))? {
        Heard::Continue => Order::Continue {
            lease_seconds: seconds(lease),
        },
        Heard::Stop => Order::Stop,
    }))
}
