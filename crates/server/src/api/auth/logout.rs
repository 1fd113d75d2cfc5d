//! `POST /auth/logout`

use axum::{extract::State, http::StatusCode, response::IntoResponse};
use domain::Secret;
use store::{Rotation, StoreError};

use super::{
    cookie::{Cookie, cleared},
    session_view::LIFETIME,
};
use crate::{
    Problem,
    clock::new_secret,
    extract::OwnOrigin,
    problem::ProblemBody,
    state::{App, State as Server},
};

/// Log out
#[utoipa::path(
    post,
    path = "/auth/logout",
    tag = "accounts",
    responses(
        (status = 204, description = "Always, and the cookie is gone"),
        (status = 403, body = ProblemBody, description = "`wrong_origin`"),
    ),
)]
pub(crate) async fn logout(
    State(app): State<App>,
    _: OwnOrigin,
    Cookie(presented): Cookie,
) -> Result<impl IntoResponse, Problem> {
    if let Some(presented) = presented
        && let Err(error) = end(&app, &presented).await
    {
        // Whoever logs out can do nothing about it, and must not be left with the cookie.
        tracing::error!(%error, "a session could not be ended at log-out");
    }
    Ok((StatusCode::NO_CONTENT, cleared(&app.settings)?, ()))
}

/// Exchanging the token is what shows whose it is.
async fn end(app: &Server, presented: &Secret) -> Result<(), StoreError> {
    let now = app.clock.now();
    let next = new_secret().hash();
    let rotation = app.store.rotate(now, presented.hash(), next, now + LIFETIME).await?;
    if let Rotation::Rotated(session) | Rotation::Predecessor(session) = rotation {
        app.store.revoke_session(now, session.id).await?;
        app.changes.look_again(session.user.id);
        tracing::info!(user = %session.user.id, "logged out");
    }
    Ok(())
}
