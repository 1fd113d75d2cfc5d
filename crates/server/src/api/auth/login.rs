//! `POST /auth/login`

use axum::{extract::State, http::StatusCode};
use serde::Deserialize;
use store::StoreError;
use utoipa::ToSchema;

use super::session_view::{SessionAnswer, SessionView};
use crate::{
    Problem,
    extract::{Body, OwnOrigin},
    problem::ProblemBody,
    state::App,
};

/// The same for an address that nobody has: whether there is an account is nobody's business.
fn wrong() -> Problem {
    let detail = "the address or the password is wrong";
    Problem::new(StatusCode::UNAUTHORIZED, "wrong_credentials", detail)
}

fn disabled() -> Problem {
    Problem::forbidden(
        "account_disabled",
        "this account is locked; ask the operator of this server",
    )
}

/// Who wants in.
#[derive(Deserialize, ToSchema)]
pub(crate) struct Login {
    email: String,
    #[schema(format = Password)]
    password: String,
}

/// Log in
#[utoipa::path(
    post,
    path = "/auth/login",
    tag = "accounts",
    request_body = Login,
    responses(
        (status = 200, body = SessionView, description = "With the refresh token in a cookie"),
        (status = 401, body = ProblemBody, description = "`wrong_credentials`"),
        (status = 403, body = ProblemBody, description = "`account_disabled`, `wrong_origin`"),
        (status = 429, body = ProblemBody, description = "`too_many_requests`"),
    ),
)]
pub(crate) async fn login(
    State(app): State<App>,
    _: OwnOrigin,
    Body(body): Body<Login>,
) -> Result<SessionAnswer, Problem> {
    let email = body.email.trim();
    app.failed_logins.check(app.clock.now(), email)?;
    let user = match app.store.user_by_email(email).await {
        Ok(user) => Some(user),
        Err(StoreError::NotFound) => None,
        Err(error) => return Err(error.into()),
    };

    // First the password, and only then what it tells: otherwise the answer, or its time, would tell it to anybody.
    let stored = user.as_ref().map(|user| user.password_hash.clone());
    let is_right = app.passwords.verify(&body.password, stored).await?;
    let Some(user) = user.filter(|_| is_right) else {
        app.failed_logins.note(app.clock.now(), email);
        return Err(wrong());
    };
    if user.disabled_at.is_some() {
        return Err(disabled());
    }

    let id = user.id;
    let answer = SessionAnswer::begin(&app, user).await?.ok_or_else(wrong)?;
    app.failed_logins.forget(email);
    tracing::info!(user = %id, "logged in");
    Ok(answer)
}
