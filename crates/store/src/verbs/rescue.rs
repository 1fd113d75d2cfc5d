//! [`Rescue`].

use std::time::Duration;

use async_trait::async_trait;
use domain::{Failure, JobEvent, JobId, JobState, Timestamp, UploadEvent, UploadId, UploadState};
use uuid::Uuid;

use super::{
    Connection, Database, Db,
    attempts::{AttemptRow, JobMove, attempts_of, count_failure, end_attempt, fail, lock_upload_of, move_job, requeue},
    dialect,
    transitions::move_upload,
};
use crate::{Rescue, Rescued, StoreError, Then, Why, outcome::Outcome};

#[async_trait]
impl Rescue for Database {
    async fn rescue(&self, now: Timestamp, queue_timeout: Duration, limit: u32) -> Result<Vec<Rescued>, StoreError> {
        let jobs = sqlx::query_scalar::<Db, Uuid>(
            "SELECT job_id FROM attempts WHERE ended_at IS NULL AND (lease_until <= $1 OR deadline_at <= $1)
             ORDER BY lease_until LIMIT $2",
        )
        .bind(now.as_millis())
        .bind(i64::from(limit))
        .fetch_all(&self.reader)
        .await?;
        let mut rescued = Rescuing::default();
        for job in jobs.into_iter().map(JobId::from_uuid) {
            rescued.note(job, self.rescue_one(now, queue_timeout, job).await);
        }
        rescued.end()
    }

    async fn fail_waiting(
        &self,
        now: Timestamp,
        queue_timeout: Duration,
        limit: u32,
    ) -> Result<Vec<Rescued>, StoreError> {
        let jobs = sqlx::query_as::<Db, (Uuid, Uuid)>(
            "SELECT id, upload_id FROM jobs WHERE state = 'queued' AND created_at <= $1 ORDER BY created_at LIMIT $2",
        )
        .bind((now - queue_timeout).as_millis())
        .bind(i64::from(limit))
        .fetch_all(&self.reader)
        .await?;
        let mut rescued = Rescuing::default();
        for (job, upload) in jobs {
            rescued.note(JobId::from_uuid(job), self.fail_waiting_one(now, job, upload).await);
        }
        rescued.end()
    }
}

impl Database {
    /// `None`: somebody else was faster.
    async fn rescue_one(
        &self,
        now: Timestamp,
        queue_timeout: Duration,
        job: JobId,
    ) -> Result<Option<Rescued>, StoreError> {
        let mut tx = self.begin().await?;
        lock_upload_of(&mut tx, job).await?;
        // The attempt's lock too, since a heartbeat does without the upload's.
        let sql = dialect::locking!("SELECT number FROM attempts WHERE job_id = $1 AND ended_at IS NULL");
        sqlx::query::<Db>(sql)
            .bind(job.as_uuid())
            .fetch_optional(&mut *tx)
            .await?;
        let attempts = attempts_of(&mut tx, job).await?;
        let Some(attempt) = attempts.first() else {
            return Ok(None);
        };
        let is_due = attempt.lease_until <= now.as_millis() || attempt.deadline_at <= now.as_millis();
        if attempt.outcome()?.is_some() || !is_due {
            return Ok(None);
        }
        let (why, failure) = if attempt.worker_id.is_none() {
            (Why::NeverStarted, Failure::never_started())
        } else if attempt.deadline_at <= now.as_millis() {
            (Why::Deadline, Failure::deadline())
        } else {
            (Why::LeaseLost, Failure::lease_lost())
        };
        let run_at = if why == Why::NeverStarted {
            // Counted over all attempts, since a worker that started and was lost is no sign of a launcher that works.
            let launches = attempts.iter().filter(|attempt| attempt.worker_id.is_none()).count();
            wait_again(&mut tx, now, queue_timeout, attempt, launches).await?
        } else {
            count_failure(&mut tx, now, attempt, &failure).await?
        };
        end_attempt(&mut tx, now, attempt, Outcome::Lost, Some(&failure)).await?;
        tx.commit().await?;
        Ok(Some(Rescued {
            job,
            upload: attempt.upload(),
            why,
            then: run_at.map_or(Then::Failed, |run_at| Then::Requeued { run_at }),
        }))
    }

    /// `None`: somebody else was faster.
    async fn fail_waiting_one(&self, now: Timestamp, job: Uuid, upload: Uuid) -> Result<Option<Rescued>, StoreError> {
        let failure = Failure::no_capacity();
        let mut tx = self.begin().await?;
        lock_upload_of(&mut tx, JobId::from_uuid(job)).await?;
        // The job's lock too, since a claim does without the upload's.
        let sql = dialect::locking!("SELECT failures, run_at FROM jobs WHERE id = $1 AND state = 'queued'");
        let queued = sqlx::query_as::<Db, (i32, i64)>(sql)
            .bind(job)
            .fetch_optional(&mut *tx)
            .await?;
        let Some((failures, run_at)) = queued else {
            return Ok(None);
        };
        let to = JobMove {
            event: JobEvent::Failed,
            failures: failures.unsigned_abs(),
            run_at,
            error: Some(&failure),
        };
        move_job(&mut tx, now, job, JobState::Queued, to).await?;
        let waiting = (UploadId::from_uuid(upload), UploadState::Queued);
        move_upload(&mut tx, now, waiting, UploadEvent::JobFailed, Some(&failure)).await?;
        tx.commit().await?;
        Ok(Some(Rescued {
            job: JobId::from_uuid(job),
            upload: UploadId::from_uuid(upload),
            why: Why::NoCapacity,
            then: Then::Failed,
        }))
    }
}

/// After a launch that never started: back into the queue after a delay that grows with such launches, or failed if the
/// job has waited long enough. Without the second, a job that is always being launched when [`Rescue::fail_waiting`]
/// looks would never end.
async fn wait_again(
    connection: &mut Connection,
    now: Timestamp,
    queue_timeout: Duration,
    attempt: &AttemptRow,
    launches: usize,
) -> Result<Option<Timestamp>, StoreError> {
    if now.since(Timestamp::from_millis(attempt.enqueued_at)) >= queue_timeout {
        fail(connection, now, attempt, attempt.failures(), &Failure::no_capacity()).await?;
        return Ok(None);
    }
    let run_at = now + crate::backoff(attempt.job(), u32::try_from(launches).unwrap_or(u32::MAX));
    let failure = Failure::never_started();
    requeue(connection, now, attempt, attempt.failures(), run_at, Some(&failure)).await?;
    Ok(Some(run_at))
}

/// What was done so far. One job that cannot be moved must not keep the others from being rescued.
#[derive(Default)]
struct Rescuing {
    done: Vec<Rescued>,
    error: Option<StoreError>,
}

impl Rescuing {
    fn note(&mut self, job: JobId, result: Result<Option<Rescued>, StoreError>) {
        match result {
            Ok(rescued) => self.done.extend(rescued),
            Err(error) => {
                tracing::warn!(%job, %error, "a job could not be rescued");
                self.error.get_or_insert(error);
            }
        }
    }

    /// An error only if nothing at all was done: what was done must be known.
    fn end(self) -> Result<Vec<Rescued>, StoreError> {
        match self.error {
            Some(error) if self.done.is_empty() => Err(error),
            _ => Ok(self.done),
        }
    }
}
