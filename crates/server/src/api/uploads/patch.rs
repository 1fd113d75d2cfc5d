//! `PATCH /uploads/{id}`

use axum::{Json, extract::State};
use serde::Deserialize;
use store::Names;
use utoipa::ToSchema;

use super::UploadView;
use crate::{
    Problem,
    extract::{Account, Body, UploadPath},
    problem::ProblemBody,
    state::App,
};

/// What fits into 2,000 bytes, whatever the letters.
const LONGEST_NAME: usize = 500;

#[derive(Debug, thiserror::Error)]
#[error("a name has at most {LONGEST_NAME} characters, and no control characters")]
struct BadName;

impl From<BadName> for Problem {
    fn from(bad: BadName) -> Self {
        Self::bad("bad_name", bad.to_string())
    }
}

/// What to call it. What is left out stays as it is, and an empty text takes a name away.
#[derive(Debug, Deserialize, ToSchema)]
pub(crate) struct NewNames {
    title: Option<String>,
    artist: Option<String>,
    album: Option<String>,
}

/// Rename an upload
#[utoipa::path(
    patch,
    path = "/uploads/{id}",
    tag = "uploads",
    params(("id" = String, Path, description = "Of the upload")),
    request_body = NewNames,
    responses(
        (status = 200, body = UploadView),
        (status = 400, body = ProblemBody, description = "`bad_request`, `bad_name`"),
        (status = 401, body = ProblemBody, description = "`unauthorized`"),
        (status = 404, body = ProblemBody, description = "`not_found`"),
        (status = 415, body = ProblemBody, description = "`unsupported_media_type`"),
    ),
    security(("access_token" = [])),
)]
pub(crate) async fn patch_upload(
    State(app): State<App>,
    account: Account,
    UploadPath(id): UploadPath,
    Body(names): Body<NewNames>,
) -> Result<Json<UploadView>, Problem> {
    let names = Names {
        title: checked(names.title.as_deref())?,
        artist: checked(names.artist.as_deref())?,
        album: checked(names.album.as_deref())?,
    };
    app.store.rename(app.clock.now(), account.id(), id, names).await?;
    Ok(Json(UploadView::load(&app, account.id(), id).await?))
}

fn checked(name: Option<&str>) -> Result<Option<&str>, BadName> {
    let is_good = |name: &str| name.chars().count() <= LONGEST_NAME && !name.chars().any(char::is_control);
    match name {
        Some(name) if !is_good(name) => Err(BadName),
        name => Ok(name),
    }
}
