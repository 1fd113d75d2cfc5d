//! Rows as the databases hold them, and the values that they stand for.

use std::{fmt, str::FromStr};

use domain::{Failure, JobId, SessionId, Timestamp, UploadId, UserId};
use serde::{Serialize, de::DeserializeOwned};
use uuid::Uuid;

use crate::{Doomed, Entry, Multipart, Published, Session, StaleTree, StoreError, Upload, User};

/// The columns of [`UserRow`], of `users u`.
macro_rules! user_columns {
    () => {
        "u.id, u.email, u.password_hash, u.created_at, u.disabled_at"
    };
}
pub(crate) use user_columns;

/// The columns of [`UploadRow`], of `uploads u`. Not `*`: a prepared statement of ours would fail as soon as a newer
/// version adds a column.
macro_rules! upload_columns {
    () => {
        "u.id, u.user_id, u.state, u.filename, u.source_type, u.size, u.multipart_id, u.part_size, \
         u.source_urls_until, u.etag, u.title, u.artist, u.album, u.codec, u.duration_seconds, u.tree, \
         u.renditions, u.playback_until, u.error_code, u.error_message, u.error_retryable, u.failed_at, u.delete_at, \
         u.created_at, u.updated_at"
    };
}
pub(crate) use upload_columns;

/// The columns of [`EntryRow`], of `uploads u`, but for `changed_at`.
macro_rules! entry_columns {
    () => {
        concat!(
            $crate::rows::upload_columns!(),
            ", CASE WHEN u.state = 'processing' THEN (
                SELECT a.progress
                FROM jobs j JOIN attempts a ON a.job_id = j.id AND a.number = j.attempt
                WHERE j.upload_id = u.id AND j.state = 'running'
            ) END AS progress"
        )
    };
}
pub(crate) use entry_columns;

#[derive(sqlx::FromRow)]
pub(crate) struct UserRow {
    id: Uuid,
    email: String,
    password_hash: String,
    created_at: i64,
    disabled_at: Option<i64>,
}

impl From<UserRow> for User {
    fn from(row: UserRow) -> Self {
        Self {
            id: UserId::from_uuid(row.id),
            email: row.email,
            password_hash: row.password_hash,
            created_at: Timestamp::from_millis(row.created_at),
            disabled_at: row.disabled_at.map(Timestamp::from_millis),
        }
    }
}

#[derive(sqlx::FromRow)]
pub(crate) struct SessionRow {
    session_id: Uuid,
    expires_at: i64,
    #[sqlx(flatten)]
    user: UserRow,
}

impl From<SessionRow> for Session {
    fn from(row: SessionRow) -> Self {
        Self {
            id: SessionId::from_uuid(row.session_id),
            user: row.user.into(),
            expires_at: Timestamp::from_millis(row.expires_at),
        }
    }
}

#[derive(sqlx::FromRow)]
pub(crate) struct UploadRow {
    id: Uuid,
    user_id: Uuid,
    state: String,
    filename: String,
    source_type: String,
    size: i64,
    multipart_id: Option<String>,
    part_size: Option<i64>,
    source_urls_until: i64,
    etag: Option<String>,
    title: Option<String>,
    artist: Option<String>,
    album: Option<String>,
    codec: Option<String>,
    duration_seconds: Option<f64>,
    tree: Option<String>,
    renditions: Option<String>,
    playback_until: Option<i64>,
    error_code: Option<String>,
    error_message: Option<String>,
    error_retryable: Option<bool>,
    failed_at: Option<i64>,
    delete_at: Option<i64>,
    created_at: i64,
    updated_at: i64,
}

impl TryFrom<UploadRow> for Upload {
    type Error = StoreError;

    fn try_from(row: UploadRow) -> Result<Self, StoreError> {
        let part_size = row.part_size.map(from_bigint).transpose()?;
        let multipart = row
            .multipart_id
            .zip(part_size)
            .map(|(id, part_size)| Multipart { id, part_size });
        let published = match row.tree.zip(row.renditions) {
            Some((tree, renditions)) => Some(Published {
                tree: parsed(&tree)?,
                renditions: from_json(&renditions)?,
                playback_until: row.playback_until.map(Timestamp::from_millis),
            }),
            None => None,
        };
        Ok(Self {
            id: UploadId::from_uuid(row.id),
            user: UserId::from_uuid(row.user_id),
            state: parsed(&row.state)?,
            filename: row.filename,
            source_type: parsed(&row.source_type)?,
            size: from_bigint(row.size)?,
            multipart,
            source_urls_until: Timestamp::from_millis(row.source_urls_until),
            etag: row.etag,
            title: row.title,
            artist: row.artist,
            album: row.album,
            codec: row.codec,
            duration_seconds: row.duration_seconds,
            published,
            failure: failure(row.error_code, row.error_message, row.error_retryable),
            failed_at: row.failed_at.map(Timestamp::from_millis),
            delete_at: row.delete_at.map(Timestamp::from_millis),
            created_at: Timestamp::from_millis(row.created_at),
            updated_at: Timestamp::from_millis(row.updated_at),
        })
    }
}

