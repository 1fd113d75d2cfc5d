//! What several verbs do to an upload and its job. Each of these runs within its caller's transaction.
//!
//! Rows are locked in one order everywhere, so that no two transactions wait for each other: the user, the upload, its
//! job, the attempt. A claim, which goes through jobs of many uploads, passes over those that are locked.

use domain::{Failure, JobEvent, JobId, JobState, Timestamp, UploadEvent, UploadId, UploadState, UserId};
use uuid::Uuid;

use super::{Connection, Db, dialect};
use crate::{
    NewJob, StoreError, Upload,
    rows::{UploadRow, one_row, parsed, to_json, upload_columns},
};

/// Beyond this the fair rank makes no difference, and counting would cost.
const HIGHEST_RANK: i64 = 1_000;

/// Reads an upload that is about to be changed, whoever's it is and whether or not it is hidden.
pub(super) async fn lock_upload(connection: &mut Connection, id: UploadId) -> Result<Upload, StoreError> {
    let sql = dialect::locking!("SELECT ", upload_columns!(), " FROM uploads u WHERE u.id = $1");
    let query = sqlx::query_as::<Db, UploadRow>(sql).bind(id.as_uuid());
    query.fetch_one(connection).await?.try_into()
}

/// Reads a user's upload that is about to be changed. Another user's is not found.
pub(super) async fn lock_upload_of(
    connection: &mut Connection,
    user: UserId,
    id: UploadId,
) -> Result<Upload, StoreError> {
    let upload = lock_upload(connection, id).await?;
    if upload.user == user {
        Ok(upload)
    } else {
        Err(StoreError::NotFound)
    }
}

/// The same, where what is hidden by a delete is not found either.
pub(super) async fn lock_visible(
    connection: &mut Connection,
    user: UserId,
    id: UploadId,
) -> Result<Upload, StoreError> {
    let upload = lock_upload_of(connection, user, id).await?;
    if upload.delete_at.is_none() {
        Ok(upload)
    } else {
        Err(StoreError::NotFound)
    }
}

/// The state that an event leads to, or [`StoreError::WrongState`].
pub(super) fn upload_after(upload: &Upload, event: UploadEvent) -> Result<UploadState, StoreError> {
    let next = upload.state.after(event);
    next.ok_or_else(|| StoreError::WrongState(upload.state.to_string()))
}

/// Moves an upload, which was read under lock, into the state that an event leads to. `failure` is for `failed` alone.
pub(super) async fn move_upload(
    connection: &mut Connection,
    now: Timestamp,
    (id, from): (UploadId, UploadState),
    event: UploadEvent,
    failure: Option<&Failure>,
) -> Result<UploadState, StoreError> {
    let next = from
        .after(event)
        .ok_or_else(|| StoreError::WrongState(from.to_string()))?;
    let failure = failure.filter(|_| next == UploadState::Failed);
    let touched = sqlx::query::<Db>(
        "UPDATE uploads
         SET state = $1, error_code = $2, error_message = $3, error_retryable = $4, failed_at = $5, updated_at = $6
         WHERE id = $7 AND state = $8",
    )
    .bind(next.as_str())
    .bind(failure.map(|failure| &*failure.code))
    .bind(failure.map(|failure| &*failure.message))
    .bind(failure.map(|failure| failure.retryable))
    .bind(failure.map(|_| now.as_millis()))
    .bind(now.as_millis())
    .bind(id.as_uuid())
    .bind(from.as_str())
    .execute(connection)
    .await?
    .rows_affected();
    one_row(touched)?;
    Ok(next)
}

/// Queues a job for an upload that is, or is about to be, `queued`.
pub(super) async fn enqueue(
    connection: &mut Connection,
    now: Timestamp,
    upload: &Upload,
    job: &NewJob,
) -> Result<(), StoreError> {
    let rank: i64 = sqlx::query_scalar::<Db, _>(
        "SELECT count(*) FROM (
             SELECT 1 FROM jobs WHERE user_id = $1 AND state IN ('queued', 'launching', 'running') LIMIT $2
         ) AS unfinished",
    )
    .bind(upload.user.as_uuid())
    .bind(HIGHEST_RANK)
    .fetch_one(&mut *connection)
    .await?;
    let touched = sqlx::query::<Db>(
        "INSERT INTO jobs (id, upload_id, user_id, kind, spec, state, priority, fair_rank, run_at, created_at, updated_at)
         VALUES ($1, $2, $3, 'package', $4, 'queued', $5, $6, $7, $7, $7)",
    )
    .bind(job.id.as_uuid())
    .bind(upload.id.as_uuid())
    .bind(upload.user.as_uuid())
    .bind(to_json(&job.spec)?)
    .bind(job.priority)
    .bind(i32::try_from(rank).map_err(StoreError::damaged)?)
    .bind(now.as_millis())
    .execute(&mut *connection)
    .await?
    .rows_affected();
    one_row(touched)
}

/// Calls off an upload's unfinished job, if it has one, and the attempt in flight, whose slot is free from then on.
/// The upload must be locked. Returns the job.
pub(super) async fn cancel_work(
    connection: &mut Connection,
    now: Timestamp,
    upload: UploadId,
) -> Result<Option<JobId>, StoreError> {
    let sql = dialect::locking!(
        "SELECT id, state FROM jobs
         WHERE upload_id = $1 AND kind = 'package' AND state IN ('queued', 'launching', 'running')"
    );
    let job = sqlx::query_as::<Db, (Uuid, String)>(sql)
        .bind(upload.as_uuid())
        .fetch_optional(&mut *connection)
        .await?;
    let Some((job, state)) = job else {
        return Ok(None);
    };
    let state: JobState = parsed(&state)?;
    let next = state.after(JobEvent::Cancelled);
    let next = next.ok_or_else(|| StoreError::WrongState(state.to_string()))?;
    let touched = sqlx::query::<Db>(
        "UPDATE attempts SET ended_at = $1, stale_at = $1, outcome = 'cancelled' WHERE job_id = $2 AND ended_at IS NULL",
    )
    .bind(now.as_millis())
    .bind(job)
    .execute(&mut *connection)
    .await?
    .rows_affected();
    // A job that waits has no attempt in flight.
    if state != JobState::Queued {
        one_row(touched)?;
    }
    let touched =
        sqlx::query::<Db>("UPDATE jobs SET state = $1, ended_at = $2, updated_at = $2 WHERE id = $3 AND state = $4")
            .bind(next.as_str())
            .bind(now.as_millis())
            .bind(job)
            .bind(state.as_str())
            .execute(&mut *connection)
            .await?
            .rows_affected();
    one_row(touched)?;
    Ok(Some(JobId::from_uuid(job)))
}

/// Puts an upload, which was read under lock, on its way out: nothing of it can be played or worked on any more.
pub(super) async fn start_deleting(
    connection: &mut Connection,
    now: Timestamp,
    upload: &Upload,
) -> Result<(), StoreError> {
    let next = upload_after(upload, UploadEvent::DeleteDue)?;
    cancel_work(connection, now, upload.id).await?;
    let touched = sqlx::query::<Db>(
        "UPDATE uploads
         SET state = $1, delete_at = coalesce(delete_at, $2), tree = NULL, renditions = NULL, playback_until = NULL,
             error_code = NULL, error_message = NULL, error_retryable = NULL, failed_at = NULL, updated_at = $2
         WHERE id = $3 AND state = $4",
    )
    .bind(next.as_str())
    .bind(now.as_millis())
    .bind(upload.id.as_uuid())
    .bind(upload.state.as_str())
    .execute(connection)
    .await?
    .rows_affected();
    one_row(touched)
}
