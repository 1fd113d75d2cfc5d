//! `DELETE /me`

use axum::{extract::State, http::StatusCode, response::IntoResponse};
use serde::Deserialize;
use store::StoreError;
use utoipa::ToSchema;

use super::confirm::confirm;
use crate::{
    Problem,
    api::auth::cleared,
    extract::{Account, Body},
    problem::ProblemBody,
    state::App,
};

/// The password once more.
#[derive(Deserialize, ToSchema)]
pub(crate) struct DeleteMe {
    #[schema(format = Password)]
    password: String,
}

/// Delete the account and all its uploads
#[utoipa::path(
    delete,
    path = "/me",
    tag = "accounts",
    request_body = DeleteMe,
    responses(
        (status = 204, description = "It is gone, and cannot be brought back"),
        (status = 401, body = ProblemBody, description = "`unauthorized`"),
        (status = 403, body = ProblemBody, description = "`wrong_password`"),
        (status = 429, body = ProblemBody, description = "`too_many_requests`"),
    ),
    security(("access_token" = [])),
)]
pub(crate) async fn delete_me(
    State(app): State<App>,
    account: Account,
    Body(body): Body<DeleteMe>,
) -> Result<impl IntoResponse, Problem> {
    confirm(&app, &account.user, &body.password).await?;
    match app.store.delete_user(app.clock.now(), account.id()).await {
        // Another request was quicker.
        Ok(()) | Err(StoreError::NotFound) => {}
        Err(error) => return Err(error.into()),
    }
    app.changes.look_again(account.id());
    tracing::info!(user = %account.id(), "an account was deleted by its owner");
    Ok((StatusCode::NO_CONTENT, cleared(&app.settings)?, ()))
}
