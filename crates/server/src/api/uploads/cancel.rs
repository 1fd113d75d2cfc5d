//! `POST /uploads/{id}/cancel`

use axum::{Json, extract::State};
use domain::UploadState;

use super::UploadView;
use crate::{
    Problem,
    extract::{Account, UploadPath},
    problem::ProblemBody,
    source,
    state::App,
};

/// Call the transfer or the processing off
#[utoipa::path(
    post,
    path = "/uploads/{id}/cancel",
    tag = "uploads",
    params(("id" = String, Path, description = "Of the upload")),
    responses(
        (status = 200, body = UploadView),
        (status = 401, body = ProblemBody, description = "`unauthorized`"),
        (status = 404, body = ProblemBody, description = "`not_found`"),
        (status = 409, body = ProblemBody, description = "`wrong_state`"),
    ),
    security(("access_token" = [])),
)]
pub(crate) async fn cancel_upload(
    State(app): State<App>,
    account: Account,
    UploadPath(id): UploadPath,
) -> Result<Json<UploadView>, Problem> {
    app.store.cancel(app.clock.now(), account.id(), id).await?;
    // Its place may be free now.
    app.work.notify_one();
    let upload = app.store.upload(account.id(), id).await?;
    if upload.state == UploadState::Failed && upload.etag.is_none() {
        source::drop_parts(&app, &upload).await;
    }
    Ok(Json(UploadView::load(&app, account.id(), id).await?))
}
