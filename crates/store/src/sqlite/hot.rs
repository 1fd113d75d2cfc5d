//! The claim and the publishing, which are run for every job, as `SQLite` runs them fastest.

use domain::{JobId, Timestamp, UploadId, UserId};
use uuid::Uuid;

use super::{Connection, Database, Db, callbacks::Publication, queue::Taken};
use crate::{Claim, ClaimedJob, StoreError, rows::one_row};

/// Takes the next job that is due, if the place under the cap is free. If it is not, the transaction has to be rolled
/// back.
///
/// Differs from the other database because a `WITH` cannot write here.
pub(super) async fn take(
    connection: &mut Connection,
    now: Timestamp,
    claim: &Claim<'_>,
    slot: i32,
) -> Result<Taken, StoreError> {
    let job = sqlx::query_as::<Db, (Uuid, Uuid, Uuid, i32)>(
        "UPDATE jobs SET state = 'launching', attempt = attempt + 1, updated_at = $1
         WHERE id = (
             SELECT id FROM jobs WHERE state = 'queued' AND run_at <= $1 ORDER BY priority, fair_rank, id LIMIT 1
         )
         RETURNING id, upload_id, user_id, attempt",
    )
    .bind(now.as_millis())
    .fetch_optional(&mut *connection)
    .await?;
    let Some((job, upload, user, number)) = job else {
        return Ok(Taken::NothingDue);
    };
    let made = sqlx::query::<Db>(
        "INSERT INTO attempts (job_id, number, tree, secret_hash, launcher, slot, lease_until, deadline_at, launched_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
         ON CONFLICT (slot) WHERE ended_at IS NULL DO NOTHING",
    )
    .bind(job)
    .bind(number)
    .bind(claim.tree.as_str())
    .bind(&claim.secret.as_bytes()[..])
    .bind(claim.launcher)
    .bind(slot)
    .bind((now + claim.launch_lease).as_millis())
    .bind((now + claim.deadline).as_millis())
    .bind(now.as_millis())
    .execute(connection)
    .await?;
    if made.rows_affected() == 0 {
        return Ok(Taken::Occupied);
    }
    Ok(Taken::Job(ClaimedJob {
        job: JobId::from_uuid(job),
        number: number.unsigned_abs(),
        upload: UploadId::from_uuid(upload),
        user: UserId::from_uuid(user),
    }))
}

/// The same, as a transaction of its own.
///
/// Differs from the other database because it takes more than one statement here.
pub(super) async fn take_alone(
    database: &Database,
    now: Timestamp,
    claim: &Claim<'_>,
    slot: i32,
) -> Result<Taken, StoreError> {
    let mut tx = database.begin().await?;
    let taken = take(&mut tx, now, claim, slot).await?;
    match &taken {
        Taken::Job(_) => tx.commit().await?,
        _ => tx.rollback().await?,
    }
    Ok(taken)
}

/// Publishes an attempt's tree, if attempt and upload are still as they were read. `false`: they are not.
///
/// Differs from the other database because a `WITH` cannot write here.
pub(super) async fn publish(database: &Database, publication: Publication<'_>) -> Result<bool, StoreError> {
    let Publication { attempt, now, .. } = publication;
    let mut tx = database.begin().await?;
    if let Some(tree) = &attempt.published_tree {
        supersede(&mut tx, now, attempt.upload_id, tree).await?;
    }
    // One message to the connection's thread instead of three. Each statement goes on only if the one before found its row.
    let touched = sqlx::query::<Db>(
        "UPDATE attempts SET ended_at = $1, outcome = 'published'
         WHERE job_id = $2 AND number = $3 AND ended_at IS NULL
             AND EXISTS (
                 SELECT 1 FROM uploads
                 WHERE id = $4 AND state = 'processing' AND title IS NOT DISTINCT FROM $5
                     AND artist IS NOT DISTINCT FROM $6 AND album IS NOT DISTINCT FROM $7
                     AND tree IS NOT DISTINCT FROM $8
             );
         UPDATE jobs
         SET state = 'succeeded', error_code = NULL, error_message = NULL, error_retryable = NULL, updated_at = $1,
             ended_at = $1
         WHERE id = $2 AND attempt = $3 AND state = 'running' AND changes() = 1;
         UPDATE uploads
         SET state = 'ready', tree = $9, playback_until = NULL, title = $10, artist = $11, album = $12, codec = $13,
             duration_seconds = $14, renditions = $15, search_key = $16, title_key = $17, updated_at = $1
         WHERE id = $4 AND changes() = 1",
    )
    .bind(now)
    .bind(attempt.job_id)
    .bind(attempt.number)
    .bind(attempt.upload_id)
    .bind(&attempt.title)
    .bind(&attempt.artist)
    .bind(&attempt.album)
    .bind(&attempt.published_tree)
    .bind(&attempt.tree)
    .bind(publication.title)
    .bind(publication.artist)
    .bind(publication.album)
    .bind(publication.codec)
    .bind(publication.duration_seconds)
    .bind(&publication.renditions)
    .bind(&publication.keys.search)
    .bind(&publication.keys.title)
    .execute(&mut *tx)
    .await?
    .rows_affected();
    match touched {
        3 => tx.commit().await?,
        0 => tx.rollback().await?,
        _ => return Err(StoreError::Damaged(format!("publishing touched {touched} of 3 rows"))),
    }
    Ok(touched == 3)
}

/// The tree that is about to be superseded stays as long as the longest URL for its playback works.
async fn supersede(connection: &mut Connection, now: i64, upload: Uuid, tree: &str) -> Result<(), StoreError> {
    let until = sqlx::query_scalar::<Db, Option<i64>>("SELECT playback_until FROM uploads WHERE id = $1")
        .bind(upload)
        .fetch_one(&mut *connection)
        .await?;
    let superseded = sqlx::query::<Db>(
        "UPDATE attempts
         SET urls_until = max(COALESCE(urls_until, $1), COALESCE($1, urls_until)), stale_at = $2
         WHERE tree = $3 AND job_id IN (SELECT id FROM jobs WHERE upload_id = $4)",
    )
    .bind(until)
    .bind(now)
    .bind(tree)
    .bind(upload)
    .execute(connection)
    .await?;
    one_row(superseded.rows_affected())
}
