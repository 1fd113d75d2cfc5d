//! `POST /auth/register`

use axum::{extract::State, http::StatusCode};
use domain::UserId;
use serde::Deserialize;
use store::{NewUser, Registration, StoreError};
use utoipa::ToSchema;

use super::session_view::{SessionAnswer, SessionView};
use crate::{
    Problem, RegistrationPolicy,
    clock::random_array,
    email::check_email,
    extract::{Body, OwnOrigin},
    problem::ProblemBody,
    state::App,
};

fn closed() -> Problem {
    let detail = "new accounts are made by the operator of this server; ask them for one";
    Problem::forbidden("registration_closed", detail)
}

fn taken(error: StoreError) -> Problem {
    match error {
        StoreError::Taken => Problem::conflict("email_taken", "there is an account for this address; log in instead"),
        StoreError::Closed => closed(),
        error => error.into(),
    }
}

/// An account to be.
#[derive(Deserialize, ToSchema)]
pub(crate) struct Register {
    /// Where the user can be written to; nothing is sent there.
    email: String,
    /// 8 to 256 characters.
    #[schema(format = Password)]
    password: String,
}

/// Make an account, and log in
#[utoipa::path(
    post,
    path = "/auth/register",
    tag = "accounts",
    request_body = Register,
    responses(
        (status = 201, body = SessionView, description = "With the refresh token in a cookie"),
        (status = 400, body = ProblemBody, description = "`bad_email`, `bad_password`"),
        (status = 403, body = ProblemBody, description = "`registration_closed`, `wrong_origin`"),
        (status = 409, body = ProblemBody, description = "`email_taken`"),
        (status = 429, body = ProblemBody, description = "`too_many_requests`"),
    ),
)]
pub(crate) async fn register(
    State(app): State<App>,
    _: OwnOrigin,
    Body(body): Body<Register>,
) -> Result<SessionAnswer, Problem> {
    let registration = match app.settings.registration {
        RegistrationPolicy::Open => Registration::Open,
        RegistrationPolicy::UntilFirst => Registration::OnlyFirst,
        RegistrationPolicy::Closed => return Err(closed()),
    };
    let email = check_email(&body.email)?;
    let password_hash = app.passwords.hash(&body.password).await?;

    let now = app.clock.now();
    let user = NewUser {
        id: UserId::new(now, random_array()),
        email: email.to_owned(),
        password_hash,
    };
    let user = app.store.create_user(now, user, registration).await.map_err(taken)?;
    tracing::info!(user = %user.id, "registered");

    let begun = SessionAnswer::begin(&app, user).await?;
    // Somebody was quicker than this line to lock an account that is a moment old.
    let answer = begun.ok_or(Problem::unauthorized("the account is there; log in"))?;
    Ok(answer.with_status(StatusCode::CREATED))
}
