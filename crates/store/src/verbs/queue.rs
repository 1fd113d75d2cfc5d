//! [`Queue`].

use std::collections::HashMap;

use async_trait::async_trait;
use domain::{JobId, Timestamp, UploadId};
use sqlx::QueryBuilder;
use uuid::Uuid;

use super::{
    Connection, Database, Db,
    attempts::{attempts_of, count, end_attempt, lock_upload_of, requeue},
    hot,
};
use crate::{
    Claim, Claimed, ClaimedJob, MOST_AHEAD, Pace, Queue, QueueStats, StoreError, names::storable, outcome::Outcome,
};

/// How often a claim looks for another free place, when others took the ones it found. Each time that happens,
/// another claim has succeeded.
const TRIES: usize = 32;

/// What came of trying one place under the cap. Only `Job` has changed anything.
pub(super) enum Taken {
    Job(ClaimedJob),
    NothingDue,
    Occupied,
    Paced(Timestamp),
}

#[async_trait]
impl Queue for Database {
    async fn claim(&self, now: Timestamp, claim: Claim<'_>) -> Result<Claimed, StoreError> {
        let Some(mut slot) = claim.slot_hint.checked_rem(claim.cap) else {
            return Ok(Claimed::CapReached);
        };
        for _ in 0..TRIES {
            match self.take(now, &claim, count(slot)).await? {
                Taken::Job(job) => return Ok(Claimed::Job(job)),
                Taken::Paced(until) => return Ok(Claimed::Paced { until }),
                Taken::NothingDue => {
                    let next_run_at = self.next_run_at().await?;
                    return Ok(Claimed::NothingDue { next_run_at });
                }
                Taken::Occupied => match self.free_slot(&claim).await? {
                    Some(free) => slot = free,
                    None => return Ok(Claimed::CapReached),
                },
            }
        }
        Ok(Claimed::CapReached)
    }

    async fn launched(&self, job: JobId, number: u32, execution: &str) -> Result<(), StoreError> {
        let noted = sqlx::query::<Db>(
            "UPDATE attempts SET execution = COALESCE(execution, $1) WHERE job_id = $2 AND number = $3",
        )
        .bind(storable(execution))
        .bind(job.as_uuid())
        .bind(count(number))
        .execute(&self.writer)
        .await?;
        if noted.rows_affected() == 1 {
            Ok(())
        } else {
            Err(StoreError::NotFound)
        }
    }

    async fn launch_refused(
        &self,
        now: Timestamp,
        job: JobId,
        number: u32,
        retry_at: Timestamp,
    ) -> Result<(), StoreError> {
        let mut tx = self.begin().await?;
        lock_upload_of(&mut tx, job).await?;
        let attempts = attempts_of(&mut tx, job).await?;
        let attempt = attempts.iter().find(|attempt| attempt.number == count(number));
        let attempt = attempt.ok_or(StoreError::NotFound)?;
        if attempt.worker_id.is_some() || attempt.outcome()?.is_some() {
            return Err(StoreError::WrongState(attempt.job_state()?.to_string()));
        }
        requeue(&mut tx, now, attempt, attempt.failures(), retry_at, None).await?;
        end_attempt(&mut tx, now, attempt, Outcome::Refused, None).await?;
        Ok(tx.commit().await?)
    }