#[derive(sqlx::FromRow)]
pub(crate) struct EntryRow {
    #[sqlx(flatten)]
    upload: UploadRow,
    progress: Option<String>,
    changed_at: i64,
}

impl TryFrom<EntryRow> for Entry {
    type Error = StoreError;

    fn try_from(row: EntryRow) -> Result<Self, StoreError> {
        Ok(Self {
            upload: row.upload.try_into()?,
            progress: row.progress.as_deref().map(from_json).transpose()?,
            changed_at: Timestamp::from_millis(row.changed_at),
        })
    }
}

#[derive(sqlx::FromRow)]
pub(crate) struct DoomedRow {
    id: Uuid,
    user_id: Uuid,
    source_type: String,
    multipart_id: Option<String>,
    source_urls_until: i64,
    tree_urls_until: Option<i64>,
}

impl TryFrom<DoomedRow> for Doomed {
    type Error = StoreError;

    fn try_from(row: DoomedRow) -> Result<Self, StoreError> {
        let urls_until = row
            .tree_urls_until
            .map_or(row.source_urls_until, |tree| tree.max(row.source_urls_until));
        Ok(Self {
            id: UploadId::from_uuid(row.id),
            user: UserId::from_uuid(row.user_id),
            source_type: parsed(&row.source_type)?,
            multipart_id: row.multipart_id,
            urls_until: Timestamp::from_millis(urls_until),
        })
    }
}

#[derive(sqlx::FromRow)]
pub(crate) struct StaleTreeRow {
    job_id: Uuid,
    number: i32,
    user_id: Uuid,
    upload_id: Uuid,
    tree: String,
    stale_at: i64,
}

impl TryFrom<StaleTreeRow> for StaleTree {
    type Error = StoreError;

    fn try_from(row: StaleTreeRow) -> Result<Self, StoreError> {
        Ok(Self {
            job: JobId::from_uuid(row.job_id),
            attempt: u32::try_from(row.number).map_err(StoreError::damaged)?,
            user: UserId::from_uuid(row.user_id),
            upload: UploadId::from_uuid(row.upload_id),
            tree: parsed(&row.tree)?,
            stale_at: Timestamp::from_millis(row.stale_at),
        })
    }
}

/// Rows to values, or the first that is damaged.
pub(crate) fn all<R, T: TryFrom<R, Error = StoreError>>(rows: Vec<R>) -> Result<Vec<T>, StoreError> {
    rows.into_iter().map(T::try_from).collect()
}

/// The three columns of a failure, which are null together.
pub(crate) fn failure(code: Option<String>, message: Option<String>, retryable: Option<bool>) -> Option<Failure> {
    Some(Failure {
        code: code?,
        message: message?,
        retryable: retryable?,
    })
}

/// A stored text as what it stands for.
pub(crate) fn parsed<T: FromStr<Err: fmt::Display>>(text: &str) -> Result<T, StoreError> {
    text.parse().map_err(StoreError::damaged)
}

/// A stored JSON text as what it stands for.
pub(crate) fn from_json<T: DeserializeOwned>(json: &str) -> Result<T, StoreError> {
    serde_json::from_str(json).map_err(StoreError::damaged)
}

/// A value as a JSON text to store.
pub(crate) fn to_json(value: &impl Serialize) -> Result<String, StoreError> {
    serde_json::to_string(value).map_err(StoreError::damaged)
}

/// A stored integer that is never negative.
pub(crate) fn from_bigint(number: i64) -> Result<u64, StoreError> {
    u64::try_from(number).map_err(StoreError::damaged)
}

/// An integer to store.
pub(crate) fn to_bigint(number: u64) -> Result<i64, StoreError> {
    i64::try_from(number).map_err(StoreError::damaged)
}

/// Every UPDATE says how many rows it must touch; this is for one, which was read under lock just before.
pub(crate) fn one_row(touched: u64) -> Result<(), StoreError> {
    if touched == 1 {
        Ok(())
    } else {
        Err(StoreError::Damaged(format!("a change of one row touched {touched}")))
    }
}
