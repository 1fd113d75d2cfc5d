//! Attempts with their jobs and uploads: how the verbs of queue, callbacks and rescue read them and move them on.
//!
//! Order of locks, so that no two verbs wait for each other: upload, job, attempt, pace. Whoever moves a job that is
//! launching or running holds its upload's lock; only a claim moves a job without, and only out of `queued`.

use domain::{
    Failure, JobEvent, JobId, JobState, SecretHash, Timestamp, UploadEvent, UploadId, UploadState, UserId,
    protocol::PackageSpec,
};
use uuid::Uuid;

use super::{Connection, Db, dialect, transitions::move_upload};
use crate::{
    CallbackError, Caller, StoreError,
    outcome::Outcome,
    rows::{from_json, one_row, parsed},
};

/// An attempt, its job and its upload.
#[derive(sqlx::FromRow)]
pub(super) struct AttemptRow {
    pub(super) number: i32,
    secret_hash: Vec<u8>,
    pub(super) tree: String,
    pub(super) worker_id: Option<String>,
    pub(super) lease_until: i64,
    pub(super) deadline_at: i64,
    outcome: Option<String>,
    pub(super) job_id: Uuid,
    job_state: String,
    spec: String,
    pub(super) run_at: i64,
    failures: i32,
    pub(super) enqueued_at: i64,
    pub(super) upload_id: Uuid,
    user_id: Uuid,
    upload_state: String,
    pub(super) etag: Option<String>,
    pub(super) size: i64,
    pub(super) source_type: String,
    pub(super) filename: String,
    pub(super) title: Option<String>,
    pub(super) artist: Option<String>,
    pub(super) album: Option<String>,
    pub(super) published_tree: Option<String>,
}

impl AttemptRow {
    pub(super) fn job(&self) -> JobId {
        JobId::from_uuid(self.job_id)
    }

    pub(super) fn upload(&self) -> UploadId {
        UploadId::from_uuid(self.upload_id)
    }

    pub(super) fn user(&self) -> UserId {
        UserId::from_uuid(self.user_id)
    }

    pub(super) fn spec(&self) -> Result<PackageSpec, StoreError> {
        from_json(&self.spec)
    }

    pub(super) fn job_state(&self) -> Result<JobState, StoreError> {
        parsed(&self.job_state)
    }

    /// Its upload and the state that this was read in, as [`move_upload`] takes them.
    pub(super) fn moving(&self) -> Result<(UploadId, UploadState), StoreError> {
        Ok((self.upload(), parsed(&self.upload_state)?))
    }

    pub(super) fn failures(&self) -> u32 {
        self.failures.unsigned_abs()
    }

    /// `None`: it is in flight.
    pub(super) fn outcome(&self) -> Result<Option<Outcome>, StoreError> {
        let read = |name: &String| Outcome::from_name(name).ok_or_else(|| StoreError::damaged(name));
        self.outcome.as_ref().map(read).transpose()
    }

    fn has_secret_of(&self, caller: Caller<'_>) -> Result<bool, StoreError> {
        let bytes = <[u8; 32]>::try_from(&*self.secret_hash).map_err(StoreError::damaged)?;
        Ok(SecretHash::from_bytes(bytes).matches(caller.secret))
    }

    /// How it ended, if it is the caller's.
    pub(super) fn outcome_for(&self, caller: Caller<'_>) -> Result<Option<Outcome>, CallbackError> {
        let outcome = self.outcome()?;
        match &self.worker_id {
            Some(worker) if worker == caller.worker.as_str() => Ok(outcome),
            None if outcome.is_some() => Err(CallbackError::Over),
            _ => Err(CallbackError::OtherWorker),
        }
    }

    /// Whether it is the caller's and in flight.
    pub(super) fn check_is_live(&self, caller: Caller<'_>) -> Result<(), CallbackError> {
        match self.outcome_for(caller)? {
            None => Ok(()),
            Some(_) => Err(CallbackError::Over),
        }
    }
}

/// Locks the upload that a job belongs to until the transaction ends. Nothing to lock is no error: there is no such job.
pub(super) async fn lock_upload_of(connection: &mut Connection, job: JobId) -> Result<(), StoreError> {
    let sql = dialect::locking!("SELECT u.id FROM uploads u WHERE u.id = (SELECT upload_id FROM jobs WHERE id = $1)");
    sqlx::query::<Db>(sql)
        .bind(job.as_uuid())
        .fetch_optional(connection)
        .await?;
    Ok(())
}

/// All attempts of a job, the newest first.
pub(super) async fn attempts_of(connection: &mut Connection, job: JobId) -> Result<Vec<AttemptRow>, StoreError> {
    let rows = sqlx::query_as::<Db, AttemptRow>(
        "SELECT attempts.number, attempts.secret_hash, attempts.tree, attempts.worker_id, attempts.lease_until,
                attempts.deadline_at, attempts.outcome,
                jobs.id AS job_id, jobs.state AS job_state, jobs.spec, jobs.run_at, jobs.failures,
                jobs.created_at AS enqueued_at,
                uploads.id AS upload_id, uploads.user_id, uploads.state AS upload_state, uploads.etag, uploads.size,
                uploads.source_type, uploads.filename, uploads.title, uploads.artist, uploads.album,
                uploads.tree AS published_tree
         FROM attempts
         JOIN jobs ON jobs.id = attempts.job_id
         JOIN uploads ON uploads.id = jobs.upload_id
         WHERE attempts.job_id = $1
         ORDER BY attempts.number DESC",
    )
    .bind(job.as_uuid())
    .fetch_all(connection)
    .await?;
    Ok(rows)
}

