//! `/me`: one's own account.

mod confirm;
mod delete;
mod get;
mod password;

use utoipa_axum::{router::OpenApiRouter, routes};

use crate::state::App;

pub(crate) fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(get::get_me, delete::delete_me))
        .routes(routes!(password::set_password))
}
