//! `POST /uploads/{id}/playback`

use std::time::Duration;

use axum::{Json, extract::State};
use domain::{MASTER, Timestamp};
use objects::{PresignedGet, Signing};
use serde::Serialize;
use store::{StoreError, Upload};
use utoipa::ToSchema;

use crate::{
    Problem,
    api::time::rfc3339,
    extract::{Account, Browser, UploadPath},
    playing::Lifetime,
    problem::ProblemBody,
    source,
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
    /// What was uploaded, for a browser that plays it and cannot play the other. Null: it is not there.
    #[schema(required)]
    original: Option<Original>,
}

/// A file as it was uploaded.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Original {
    /// Of the bucket. Whoever has it can listen, for at least as long as by the other one.
    url: String,
    /// What its name claims that it is.
    content_type: &'static str,
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
    let lifetime = Lifetime::new(app.settings.playback_lifetime);
    let now = app.clock.now();
    let until = lifetime.token_until(now, upload.duration_seconds.unwrap_or(0.0));
    // In the row before the URL is given out, so that a re-run cannot take the tree away from a listener.
    let playback = app.store.playback(account.id(), id, lifetime.tree_until(until)).await;
    let playback = playback.map_err(|error| match error {
        StoreError::WrongState(_) => NotPlayable.into(),
        error => Problem::from(error),
    })?;
    let token = app.tokens.play((account.id(), id), playback.tree, until);
    let token = token.map_err(Problem::internal)?;
    Ok(Json(Playback {
        url: format!("{}/api/v1/play/{token}/{MASTER}", browser.public_url),
        expires_at: rfc3339(until),
        original: original(&app, &browser, &upload, lifetime.object_urls(now, until)).await?,
    }))
}

/// The source, to be played where it is and not to be saved.
async fn original(
    app: &App,
    browser: &Browser,
    upload: &Upload,
    (from, lifetime): (Timestamp, Duration),
) -> Result<Option<Original>, Problem> {
    if upload.etag.is_none() {
        return Ok(None);
    }
    let content_type = upload.source_type.content_type();
    let options = PresignedGet {
        content_disposition: Some("inline"),
        content_type: Some(content_type),
        ..PresignedGet::default()
    };
    let signing = Signing {
        audience: browser.audience(),
        from,
        lifetime,
    };
    let key = source::key(&app.settings, upload);
    let url = app.bucket.presign_get(&key, options, signing).await?.url;
    Ok(Some(Original { url, content_type }))
}