/// The attempt whose secret the caller shows.
pub(super) async fn presented(connection: &mut Connection, caller: Caller<'_>) -> Result<AttemptRow, CallbackError> {
    let attempts = attempts_of(connection, caller.job).await?;
    if attempts.is_empty() {
        let job = sqlx::query_scalar::<Db, i64>("SELECT count(*) FROM jobs WHERE id = $1")
            .bind(caller.job.as_uuid())
            .fetch_one(connection)
            .await?;
        return Err(if job == 0 {
            CallbackError::NoSuchJob
        } else {
            CallbackError::Unauthorized
        });
    }
    let mut presented = None;
    for attempt in attempts {
        if attempt.has_secret_of(caller)? {
            presented = Some(attempt);
        }
    }
    presented.ok_or(CallbackError::Unauthorized)
}

/// What becomes of a job.
pub(super) struct JobMove<'a> {
    pub(super) event: JobEvent,
    pub(super) failures: u32,
    pub(super) run_at: i64,
    pub(super) error: Option<&'a Failure>,
}

/// Moves a job on. The caller holds its upload's lock.
pub(super) async fn move_job(
    connection: &mut Connection,
    now: Timestamp,
    job: Uuid,
    from: JobState,
    to: JobMove<'_>,
) -> Result<(), StoreError> {
    let state = from
        .after(to.event)
        .ok_or_else(|| StoreError::WrongState(from.to_string()))?;
    let moved = sqlx::query::<Db>(
        "UPDATE jobs
         SET state = $1, failures = $2, run_at = $3, error_code = $4, error_message = $5, error_retryable = $6,
             updated_at = $7, ended_at = $8
         WHERE id = $9 AND state = $10",
    )
    .bind(state.as_str())
    .bind(count(to.failures))
    .bind(to.run_at)
    .bind(to.error.map(|error| &*error.code))
    .bind(to.error.map(|error| &*error.message))
    .bind(to.error.map(|error| error.retryable))
    .bind(now.as_millis())
    .bind(state.is_over().then_some(now.as_millis()))
    .bind(job)
    .bind(from.as_str())
    .execute(connection)
    .await?;
    one_row(moved.rows_affected())
}

/// Ends an attempt without a tree that is published. The caller holds its upload's lock.
pub(super) async fn end_attempt(
    connection: &mut Connection,
    now: Timestamp,
    attempt: &AttemptRow,
    outcome: Outcome,
    error: Option<&Failure>,
) -> Result<(), StoreError> {
    let ended = sqlx::query::<Db>(
        "UPDATE attempts SET ended_at = $1, stale_at = $1, outcome = $2, error_code = $3, error_message = $4
         WHERE job_id = $5 AND number = $6 AND ended_at IS NULL",
    )
    .bind(now.as_millis())
    .bind(outcome.as_str())
    .bind(error.map(|error| &*error.code))
    .bind(error.map(|error| &*error.message))
    .bind(attempt.job_id)
    .bind(attempt.number)
    .execute(connection)
    .await?;
    one_row(ended.rows_affected())
}

/// Puts an attempt's job and upload back into the queue.
pub(super) async fn requeue(
    connection: &mut Connection,
    now: Timestamp,
    attempt: &AttemptRow,
    failures: u32,
    run_at: Timestamp,
    error: Option<&Failure>,
) -> Result<(), StoreError> {
    move_upload(connection, now, attempt.moving()?, UploadEvent::Requeued, None).await?;
    let to = JobMove {
        event: JobEvent::Requeued,
        failures,
        run_at: run_at.as_millis(),
        error,
    };
    move_job(connection, now, attempt.job_id, attempt.job_state()?, to).await
}

/// Fails an attempt's job and upload.
pub(super) async fn fail(
    connection: &mut Connection,
    now: Timestamp,
    attempt: &AttemptRow,
    failures: u32,
    error: &Failure,
) -> Result<(), StoreError> {
    move_upload(connection, now, attempt.moving()?, UploadEvent::JobFailed, Some(error)).await?;
    let to = JobMove {
        event: JobEvent::Failed,
        failures,
        run_at: attempt.run_at,
        error: Some(error),
    };
    move_job(connection, now, attempt.job_id, attempt.job_state()?, to).await
}

/// What a failure of work that had started leads to: another try after a delay, or the end if it is permanent or was the
/// last that the budget allows. `None`: the end; otherwise when the next attempt may be.
pub(super) async fn count_failure(
    connection: &mut Connection,
    now: Timestamp,
    attempt: &AttemptRow,
    failure: &Failure,
) -> Result<Option<Timestamp>, StoreError> {
    if !failure.retryable {
        fail(connection, now, attempt, attempt.failures(), failure).await?;
        return Ok(None);
    }
    let failures = attempt.failures() + 1;
    if failures < crate::FAILURE_BUDGET {
        let run_at = now + crate::backoff(attempt.job(), failures);
        requeue(connection, now, attempt, failures, run_at, Some(failure)).await?;
        return Ok(Some(run_at));
    }
    fail(connection, now, attempt, failures, &failure.after_tries(failures)).await?;
    Ok(None)
}

/// As the databases store counts.
pub(super) fn count(count: u32) -> i32 {
    i32::try_from(count).unwrap_or(i32::MAX)
}
