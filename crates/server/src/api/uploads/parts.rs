//! `POST /uploads/{id}/parts`

use axum::{Json, extract::State};
use domain::{Timestamp, UploadState};
use objects::{ObjectError, Signing};
use serde::{Deserialize, Serialize};
use store::{Multipart, StoreError, Upload};
use utoipa::ToSchema;

use super::{put::PutView, reserve::put_whole};
use crate::{
    Problem,
    extract::{Account, Body, Browser, UploadPath},
    problem::ProblemBody,
    source,
    state::App,
    transfer::{Parts, lifetime},
};

/// Of one request.
const MOST_NUMBERS: usize = 100;

#[derive(Debug, thiserror::Error)]
enum Refused {
    #[error("at most {MOST_NUMBERS} parts can be asked for at once")]
    TooManyNumbers,
    #[error("this file goes in one request; ask with an empty list of numbers")]
    NotInParts,
    #[error("there is no part {number}; this file has parts 1 to {last}")]
    NoSuchPart { number: u16, last: u64 },
    #[error("all parts are put together already; say that it is complete")]
    PutTogether,
}

impl From<Refused> for Problem {
    fn from(refused: Refused) -> Self {
        let detail = refused.to_string();
        match refused {
            Refused::TooManyNumbers | Refused::NotInParts | Refused::NoSuchPart { .. } => Self::bad_request(detail),
            Refused::PutTogether => Self::conflict("wrong_state", detail),
        }
    }
}

/// What is to be sent next.
#[derive(Debug, Deserialize, ToSchema)]
pub(crate) struct PartsWanted {
    /// Counted from 1; at most 100, or none to see what is there.
    numbers: Vec<u16>,
}

/// How to go on with a transfer.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct TransferParts {
    /// For a file that goes in one request, otherwise null.
    #[schema(required)]
    put: Option<PutView>,
    /// Those that were asked for.
    parts: Vec<PartView>,
    /// Those that the bucket has.
    uploaded: Vec<UploadedView>,
}

/// A part to send.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Part)]
struct PartView {
    number: u16,
    /// In bytes; no other length is taken.
    length: u64,
    put: PutView,
}

/// A part that the bucket has.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = UploadedPart)]
struct UploadedView {
    number: u16,
    /// In bytes.
    size: u64,
}

/// Get URLs to send the file to, and see what is there
#[utoipa::path(
    post,
    path = "/uploads/{id}/parts",
    tag = "uploads",
    params(("id" = String, Path, description = "Of the upload")),
    request_body = PartsWanted,
    responses(
        (status = 200, body = TransferParts),
        (status = 400, body = ProblemBody, description = "`bad_request`"),
        (status = 401, body = ProblemBody, description = "`unauthorized`"),
        (status = 404, body = ProblemBody, description = "`not_found`"),
        (status = 409, body = ProblemBody, description = "`wrong_state`"),
        (status = 415, body = ProblemBody, description = "`unsupported_media_type`"),
        (status = 503, body = ProblemBody, description = "`unavailable`"),
    ),
    security(("access_token" = [])),
)]
pub(crate) async fn upload_parts(
    State(app): State<App>,
    account: Account,
    browser: Browser,
    UploadPath(id): UploadPath,
    Body(PartsWanted { numbers }): Body<PartsWanted>,
) -> Result<Json<TransferParts>, Problem> {
    if numbers.len() > MOST_NUMBERS {
        return Err(Refused::TooManyNumbers.into());
    }
    let upload = app.store.upload(account.id(), id).await?;
    if upload.state != UploadState::Uploading {
        return Err(StoreError::WrongState(upload.state.to_string()).into());
    }
    let Some(multipart) = &upload.multipart else {
        if !numbers.is_empty() {
            return Err(Refused::NotInParts.into());
        }
        let from = extend_urls(&app, &upload, upload.size).await?;
        return Ok(Json(TransferParts {
            put: Some(put_whole(&app, &browser, &upload, from).await?),
            parts: Vec::new(),
            uploaded: Vec::new(),
        }));
    };
    let plan = Parts {
        size: upload.size,
        part_size: multipart.part_size,
    };
    let wanted = lengths(plan, &numbers)?;
    let uploaded = uploaded(&app, &upload, multipart).await?;
    Ok(Json(TransferParts {
        put: None,
        parts: put_parts(&app, &browser, &upload, multipart, wanted).await?,
        uploaded,
    }))
}

fn lengths(plan: Parts, numbers: &[u16]) -> Result<Vec<(u16, u64)>, Refused> {
    let with_length = |&number: &u16| {
        let last = plan.count();
        let length = plan.length(number).ok_or(Refused::NoSuchPart { number, last })?;
        Ok((number, length))
    };
    numbers.iter().map(with_length).collect()
}

async fn uploaded(app: &App, upload: &Upload, multipart: &Multipart) -> Result<Vec<UploadedView>, Problem> {
    let key = source::key(&app.settings, upload);
    let parts = app.bucket.list_parts(&key, &multipart.id).await;
    let parts = parts.map_err(|error| match error {
        ObjectError::NoSuchUpload => Refused::PutTogether.into(),
        error => Problem::from(error),
    })?;
    let view = |part: objects::Part| UploadedView {
        number: part.number,
        size: part.size,
    };
    Ok(parts.into_iter().map(view).collect())
}

async fn put_parts(
    app: &App,
    browser: &Browser,
    upload: &Upload,
    multipart: &Multipart,
    wanted: Vec<(u16, u64)>,
) -> Result<Vec<PartView>, Problem> {
    if wanted.is_empty() {
        return Ok(Vec::new());
    }
    let signing = Signing {
        audience: browser.audience(),
        from: extend_urls(app, upload, multipart.part_size).await?,
        lifetime: lifetime(multipart.part_size),
    };
    let key = source::key(&app.settings, upload);
    let mut parts = Vec::with_capacity(wanted.len());
    for (number, length) in wanted {
        let put = app
            .bucket
            .presign_part(&key, &multipart.id, number, length, signing)
            .await?;
        let put = put.into();
        parts.push(PartView { number, length, put });
    }
    Ok(parts)
}

/// In the row before a URL is given out, so that nothing is cleaned up under it. Returns from when to sign.
async fn extend_urls(app: &App, upload: &Upload, bytes: u64) -> Result<Timestamp, Problem> {
    let now = app.clock.now();
    let until = now + lifetime(bytes);
    app.store.extend_urls(now, upload.user, upload.id, until).await?;
    Ok(now)
}
