//! [`Callbacks`].

use std::time::Duration;

use async_trait::async_trait;
use domain::{
    Failure, JobEvent, Timestamp, UploadEvent,
    protocol::{Report, WorkerId},
};

use super::{
    Connection, Database, Db,
    attempts::{AttemptRow, JobMove, count_failure, end_attempt, lock_upload_of, move_job, presented, requeue},
    hot,
    transitions::move_upload,
};
use crate::{
    AttemptTree, CallbackError, Callbacks, Caller, Finished, Heard, Progress, StartedAttempt, StoreError,
    names::{NameKeys, storable},
    outcome::Outcome,
    rows::{one_row, parsed, to_json},
};

/// How often a verb that reads first and then writes, if what it read still holds, begins again.
const TRIES: usize = 5;

/// What publishing writes, and the attempt as it was read, which must still hold.
pub(super) struct Publication<'a> {
    pub(super) now: i64,
    pub(super) attempt: &'a AttemptRow,
    pub(super) title: Option<String>,
    pub(super) artist: Option<String>,
    pub(super) album: Option<String>,
    pub(super) codec: String,
    pub(super) duration_seconds: f64,
    /// JSON.
    pub(super) renditions: String,
    pub(super) keys: NameKeys,
}

#[async_trait]
impl Callbacks for Database {
    async fn start(
        &self,
        now: Timestamp,
        caller: Caller<'_>,
        execution: Option<&str>,
        lease: Duration,
    ) -> Result<StartedAttempt, CallbackError> {
        let mut tx = self.begin().await?;
        lock_upload_of(&mut tx, caller.job).await?;
        let attempt = presented(&mut tx, caller).await?;
        // Unless it was started before and the answer was lost.
        if attempt.worker_id.is_none() && attempt.outcome()?.is_none() {
            begin_work(&mut tx, now, &attempt).await?;
        } else {
            attempt.check_is_live(caller)?;
        }
        bind(&mut tx, now, &attempt, caller.worker, execution, now + lease).await?;
        let started = started(&attempt)?;
        tx.commit().await?;
        Ok(started)
    }

    async fn heartbeat(
        &self,
        now: Timestamp,
        caller: Caller<'_>,
        progress: &Progress,
        lease: Duration,
    ) -> Result<Heard, CallbackError> {
        let progress = to_json(&progress.finite())?;
        for _ in 0..TRIES {
            let attempt = self.presented(caller).await?;
            match attempt.outcome_for(caller)? {
                None => {}
                Some(Outcome::Cancelled) => return Ok(Heard::Stop),
                Some(_) => return Err(CallbackError::Over),
            }
            // The upload's row is left alone: who looks for changes looks at `heard_at` as well.
            let renewed = sqlx::query::<Db>(
                "UPDATE attempts SET lease_until = $1, heard_at = $2, progress = $3
                 WHERE job_id = $4 AND number = $5 AND ended_at IS NULL",
            )
            .bind((now + lease).as_millis())
            .bind(now.as_millis())
            .bind(&progress)
            .bind(attempt.job_id)
            .bind(attempt.number)
            .execute(&self.writer)
            .await?;
            if renewed.rows_affected() == 1 {
                return Ok(Heard::Continue);
            }
        }
        Err(StoreError::WrongState("being changed".into()).into())
    }

    async fn grant(
        &self,
        now: Timestamp,
        caller: Caller<'_>,
        urls_until: Timestamp,
    ) -> Result<AttemptTree, CallbackError> {
        let attempt = self.presented(caller).await?;
        attempt.check_is_live(caller)?;
        let granted = sqlx::query::<Db>(
            "UPDATE attempts
             SET urls_until = CASE WHEN urls_until > $1 THEN urls_until ELSE $1 END, heard_at = $2
             WHERE job_id = $3 AND number = $4 AND ended_at IS NULL",
        )
        .bind(urls_until.as_millis())
        .bind(now.as_millis())
        .bind(attempt.job_id)
        .bind(attempt.number)
        .execute(&self.writer)
        .await?;
        // Otherwise it has ended since it was read.
        if granted.rows_affected() == 0 {
            return Err(CallbackError::Over);
        }
        tree(&attempt)
    }

    async fn finishing(&self, caller: Caller<'_>) -> Result<Option<AttemptTree>, CallbackError> {
        let attempt = self.presented(caller).await?;
        match attempt.outcome_for(caller)? {
            None => Ok(Some(tree(&attempt)?)),
            Some(Outcome::Published) => Ok(None),
            Some(_) => Err(CallbackError::Over),
        }
    }

    async fn finish_published(
        &self,
        now: Timestamp,
        caller: Caller<'_>,
        report: &Report,
    ) -> Result<Finished, CallbackError> {
        let renditions = to_json(&report.renditions)?;
        for _ in 0..TRIES {
            let attempt = self.presented(caller).await?;
            match attempt.outcome_for(caller)? {
                None => {}
                Some(Outcome::Published) => return Ok(Finished::Repeated),
                Some(_) => return Err(CallbackError::Over),
            }
            let title = name(attempt.title.as_deref(), report.title.as_deref());
            let artist = name(attempt.artist.as_deref(), report.artist.as_deref());
            let album = name(attempt.album.as_deref(), report.album.as_deref());
            let keys = NameKeys::new(title.as_deref(), artist.as_deref(), album.as_deref(), &attempt.filename);
            let publication = Publication {
                now: now.as_millis(),
                attempt: &attempt,
                title,
                artist,
                album,
                codec: storable(&report.codec),
                duration_seconds: report.duration_seconds,
                renditions: renditions.clone(),
                keys,
            };
            if hot::publish(self, publication).await? {
                return Ok(Finished::Published);
            }
        }
        Err(StoreError::WrongState("being changed".into()).into())
    }

