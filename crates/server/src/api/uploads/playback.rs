//! `POST /uploads/{id}/playback`

use axum::{Json, extract::State};
use domain::MASTER;
use serde::Serialize;
use store::StoreError;
use utoipa::ToSchema;

use crate::{
    Problem,
    api::time::rfc3339,
    extract::{Account, Browser, UploadPath},
    playing::{token_until, tree_until},
    problem::ProblemBody,
    state::App,
};

#[derive(Debug, thiserror::Error)]
#[error("there is nothing to play yet; wait until it is ready")]
struct NotPlayable;

impl From<NotPlayable> for Problem {
    fn from(refused: NotPlayable) -> Self {
        Self::conflict("not_playable", refused.to_string())
    }
}

/// Where to play an upload.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Playback {
    /// A multivariant playlist. It needs no header; whoever has it can listen.
    url: String,
    /// Ask for another one then.
    expires_at: String,
}

/// Get a URL to play an upload
#[utoipa::path(
    post,
    path = "/uploads/{id}/playback",
    tag = "uploads",
    params(("id" = String, Path, description = "Of the upload")),
    responses(
        (status = 200, body = Playback),
        (status = 401, body = ProblemBody, description = "`unauthorized`"),
        (status = 404, body = ProblemBody, description = "`not_found`"),
        (status = 409, body = ProblemBody, description = "`not_playable`"),
    ),
    security(("access_token" = [])),
)]
pub(crate) async fn playback_of_upload(
    State(app): State<App>,
    account: Account,
    browser: Browser,
    UploadPath(id): UploadPath,
) -> Result<Json<Playback>, Problem> {
    let upload = app.store.upload(account.id(), id).await?;
    let until = token_until(app.clock.now(), upload.duration_seconds.unwrap_or(0.0));
    // In the row before the URL is given out, so that a re-run cannot take the tree away from a listener.
    let playback = app.store.playback(account.id(), id, tree_until(until)).await;
    let playback = playback.map_err(|error| match error {
        StoreError::WrongState(_) => NotPlayable.into(),
        error => Problem::from(error),
    })?;
    let token = app.tokens.play((account.id(), id), playback.tree, until);
    let token = token.map_err(Problem::internal)?;
    Ok(Json(Playback {
        url: format!("{}/api/v1/play/{token}/{MASTER}", browser.public_url),
        expires_at: rfc3339(until),
    }))
}
