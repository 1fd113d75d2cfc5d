use axum::{
    extract::{FromRequestParts, Path},
    http::{StatusCode, request::Parts},
};
use domain::Rung;
use serde::Deserialize;
use store::StoreError;

use crate::{Problem, state::App, tokens::Play};

/// Who may play what, by the token in the path; and the rendition, where the path names one.
///
/// The tree need not be the one that is published: a re-run while somebody listens must not break the stream. What was
/// deleted stops, even while its delete can be taken back, and so does what belongs to a user who is locked out.
pub(crate) struct Listener {
    pub(crate) play: Play,
    pub(crate) rung: Option<Rung>,
}

#[derive(Deserialize)]
struct PlayPath {
    token: String,
    #[serde(default)]
    rung: Option<Rung>,
}

impl FromRequestParts<App> for Listener {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Problem> {
        let path = Path::<PlayPath>::from_request_parts(parts, app).await;
        let Path(PlayPath { token, rung }) = path.map_err(|_| Problem::not_found("rendition"))?;
        let play = app.tokens.read_play(app.clock.now(), &token).map_err(|_| bad_token())?;
        let user = app.store.user(play.user).await.map_err(or_gone)?;
        if user.disabled_at.is_some() {
            return Err(bad_token());
        }
        let upload = app.store.upload(play.user, play.upload).await.map_err(or_gone)?;
        if upload.published.is_none() {
            return Err(gone());
        }
        Ok(Self { play, rung })
    }
}

fn bad_token() -> Problem {
    let detail = "this URL is not valid, or not any more; ask for a new one to play";
    Problem::forbidden("bad_token", detail)
}

/// What the token leads to is not there any more.
pub(crate) fn gone() -> Problem {
    let detail = "this stream is not there any more; ask for a new URL to play";
    Problem::new(StatusCode::NOT_FOUND, "gone", detail)
}

fn or_gone(error: StoreError) -> Problem {
    match error {
        StoreError::NotFound => gone(),
        error => error.into(),
    }
}
