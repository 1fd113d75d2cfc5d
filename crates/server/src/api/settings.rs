//! `GET /settings`

use axum::{
    Json,
    extract::State,
    http::header,
    response::{IntoResponse, Response},
};
use domain::SourceType;
use serde::Serialize;
use utoipa::ToSchema;

use crate::{Problem, RegistrationPolicy, problem::ProblemBody, state::App};

/// What a page has to know before anybody has logged in.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Settings)]
pub(crate) struct SettingsView {
    /// The largest file that is taken, in bytes.
    max_upload_bytes: u64,
    /// What the names of files that are taken end in: extensions in lower case, without a dot.
    source_types: Vec<&'static str>,
    registration: RegistrationView,
}

/// Whether somebody who comes now can make an account.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Registration)]
#[serde(rename_all = "snake_case")]
enum RegistrationView {
    /// Anybody, or whoever is the first.
    Open,
    /// The operator makes accounts.
    Closed,
}

/// What is taken here
///
/// Without logging in.
#[utoipa::path(
    get,
    path = "/settings",
    tag = "settings",
    responses(
        (status = 200, body = SettingsView),
        (status = 503, body = ProblemBody, description = "`unavailable`"),
    ),
)]
pub(crate) async fn get_settings(State(app): State<App>) -> Result<Response, Problem> {
    let is_open = match app.settings.registration {
        RegistrationPolicy::Open => true,
        RegistrationPolicy::Closed => false,
        RegistrationPolicy::UntilFirst => !app.store.has_users().await?,
    };
    let view = SettingsView {
        max_upload_bytes: app.settings.max_upload_bytes,
        source_types: SourceType::all().map(SourceType::extension).collect(),
        registration: if is_open {
            RegistrationView::Open
        } else {
            RegistrationView::Closed
        },
    };
    Ok(([(header::CACHE_CONTROL, "no-store")], Json(view)).into_response())
}
