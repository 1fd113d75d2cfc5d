//! `POST /jobs/{id}/start`

use std::time::Duration;

use axum::{Json, extract::State};
use domain::{
    ObjectKey, Secret,
    protocol::{Source, Start, Started},
};
use objects::{Audience, PresignedGet, Signing};

use super::caller::{FromWorker, refusal};
use crate::{Problem, extract::Body, problem::ProblemBody, state::App};

/// The longest that a signature lives.
const LONGEST_URL: Duration = Duration::from_hours(7 * 24);

/// A worker takes its attempt up
#[utoipa::path(
    post,
    path = "/jobs/{id}/start",
    tag = "workers",
    params(("id" = String, Path, description = "Of the job")),
    request_body = Object,
    responses(
        (status = 200, body = Object),
        (status = 401, body = ProblemBody, description = "`unauthorized`"),
        (status = 404, body = ProblemBody, description = "`not_found`"),
        (status = 409, body = ProblemBody, description = "`other_worker`"),
        (status = 410, body = ProblemBody, description = "`attempt_over`"),
    ),
)]
pub(crate) async fn start(
    State(app): State<App>,
    from: FromWorker,
    Body(start): Body<Start>,
) -> Result<Json<Started>, Problem> {
    let _answering = app.reach.answering();
    let now = app.clock.now();
    let lease = app.settings.lease;
    let caller = from.caller(&start.worker_id);
    let execution = start.execution.as_deref();
    let started = app.store.start(now, caller, execution, lease).await;
    let started = started.map_err(|error| refusal(&app, error))?;

    let left = Duration::from_secs(started.deadline_at.since(now).as_secs().max(1));
    let key = app.settings.prefix.key(&ObjectKey::Source {
        user: started.user,
        upload: started.upload,
        source_type: started.source_type,
    });
    let options = PresignedGet {
        if_match: Some(&started.etag),
        ..PresignedGet::default()
    };
    let signing = Signing {
        audience: Audience::Workers,
        from: now,
        lifetime: left.min(LONGEST_URL),
    };
    let source = app.bucket.presign_get(&key, options, signing).await?;

    tracing::info!(
        job = %from.job, upload = %started.upload, attempt = started.number, worker = start.worker_id.as_str(),
        execution, "an attempt has started"
    );
    Ok(Json(Started {
        upload: started.upload,
        attempt: started.number,
        spec: started.spec,
        source: Source {
            url: Secret::new(source.url),
            etag: started.etag,
            size: started.size,
            source_type: started.source_type,
        },
        lease_seconds: seconds(lease),
        deadline_seconds: seconds(left),
    }))
}

/// As the protocol counts.
pub(super) fn seconds(duration: Duration) -> u32 {
    u32::try_from(duration.as_secs()).unwrap_or(u32::MAX)
}
