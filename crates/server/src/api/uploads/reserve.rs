//! `POST /uploads`

use axum::{Json, extract::State, http::StatusCode};
use domain::{NotTaken, SourceType, Timestamp, UploadId};
use objects::{PresignedPut, Signing};
use serde::{Deserialize, Serialize};
use store::{Multipart, NewUpload, StoreError, Upload};
use utoipa::ToSchema;

use super::{UploadView, put::PutView};
use crate::{
    Problem,
    clock::random_array,
    extract::{Account, Body, Browser},
    problem::ProblemBody,
    request_id::note_upload,
    source,
    state::App,
    transfer::{Parts, lifetime},
};

/// Of one user at a time.
const MOST_UPLOADING: u32 = 100;
const LONGEST_FILENAME: usize = 255;

#[derive(Debug, thiserror::Error)]
enum Refused {
    #[error("a filename has 1 to {LONGEST_FILENAME} characters, without slashes, backslashes and control characters")]
    Filename,
    #[error("there is nothing in this file; choose another")]
    Size,
    #[error("this file is too large; Segue takes up to {}", in_words(*.0))]
    TooLarge(u64),
    #[error(transparent)]
    Type(#[from] NotTaken),
    #[error("{0} uploads are under way already; let some of them finish, or cancel them")]
    TooMany(u32),
}

impl From<Refused> for Problem {
    fn from(refused: Refused) -> Self {
        let detail = refused.to_string();
        match refused {
            Refused::Filename => Self::bad("bad_filename", detail),
            Refused::Size => Self::bad("bad_size", detail),
            Refused::TooLarge(_) => Self::new(StatusCode::PAYLOAD_TOO_LARGE, "too_large", detail),
            Refused::Type(_) => Self::bad("unsupported_type", detail),
            Refused::TooMany(_) => Self::conflict("too_many_uploads", detail),
        }
    }
}

/// A file that is to be uploaded.
#[derive(Debug, Deserialize, ToSchema)]
pub(crate) struct Reservation {
    /// 1 to 255 characters; the extension says what kind of file it is.
    filename: String,
    /// In bytes.
    size: i64,
}

/// An upload that waits for its file.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Reserved {
    upload: UploadView,
    transfer: TransferView,
}

/// How to send the file.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Transfer)]
#[serde(tag = "kind", rename_all = "snake_case")]
enum TransferView {
    /// In one request.
    Single {
        /// This one.
        put: PutView,
    },
    /// In parts, whose URLs `/parts` gives.
    Multipart {
        /// Of all but the last, in bytes.
        part_size: u64,
        /// How many.
        parts: u64,
    },
}

/// Reserve an upload
#[utoipa::path(
    post,
    path = "/uploads",
    tag = "uploads",
    request_body = Reservation,
    responses(
        (status = 201, body = Reserved),
        (status = 400, body = ProblemBody, description = "`bad_request`, `bad_filename`, `bad_size`, `unsupported_type`"),
        (status = 401, body = ProblemBody, description = "`unauthorized`"),
        (status = 409, body = ProblemBody, description = "`too_many_uploads`"),
        (status = 413, body = ProblemBody, description = "`too_large`, `body_too_large`"),
        (status = 415, body = ProblemBody, description = "`unsupported_media_type`"),
        (status = 503, body = ProblemBody, description = "`unavailable`"),
    ),
    security(("access_token" = [])),
)]
pub(crate) async fn reserve_upload(
    State(app): State<App>,
    account: Account,
    browser: Browser,
    Body(reservation): Body<Reservation>,
) -> Result<(StatusCode, Json<Reserved>), Problem> {
    let (source_type, size) = checked(&reservation, app.settings.max_upload_bytes)?;
    let now = app.clock.now();
    let plan = Parts::plan(size);
    let upload = NewUpload {
        id: UploadId::new(now, random_array()),
        user: account.id(),
        filename: reservation.filename,
        source_type,
        size,
        // A file in parts has no URL yet.
        urls_until: plan.map_or(now + lifetime(size), |_| now),
    };
    note_upload(upload.id);
    // The row comes first: whatever the bucket holds from here on, there is something that leads to it.
    let upload = app.store.reserve(now, upload, MOST_UPLOADING).await;
    let upload = upload.map_err(|error| match error {
        StoreError::TooMany(most) => Refused::TooMany(most).into(),
        error => Problem::from(error),
    })?;
    match begin(&app, &browser, &upload, (now, plan)).await {
        Ok(transfer) => {
            let upload = UploadView::load(&app, upload.user, upload.id).await?;
            Ok((StatusCode::CREATED, Json(Reserved { upload, transfer })))
        }
        Err(problem) => {
            // Nobody will ever hear of this upload, so it is not left to be abandoned tomorrow.
            if let Err(error) = app.store.delete(now, upload.user, upload.id).await {
                tracing::warn!(upload = %upload.id, %error, "an upload that could not begin stays for the sweeper");
            }
            Err(problem)
        }
    }
}

