//! `GET /me`

use axum::Json;

use crate::{api::auth::UserView, extract::Account, problem::ProblemBody};

/// Who is logged in
#[utoipa::path(
    get,
    path = "/me",
    tag = "accounts",
    responses(
        (status = 200, body = UserView),
        (status = 401, body = ProblemBody, description = "`unauthorized`"),
    ),
    security(("access_token" = [])),
)]
pub(crate) async fn get_me(account: Account) -> Json<UserView> {
    Json(account.user.into())
}
