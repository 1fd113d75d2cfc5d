//! `POST /me/password`

use axum::{extract::State, http::StatusCode};
use serde::Deserialize;
use store::{PasswordChange, StoreError};
use utoipa::ToSchema;

use super::confirm::{confirm, wrong};
use crate::{
    Problem,
    extract::{Account, Body},
    passwords,
    problem::ProblemBody,
    state::App,
};

/// The password and the one that is to replace it.
#[derive(Deserialize, ToSchema)]
pub(crate) struct SetPassword {
    #[schema(format = Password)]
    current_password: String,
    /// 8 to 256 characters.
    #[schema(format = Password)]
    new_password: String,
}

/// Choose another password
///
/// All other sessions end.
#[utoipa::path(
    post,
    path = "/me/password",
    tag = "accounts",
    request_body = SetPassword,
    responses(
        (status = 204, description = "From now on the new one works"),
        (status = 400, body = ProblemBody, description = "`bad_password`"),
        (status = 401, body = ProblemBody, description = "`unauthorized`"),
        (status = 403, body = ProblemBody, description = "`wrong_password`"),
        (status = 429, body = ProblemBody, description = "`too_many_requests`"),
    ),
    security(("access_token" = [])),
)]
pub(crate) async fn set_password(
    State(app): State<App>,
    account: Account,
    Body(body): Body<SetPassword>,
) -> Result<StatusCode, Problem> {
    // Before the work of confirming, which the caller would have to do again.
    passwords::check(&body.new_password)?;
    confirm(&app, &account.user, &body.current_password).await?;
    let hash = app.passwords.hash(&body.new_password).await?;

    // All this took its time, in which this session may have ended,
    let now = app.clock.now();
    match app.store.session(now, account.session).await {
        Ok(_) => {}
        Err(StoreError::NotFound) => return Err(Problem::unauthorized("the session is over; log in again")),
        Err(error) => return Err(error.into()),
    }
    // or the password that was confirmed have been changed.
    let change = PasswordChange {
        from: &account.user.password_hash,
        to: &hash,
        session: account.session,
    };
    match app.store.change_password(now, account.id(), change).await {
        Ok(()) => {}
        Err(StoreError::NotFound) => return Err(wrong()),
        Err(error) => return Err(error.into()),
    }
    app.changes.look_again(account.id());
    tracing::info!(user = %account.id(), "a password was changed");
    Ok(StatusCode::NO_CONTENT)
}
