//! `GET /uploads/{id}`

use axum::{Json, extract::State};

use super::UploadView;
use crate::{
    Problem,
    extract::{Account, UploadPath},
    problem::ProblemBody,
    state::App,
};

/// One upload
#[utoipa::path(
    get,
    path = "/uploads/{id}",
    tag = "uploads",
    params(("id" = String, Path, description = "Of the upload")),
    responses(
        (status = 200, body = UploadView),
        (status = 404, body = ProblemBody, description = "`not_found`"),
    ),
    security(("access_token" = [])),
)]
pub(crate) async fn get_upload(
    State(app): State<App>,
    account: Account,
    UploadPath(id): UploadPath,
) -> Result<Json<UploadView>, Problem> {
    Ok(Json(UploadView::load(&app, account.id(), id).await?))
}
