//! The claim and the publishing, which are run for every job, as PostgreSQL runs them fastest.

use domain::{JobId, Timestamp, UploadId, UserId};
use uuid::Uuid;

use super::{Connection, Database, Db, callbacks::Publication, queue::Taken};
use crate::{Claim, ClaimedJob, StoreError};

/// Takes the next job that is due, if the place under the cap is free.
///
/// Differs from the other database because here other claimers' jobs must be skipped, and each statement is a journey.
/// A place that another transaction is about to take is waited for; nobody who waits holds a place, so nobody waits
/// in a circle.
pub(super) async fn take(
    connection: &mut Connection,
    now: Timestamp,
    claim: &Claim<'_>,
    slot: i32,
) -> Result<Taken, StoreError> {
    let taken = sqlx::query_as::<Db, (Uuid, Uuid, Uuid, i32, bool)>(
        "WITH due AS (
             SELECT id, upload_id, user_id, attempt + 1 AS number FROM jobs
             WHERE state = 'queued' AND run_at <= $1
             ORDER BY priority, fair_rank, id
             LIMIT 1 FOR NO KEY UPDATE SKIP LOCKED
         ), made AS (
             INSERT INTO attempts (job_id, number, tree, secret_hash, launcher, slot, lease_until, deadline_at,
                                   launched_at)
             SELECT id, number, $2, $3, $4, $5, $6, $7, $1 FROM due
             ON CONFLICT (slot) WHERE ended_at IS NULL DO NOTHING
             RETURNING job_id, number
         ), taken AS (
             UPDATE jobs SET state = 'launching', attempt = made.number, updated_at = $1
             FROM made WHERE jobs.id = made.job_id
         )
         SELECT id, upload_id, user_id, number, EXISTS (SELECT FROM made) FROM due",
    )
    .bind(now.as_millis())
    .bind(claim.tree.as_str())
    .bind(&claim.secret.as_bytes()[..])
    .bind(claim.launcher)
    .bind(slot)
    .bind((now + claim.launch_lease).as_millis())
    .bind((now + claim.deadline).as_millis())
    .fetch_optional(connection)
    .await?;
    Ok(match taken {
        None => Taken::NothingDue,
        Some((.., false)) => Taken::Occupied,
        Some((job, upload, user, number, true)) => Taken::Job(ClaimedJob {
            job: JobId::from_uuid(job),
            number: number.unsigned_abs(),
            upload: UploadId::from_uuid(upload),
            user: UserId::from_uuid(user),
        }),
    })
}

/// The same, as a transaction of its own.
///
/// Differs from the other database because a single statement needs no `BEGIN` and no `COMMIT` here.
pub(super) async fn take_alone(
    database: &Database,
    now: Timestamp,
    claim: &Claim<'_>,
    slot: i32,
) -> Result<Taken, StoreError> {
    let mut connection = database.writer.acquire().await?;
    take(&mut connection, now, claim, slot).await
}

/// Publishes an attempt's tree, if attempt and upload are still as they were read. `false`: they are not.
///
/// Differs from the other database because each statement is a journey here, and the last line makes up for asserting
/// the rows of each: it fails, and all is undone, unless attempt, job and upload were touched alike.
pub(super) async fn publish(database: &Database, publication: Publication<'_>) -> Result<bool, StoreError> {
    let Publication { attempt, now, .. } = publication;
    let (published, _) = sqlx::query_as::<Db, (i64, i64)>(
        "WITH upload AS (
             SELECT id, tree, playback_until FROM uploads
             WHERE id = $1 AND state = 'processing' AND title IS NOT DISTINCT FROM $2
                 AND artist IS NOT DISTINCT FROM $3 AND album IS NOT DISTINCT FROM $4
                 AND tree IS NOT DISTINCT FROM $16
             FOR NO KEY UPDATE
         ), ended AS (
             UPDATE attempts SET ended_at = $5, outcome = 'published'
             FROM upload WHERE job_id = $6 AND number = $7 AND ended_at IS NULL
             RETURNING job_id, number, attempts.tree
         ), superseded AS (
             UPDATE attempts SET urls_until = GREATEST(urls_until, upload.playback_until), stale_at = $5
             FROM upload, ended, jobs
             WHERE jobs.upload_id = upload.id AND attempts.job_id = jobs.id AND attempts.tree = upload.tree
         ), succeeded AS (
             UPDATE jobs
             SET state = 'succeeded', error_code = NULL, error_message = NULL, error_retryable = NULL,
                 updated_at = $5, ended_at = $5
             FROM ended WHERE id = job_id AND attempt = number AND state = 'running'
             RETURNING id
         ), ready AS (
             UPDATE uploads
             SET state = 'ready', tree = ended.tree, playback_until = NULL, title = $8, artist = $9, album = $10,
                 codec = $11, duration_seconds = $12, renditions = $13, search_key = $14, title_key = $15, updated_at = $5
             FROM ended WHERE id = $1
             RETURNING id
         )
         SELECT attempts, 1 / CASE WHEN attempts = jobs AND attempts = uploads THEN 1::bigint ELSE 0 END
         FROM (SELECT (SELECT count(*) FROM ended) AS attempts, (SELECT count(*) FROM succeeded) AS jobs,
                      (SELECT count(*) FROM ready) AS uploads) AS touched",
    )
    .bind(attempt.upload_id)
    .bind(&attempt.title)
    .bind(&attempt.artist)
    .bind(&attempt.album)
    .bind(now)
    .bind(attempt.job_id)
    .bind(attempt.number)
    .bind(publication.title)
    .bind(publication.artist)
    .bind(publication.album)
    .bind(publication.codec)
    .bind(publication.duration_seconds)
    .bind(&publication.renditions)
    .bind(&publication.keys.search)
    .bind(&publication.keys.title)
    .bind(&attempt.published_tree)
    .fetch_one(&database.writer)
    .await?;
    Ok(published == 1)
}