    async fn places(&self, now: Timestamp, uploads: &[UploadId]) -> Result<HashMap<UploadId, u32>, StoreError> {
        let Some(last) = uploads.last() else {
            return Ok(HashMap::new());
        };
        let (now, most) = (now.as_millis(), i64::from(MOST_AHEAD));
        // The index of the claim holds all that is read of those who wait.
        let mut builder = QueryBuilder::<Db>::new(
            "WITH places AS (
                 SELECT id, row_number() OVER (ORDER BY priority, fair_rank, id) AS place
                 FROM (SELECT id, priority, fair_rank FROM jobs WHERE state = 'queued' AND run_at <= ",
        );
        builder.push_bind(now);
        builder.push(" ORDER BY priority, fair_rank, id LIMIT ").push_bind(most);
        builder
            .push(") AS due) SELECT j.upload_id, coalesce(p.place, ")
            .push_bind(most);
        builder.push(") FROM jobs j LEFT JOIN places p ON p.id = j.id WHERE j.state = 'queued' AND j.run_at <= ");
        builder.push_bind(now).push(" AND j.upload_id IN (");
        // Filled up with the last one, so that statements of few lengths are prepared and not of two hundred.
        let mut ids = builder.separated(", ");
        for place in 0..uploads.len().next_power_of_two() {
            ids.push_bind(uploads.get(place).unwrap_or(last).as_uuid());
        }
        builder.push(")");
        let places: Vec<(Uuid, i64)> = builder.build_query_as().fetch_all(&self.reader).await?;
        let place = |(upload, place): (Uuid, i64)| {
            let place = u32::try_from(place).map_err(StoreError::damaged)?;
            Ok((UploadId::from_uuid(upload), place))
        };
        places.into_iter().map(place).collect()
    }

    async fn queue_stats(&self, heard_since: Timestamp) -> Result<QueueStats, StoreError> {
        let (queued, oldest, in_flight, workers) = sqlx::query_as::<Db, (i64, Option<i64>, i64, i64)>(
            "SELECT (SELECT count(*) FROM jobs WHERE state = 'queued'),
                    (SELECT min(created_at) FROM jobs WHERE state = 'queued'),
                    (SELECT count(*) FROM attempts WHERE ended_at IS NULL),
                    (SELECT count(DISTINCT worker_id) FROM attempts WHERE ended_at IS NULL AND heard_at >= $1)",
        )
        .bind(heard_since.as_millis())
        .fetch_one(&self.reader)
        .await?;
        Ok(QueueStats {
            queued: queued.unsigned_abs(),
            oldest_queued: oldest.map(Timestamp::from_millis),
            in_flight: in_flight.unsigned_abs(),
            workers: workers.unsigned_abs(),
        })
    }
}

impl Database {
    /// One whole transaction that claims into one place under the cap, or changes nothing.
    async fn take(&self, now: Timestamp, claim: &Claim<'_>, slot: i32) -> Result<Taken, StoreError> {
        let Some(pace) = claim.pace else {
            return hot::take_alone(self, now, claim, slot).await;
        };
        let mut tx = self.begin().await?;
        let mut taken = hot::take(&mut tx, now, claim, slot).await?;
        // The pace comes last: its row is the one that all claimers wait for.
        if let Taken::Job(_) = &taken
            && let Some(until) = pace_until(&mut tx, now, pace).await?
        {
            taken = Taken::Paced(until);
        }
        match &taken {
            Taken::Job(_) => tx.commit().await?,
            _ => tx.rollback().await?,
        }
        Ok(taken)
    }

    async fn next_run_at(&self) -> Result<Option<Timestamp>, StoreError> {
        let next = sqlx::query_scalar::<Db, Option<i64>>("SELECT min(run_at) FROM jobs WHERE state = 'queued'");
        Ok(next.fetch_one(&self.reader).await?.map(Timestamp::from_millis))
    }

    /// One of the places that nobody has, any of them, so that claimers do not all choose the same.
    async fn free_slot(&self, claim: &Claim<'_>) -> Result<Option<u32>, StoreError> {
        let taken = sqlx::query_scalar::<Db, i32>(
            "SELECT slot FROM attempts WHERE ended_at IS NULL AND slot < $1 ORDER BY slot",
        )
        .bind(count(claim.cap))
        .fetch_all(&self.reader)
        .await?;
        let free = claim.cap.saturating_sub(u32::try_from(taken.len()).unwrap_or(u32::MAX));
        let Some(mut slot) = claim.slot_hint.checked_rem(free) else {
            return Ok(None);
        };
        // Counting only free places, it is the one of this number.
        for taken in taken {
            if taken.unsigned_abs() > slot {
                break;
            }
            slot += 1;
        }
        Ok(Some(slot))
    }
}

/// Lets a launch through now, or says from when on it may come (generic cell rate algorithm). `due_at` is when the next
/// launch would come in an even flow.
async fn pace_until(
    connection: &mut Connection,
    now: Timestamp,
    pace: Pace<'_>,
) -> Result<Option<Timestamp>, StoreError> {
    let first = now + pace.interval;
    let let_through = sqlx::query::<Db>(
        "INSERT INTO paces (name, due_at) VALUES ($1, $2)
         ON CONFLICT (name) DO UPDATE
         SET due_at = CASE WHEN paces.due_at > $3 THEN paces.due_at + $4 ELSE $2 END
         WHERE paces.due_at <= $5",
    )
    .bind(pace.name)
    .bind(first.as_millis())
    .bind(now.as_millis())
    .bind(first.as_millis().saturating_sub(now.as_millis()))
    .bind((now + pace.tolerance()).as_millis())
    .execute(&mut *connection)
    .await?;
    if let_through.rows_affected() == 1 {
        return Ok(None);
    }
    let due_at = sqlx::query_scalar::<Db, i64>("SELECT due_at FROM paces WHERE name = $1")
        .bind(pace.name)
        .fetch_one(connection)
        .await?;
    Ok(Some(Timestamp::from_millis(due_at) - pace.tolerance()))
}
