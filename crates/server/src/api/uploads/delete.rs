//! `DELETE /uploads/{id}`

use axum::{Json, extract::State};
use serde::Serialize;
use utoipa::ToSchema;

use crate::{
    Problem,
    api::time::rfc3339,
    extract::{Account, UploadPath},
    problem::ProblemBody,
    state::App,
};

/// An upload that is hidden, and on its way out.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Deleted {
    /// Until then it can be restored.
    delete_at: String,
}

/// Delete an upload
#[utoipa::path(
    delete,
    path = "/uploads/{id}",
    tag = "uploads",
    params(("id" = String, Path, description = "Of the upload")),
    responses(
        (status = 200, body = Deleted, description = "Again: the same"),
        (status = 401, body = ProblemBody, description = "`unauthorized`"),
        (status = 404, body = ProblemBody, description = "`not_found`"),
    ),
    security(("access_token" = [])),
)]
pub(crate) async fn delete_upload(
    State(app): State<App>,
    account: Account,
    UploadPath(id): UploadPath,
) -> Result<Json<Deleted>, Problem> {
    let delete_at = app.store.delete(app.clock.now(), account.id(), id).await?;
    Ok(Json(Deleted {
        delete_at: rfc3339(delete_at),
    }))
}
