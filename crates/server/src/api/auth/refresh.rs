//! `POST /auth/refresh`

use axum::{extract::State, http::StatusCode};
use store::Rotation;

use super::{
    cookie::{self, Cookie},
    session_view::{LIFETIME, SessionAnswer, SessionView},
};
use crate::{Problem, clock::new_secret, extract::OwnOrigin, problem::ProblemBody, state::App};

fn over() -> Problem {
    Problem::new(
        StatusCode::UNAUTHORIZED,
        "session_over",
        "the session is over; log in again",
    )
}

/// A new access token, and usually a new refresh token
///
/// The refresh token is in the cookie. The one that it replaces is good for 30 seconds more, for another tab that asks at
/// the same time. An older one ends the session, since somebody must have a copy of it.
#[utoipa::path(
    post,
    path = "/auth/refresh",
    tag = "accounts",
    responses(
        (status = 200, body = SessionView),
        (status = 401, body = ProblemBody, description = "`session_over`"),
        (status = 403, body = ProblemBody, description = "`wrong_origin`"),
    ),
)]
pub(crate) async fn refresh(
    State(app): State<App>,
    _: OwnOrigin,
    Cookie(presented): Cookie,
) -> Result<SessionAnswer, Problem> {
    let presented = presented.ok_or_else(over)?;
    let now = app.clock.now();
    let next = new_secret();
    let rotation = app
        .store
        .rotate(now, presented.hash(), next.hash(), now + LIFETIME)
        .await?;
    match rotation {
        Rotation::Rotated(session) => {
            let cookie = cookie::carrying(&app.settings, &next)?;
            SessionAnswer::new(&app, session.id, session.user, Some(cookie))
        }
        Rotation::Predecessor(session) => SessionAnswer::new(&app, session.id, session.user, None),
        Rotation::Reused(session) => {
            tracing::warn!(%session, "an old refresh token was used again; its session has been ended");
            Err(over())
        }
        // The cookie is left alone: another tab may have logged in meanwhile, and the new one would go with it.
        Rotation::Unknown => Err(over()),
    }
}
