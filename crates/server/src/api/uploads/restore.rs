//! `POST /uploads/{id}/restore`

use axum::{Json, extract::State};
use store::StoreError;

use super::UploadView;
use crate::{
    Problem,
    extract::{Account, UploadPath},
    problem::ProblemBody,
    state::App,
};

/// Take a delete back
#[utoipa::path(
    post,
    path = "/uploads/{id}/restore",
    tag = "uploads",
    params(("id" = String, Path, description = "Of the upload")),
    responses(
        (status = 200, body = UploadView, description = "Also if it was not deleted"),
        (status = 401, body = ProblemBody, description = "`unauthorized`"),
        (status = 404, body = ProblemBody, description = "`not_found`: it is gone"),
    ),
    security(("access_token" = [])),
)]
pub(crate) async fn restore_upload(
    State(app): State<App>,
    account: Account,
    UploadPath(id): UploadPath,
) -> Result<Json<UploadView>, Problem> {
    let restored = app.store.restore(app.clock.now(), account.id(), id).await;
    restored.map_err(|error| match error {
        // The only state that it cannot come back from.
        StoreError::WrongState(_) => StoreError::NotFound,
        error => error,
    })?;
    Ok(Json(UploadView::load(&app, account.id(), id).await?))
}
