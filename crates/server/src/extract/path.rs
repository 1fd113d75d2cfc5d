use axum::{
    extract::{FromRequestParts, Path},
    http::request::Parts,
};
use domain::{JobId, UploadId};

use crate::{Problem, request_id::note_upload, state::App};

/// The upload that a path names. What is no id names none.
pub(crate) struct UploadPath(pub(crate) UploadId);

/// The job that a path names.
pub(crate) struct JobPath(pub(crate) JobId);

impl FromRequestParts<App> for UploadPath {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Problem> {
        let id = Path::<UploadId>::from_request_parts(parts, app).await;
        let Path(id) = id.map_err(|_| Problem::not_found("upload"))?;
        note_upload(id);
        Ok(Self(id))
    }
}

impl FromRequestParts<App> for JobPath {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Problem> {
        let id = Path::<JobId>::from_request_parts(parts, app).await;
        id.map(|Path(id)| Self(id)).map_err(|_| Problem::not_found("job"))
    }
}
