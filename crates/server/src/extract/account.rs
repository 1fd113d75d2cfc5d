use axum::{
    extract::FromRequestParts,
    http::{header, request::Parts},
};
use domain::{SessionId, UserId};
use store::{StoreError, User};

use crate::{Problem, state::App};

/// Who is logged in, by the access token. Looks the session up, so that a log-out and a new password take effect at once.
pub(crate) struct Account {
    pub(crate) user: User,
    pub(crate) session: SessionId,
}

impl Account {
    pub(crate) fn id(&self) -> UserId {
        self.user.id
    }
}

impl FromRequestParts<App> for Account {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Problem> {
        let header = parts.headers.get(header::AUTHORIZATION);
        let token = header
            .and_then(|value| value.to_str().ok())
            .and_then(|value| value.strip_prefix("Bearer "))
            .ok_or(Problem::unauthorized(
                "log in first: send an access token as `Authorization: Bearer …`",
            ))?;
        let over = || Problem::unauthorized("the access token is not valid any more; refresh it or log in again");
        let now = app.clock.now();
        let access = app.tokens.read_access(now, token).map_err(|_| over())?;
        let session = app.store.session(now, access.sid).await.map_err(|error| match error {
            StoreError::NotFound => over(),
            error => error.into(),
        })?;
        tracing::debug!(user = %session.user.id, "authenticated");
        Ok(Self {
            user: session.user,
            session: session.id,
        })
    }
}