async fn begin(
    app: &App,
    browser: &Browser,
    upload: &Upload,
    (now, plan): (Timestamp, Option<Parts>),
) -> Result<TransferView, Problem> {
    let Some(plan) = plan else {
        let put = put_whole(app, browser, upload, now).await?;
        return Ok(TransferView::Single { put });
    };
    let key = source::key(&app.settings, upload);
    let id = app
        .bucket
        .create_multipart(&key, upload.source_type.content_type())
        .await?;
    let multipart = Multipart {
        id: id.clone(),
        part_size: plan.part_size,
    };
    let noted = app
        .store
        .set_multipart(app.clock.now(), upload.user, upload.id, multipart)
        .await;
    if let Err(error) = noted {
        // No row knows of it, so only the cleaner's look at unfinished transfers would find it.
        if let Err(error) = app.bucket.abort_multipart(&key, &id).await {
            tracing::warn!(upload = %upload.id, %error, "a transfer that could not begin stays for the cleaner");
        }
        return Err(error.into());
    }
    Ok(TransferView::Multipart {
        part_size: plan.part_size,
        parts: plan.count(),
    })
}

/// A URL for the whole file. That it works for so long from `from` on must be in the row before.
pub(super) async fn put_whole(
    app: &App,
    browser: &Browser,
    upload: &Upload,
    from: Timestamp,
) -> Result<PutView, Problem> {
    let options = PresignedPut {
        content_type: upload.source_type.content_type(),
        content_length: upload.size,
        cache_control: None,
        // A request whose answer was lost is sent again.
        write_once: false,
    };
    let signing = Signing {
        audience: browser.audience(),
        from,
        lifetime: lifetime(upload.size),
    };
    let key = source::key(&app.settings, upload);
    Ok(app.bucket.presign_put(&key, options, signing).await?.into())
}

fn checked(reservation: &Reservation, most: u64) -> Result<(SourceType, u64), Refused> {
    let filename = &reservation.filename;
    let is_name = |letter: char| !letter.is_control() && letter != '/' && letter != '\\';
    if !(1..=LONGEST_FILENAME).contains(&filename.chars().count()) || !filename.chars().all(is_name) {
        return Err(Refused::Filename);
    }
    let source_type = SourceType::of_filename(filename)?;
    let size = u64::try_from(reservation.size).ok().filter(|size| *size > 0);
    let size = size.ok_or(Refused::Size)?;
    if size > most {
        return Err(Refused::TooLarge(most));
    }
    Ok((source_type, size))
}

/// As in `2 GiB`. Rounded down, so that what is promised is also taken.
fn in_words(bytes: u64) -> String {
    let units = [("TiB", 40), ("GiB", 30), ("MiB", 20), ("KiB", 10)];
    let unit = units.into_iter().find(|(_, bits)| bytes >> bits > 0);
    let Some((name, bits)) = unit else {
        return format!("{bytes} bytes");
    };
    let tenths = (u128::from(bytes) * 10) >> bits;
    match tenths % 10 {
        0 => format!("{} {name}", tenths / 10),
        rest => format!("{}.{rest} {name}", tenths / 10),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limits_are_said_in_words() {
        for (bytes, words) in [
            (2 << 30, "2 GiB"),
            (3 << 29, "1.5 GiB"),
            ((2 << 30) - 1, "1.9 GiB"),
            (500 << 20, "500 MiB"),
            (1_000, "1000 bytes"),
            (u64::MAX, "16777215.9 TiB"),
        ] {
            assert_eq!(in_words(bytes), words);
        }
    }
}
