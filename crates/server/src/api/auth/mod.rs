//! `/auth`: beginning sessions, keeping them up, and ending them.

mod cookie;
mod login;
mod logout;
mod refresh;
mod register;
mod session_view;

use utoipa_axum::{router::OpenApiRouter, routes};

use crate::state::App;

pub(crate) use cookie::cleared;
pub(crate) use session_view::UserView;

pub(crate) fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(register::register))
        .routes(routes!(login::login))
        .routes(routes!(refresh::refresh))
        .routes(routes!(logout::logout))
}
