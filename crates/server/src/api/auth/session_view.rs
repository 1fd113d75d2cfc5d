//! A session as the one who is logged in sees it.

use std::time::Duration;

use axum::{
    Json,
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};
use domain::{SessionId, UserId};
use serde::Serialize;
use store::{NewSession, StoreError, User};
use utoipa::ToSchema;

use super::cookie::{self, SetCookie};
use crate::{
    Problem,
    api::time::rfc3339,
    clock::{new_secret, random_array},
    state::State,
};

/// How long a session goes on without being refreshed.
pub(super) const LIFETIME: Duration = Duration::from_hours(30 * 24);
/// How long an access token works.
const ACCESS: Duration = Duration::from_mins(15);

/// Who is logged in.
#[derive(Serialize, ToSchema)]
#[schema(as = Session)]
pub(crate) struct SessionView {
    /// For `Authorization: Bearer …`.
    access_token: String,
    /// After that, refresh.
    expires_in_seconds: u64,
    user: UserView,
}

/// An account.
#[derive(Serialize, ToSchema)]
#[schema(as = User)]
pub(crate) struct UserView {
    /// A UUID.
    #[schema(value_type = String)]
    id: UserId,
    /// As it was typed in.
    email: String,
    created_at: String,
}

/// The answer to whoever is logged in now. Nothing on the way may keep it.
pub(super) struct SessionAnswer {
    status: StatusCode,
    view: SessionView,
    cookie: Option<SetCookie>,
}

impl SessionAnswer {
    /// An access token for a session that there is, with a new refresh token, if there is one.
    pub(super) fn new(app: &State, id: SessionId, user: User, cookie: Option<SetCookie>) -> Result<Self, Problem> {
        let access_token = app.tokens.access(id, app.clock.now() + ACCESS);
        let view = SessionView {
            access_token: access_token.map_err(Problem::internal)?,
            expires_in_seconds: ACCESS.as_secs(),
            user: user.into(),
        };
        Ok(Self {
            status: StatusCode::OK,
            view,
            cookie,
        })
    }

    /// A new session. `None`: the account was locked, deleted or given another password since the one was checked.
    pub(super) async fn begin(app: &State, user: User) -> Result<Option<Self>, Problem> {
        let now = app.clock.now();
        let refresh = new_secret();
        let session = NewSession {
            id: SessionId::new(now, random_array()),
            user: user.id,
            password_hash: user.password_hash.clone(),
            refresh: refresh.hash(),
            expires_at: now + LIFETIME,
        };
        let id = session.id;
        match app.store.create_session(now, session).await {
            Ok(()) => {
                let cookie = cookie::carrying(&app.settings, &refresh)?;
                Ok(Some(Self::new(app, id, user, Some(cookie))?))
            }
            Err(StoreError::NotFound) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    pub(super) fn with_status(self, status: StatusCode) -> Self {
        Self { status, ..self }
    }
}

impl IntoResponse for SessionAnswer {
    fn into_response(self) -> Response {
        let no_store = [(header::CACHE_CONTROL, "no-store")];
        (self.status, no_store, self.cookie, Json(self.view)).into_response()
    }
}

impl From<User> for UserView {
    fn from(user: User) -> Self {
        Self {
            id: user.id,
            email: user.email,
            created_at: rfc3339(user.created_at),
        }
    }
}
