//! `POST /uploads/{id}/complete`

use axum::{Json, extract::State};
use domain::{Failure, UploadState};
use store::{StoreError, Upload};

use super::UploadView;
use crate::{
    Problem,
    extract::{Account, UploadPath},
    problem::ProblemBody,
    settle::{SettleError, Settling, settle},
    state::App,
};

#[derive(Debug, thiserror::Error)]
enum Refused {
    #[error("the file has not arrived; send it to the URL that the reservation gave, and try again")]
    SourceMissing,
    #[error("{have} of {of} parts have arrived; send the others, and try again")]
    PartsMissing { have: u64, of: u64 },
    #[error("{}", Failure::size_mismatch().message)]
    SizeMismatch,
}

impl From<Refused> for Problem {
    fn from(refused: Refused) -> Self {
        let detail = refused.to_string();
        match refused {
            Refused::SourceMissing => Self::conflict("source_missing", detail),
            Refused::PartsMissing { .. } => Self::conflict("parts_missing", detail),
            Refused::SizeMismatch => Self::conflict("size_mismatch", detail),
        }
    }
}

impl From<SettleError> for Problem {
    fn from(error: SettleError) -> Self {
        match error {
            SettleError::Store(error) => error.into(),
            SettleError::Bucket(error) => error.into(),
        }
    }
}

/// Say that the file was sent
#[utoipa::path(
    post,
    path = "/uploads/{id}/complete",
    tag = "uploads",
    params(("id" = String, Path, description = "Of the upload")),
    responses(
        (status = 200, body = UploadView),
        (status = 401, body = ProblemBody, description = "`unauthorized`"),
        (status = 404, body = ProblemBody, description = "`not_found`"),
        (
            status = 409,
            body = ProblemBody,
            description = "`source_missing`, `parts_missing`, `size_mismatch`, `wrong_state`",
        ),
        (status = 503, body = ProblemBody, description = "`unavailable`"),
    ),
    security(("access_token" = [])),
)]
pub(crate) async fn complete_upload(
    State(app): State<App>,
    account: Account,
    UploadPath(id): UploadPath,
) -> Result<Json<UploadView>, Problem> {
    let upload = app.store.upload(account.id(), id).await?;
    if upload.etag.is_none() {
        settle_now(&app, &upload).await?;
    }
    Ok(Json(UploadView::load(&app, account.id(), id).await?))
}

async fn settle_now(app: &App, upload: &Upload) -> Result<(), Problem> {
    if upload.state != UploadState::Uploading {
        return Err(over(upload));
    }
    match settle(app, upload).await {
        Ok(Settling::Settled) => Ok(()),
        Ok(Settling::SourceMissing) => Err(Refused::SourceMissing.into()),
        Ok(Settling::PartsMissing { have, of }) => Err(Refused::PartsMissing { have, of }.into()),
        Ok(Settling::SizeMismatch) => Err(Refused::SizeMismatch.into()),
        Err(error) if error.is_overtaken() => {
            let upload = app.store.upload(upload.user, upload.id).await?;
            if upload.etag.is_some() {
                Ok(())
            } else {
                Err(over(&upload))
            }
        }
        Err(error) => Err(error.into()),
    }
}

/// The transfer ended without a source.
fn over(upload: &Upload) -> Problem {
    match &upload.failure {
        Some(failure) if failure.code == Failure::size_mismatch().code => Refused::SizeMismatch.into(),
        _ => StoreError::WrongState(upload.state.to_string()).into(),
    }
}
