//! `POST /uploads/{id}/retry`

use axum::{Json, extract::State};

use super::UploadView;
use crate::{
    Problem,
    extract::{Account, UploadPath},
    problem::ProblemBody,
    settle::package_job,
    state::App,
};

/// Process an upload again
#[utoipa::path(
    post,
    path = "/uploads/{id}/retry",
    tag = "uploads",
    params(("id" = String, Path, description = "Of the upload")),
    responses(
        (status = 200, body = UploadView, description = "What can be played goes on playing"),
        (status = 401, body = ProblemBody, description = "`unauthorized`"),
        (status = 404, body = ProblemBody, description = "`not_found`"),
        (status = 409, body = ProblemBody, description = "`wrong_state`, `source_gone`"),
    ),
    security(("access_token" = [])),
)]
pub(crate) async fn retry_upload(
    State(app): State<App>,
    account: Account,
    UploadPath(id): UploadPath,
) -> Result<Json<UploadView>, Problem> {
    let job = package_job(&app);
    app.store.retry(app.clock.now(), account.id(), id, job).await?;
    app.job_queued();
    Ok(Json(UploadView::load(&app, account.id(), id).await?))
}