    async fn finish_failed(
        &self,
        now: Timestamp,
        caller: Caller<'_>,
        failure: &Failure,
    ) -> Result<Finished, CallbackError> {
        // What a worker sends is not cut to what the database takes.
        let failure = &Failure {
            retryable: failure.retryable,
            ..Failure::permanent(&failure.code, &failure.message)
        };
        let mut tx = self.begin().await?;
        lock_upload_of(&mut tx, caller.job).await?;
        let attempt = presented(&mut tx, caller).await?;
        match attempt.outcome_for(caller)? {
            None => {}
            Some(Outcome::Failed) => return Ok(Finished::Repeated),
            Some(_) => return Err(CallbackError::Over),
        }
        let run_at = count_failure(&mut tx, now, &attempt, failure).await?;
        end_attempt(&mut tx, now, &attempt, Outcome::Failed, Some(failure)).await?;
        tx.commit().await?;
        Ok(run_at.map_or(Finished::Failed, |run_at| Finished::Requeued { run_at }))
    }

    async fn finish_handed_back(&self, now: Timestamp, caller: Caller<'_>) -> Result<Finished, CallbackError> {
        let mut tx = self.begin().await?;
        lock_upload_of(&mut tx, caller.job).await?;
        let attempt = presented(&mut tx, caller).await?;
        match attempt.outcome_for(caller)? {
            None => {}
            Some(Outcome::HandedBack) => return Ok(Finished::Repeated),
            Some(_) => return Err(CallbackError::Over),
        }
        requeue(&mut tx, now, &attempt, attempt.failures(), now, None).await?;
        end_attempt(&mut tx, now, &attempt, Outcome::HandedBack, None).await?;
        tx.commit().await?;
        Ok(Finished::Requeued { run_at: now })
    }
}

impl Database {
    /// What the caller's secret stands for, outside of any transaction: whoever writes afterwards asks in the
    /// statement whether it still holds.
    async fn presented(&self, caller: Caller<'_>) -> Result<AttemptRow, CallbackError> {
        let mut connection = self.reader.acquire().await?;
        presented(&mut connection, caller).await
    }
}

/// A name as its owner wrote it, or else as the source says.
fn name(owners: Option<&str>, sources: Option<&str>) -> Option<String> {
    let sources = sources.map(str::trim).filter(|name| !name.is_empty());
    owners.or(sources).map(storable)
}

/// Job and upload are being worked on from now on.
async fn begin_work(connection: &mut Connection, now: Timestamp, attempt: &AttemptRow) -> Result<(), StoreError> {
    move_upload(connection, now, attempt.moving()?, UploadEvent::Started, None).await?;
    let to = JobMove {
        event: JobEvent::Started,
        failures: attempt.failures(),
        run_at: attempt.run_at,
        error: None,
    };
    move_job(connection, now, attempt.job_id, attempt.job_state()?, to).await
}

/// Binds an attempt to its worker, or renews its lease if it is bound.
async fn bind(
    connection: &mut Connection,
    now: Timestamp,
    attempt: &AttemptRow,
    worker: &WorkerId,
    execution: Option<&str>,
    lease_until: Timestamp,
) -> Result<(), StoreError> {
    let bound = sqlx::query::<Db>(
        "UPDATE attempts
         SET worker_id = $1, execution = COALESCE($2, execution), lease_until = $3, heard_at = $4,
             started_at = COALESCE(started_at, $4)
         WHERE job_id = $5 AND number = $6 AND ended_at IS NULL AND (worker_id IS NULL OR worker_id = $1)",
    )
    .bind(worker.as_str())
    .bind(execution.map(storable))
    .bind(lease_until.as_millis())
    .bind(now.as_millis())
    .bind(attempt.job_id)
    .bind(attempt.number)
    .execute(connection)
    .await?;
    one_row(bound.rows_affected())
}

fn started(attempt: &AttemptRow) -> Result<StartedAttempt, StoreError> {
    Ok(StartedAttempt {
        number: attempt.number.unsigned_abs(),
        spec: attempt.spec()?,
        user: attempt.user(),
        upload: attempt.upload(),
        etag: attempt.etag.clone().ok_or_else(|| StoreError::damaged("no etag"))?,
        size: attempt.size.unsigned_abs(),
        source_type: parsed(&attempt.source_type)?,
        deadline_at: Timestamp::from_millis(attempt.deadline_at),
    })
}

fn tree(attempt: &AttemptRow) -> Result<AttemptTree, CallbackError> {
    Ok(AttemptTree {
        user: attempt.user(),
        upload: attempt.upload(),
        tree: parsed(&attempt.tree)?,
        spec: attempt.spec()?,
    })
}
