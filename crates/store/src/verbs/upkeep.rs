//! [`Upkeep`], for either database.

use async_trait::async_trait;
use domain::{JobId, Timestamp, UploadId, UploadState, UserId};
use sqlx::QueryBuilder;
use uuid::Uuid;

use super::{
    Database, Db, dialect,
    transitions::{lock_upload, start_deleting},
};
use crate::{
    Doomed, FailedCursor, StaleTree, StoreError, TreeCursor, Upkeep, Upload,
    rows::{self, DoomedRow, StaleTreeRow, UploadRow, one_row, upload_columns},
};

/// The ids in one statement: SQLite takes 32,766 parameters, PostgreSQL 65,535, and neither gains by more than this.
const IDS_AT_ONCE: usize = 1_000;

#[async_trait]
impl Upkeep for Database {
    async fn start_due_deletions(&self, now: Timestamp, limit: u32) -> Result<Vec<UploadId>, StoreError> {
        let mut tx = self.begin().await?;
        let sql = dialect::locking_free!(
            "SELECT ",
            upload_columns!(),
            " FROM uploads u
              WHERE u.delete_at IS NOT NULL AND u.state <> 'deleting' AND u.delete_at <= $1
              ORDER BY u.delete_at, u.id LIMIT $2"
        );
        let due = sqlx::query_as::<Db, UploadRow>(sql)
            .bind(now.as_millis())
            .bind(i64::from(limit))
            .fetch_all(&mut *tx)
            .await?;
        let due: Vec<Upload> = rows::all(due)?;
        for upload in &due {
            start_deleting(&mut tx, now, upload).await?;
        }
        tx.commit().await?;
        Ok(due.into_iter().map(|upload| upload.id).collect())
    }

    async fn failed_before(
        &self,
        before: Timestamp,
        cursor: Option<FailedCursor>,
        limit: u32,
    ) -> Result<Vec<Upload>, StoreError> {
        let cursor = cursor.unwrap_or(FailedCursor {
            failed_at: Timestamp::from_millis(i64::MIN),
            id: UploadId::from_uuid(Uuid::nil()),
        });
        let sql = concat!(
            "SELECT ",
            upload_columns!(),
            " FROM uploads u
              WHERE u.state = 'failed' AND u.tree IS NULL AND u.delete_at IS NULL
                  AND u.failed_at < $1 AND (u.failed_at, u.id) > ($2, $3)
              ORDER BY u.failed_at, u.id LIMIT $4"
        );
        let failed = sqlx::query_as::<Db, UploadRow>(sql)
            .bind(before.as_millis())
            .bind(cursor.failed_at.as_millis())
            .bind(cursor.id.as_uuid())
            .bind(i64::from(limit))
            .fetch_all(&self.reader)
            .await?;
        rows::all(failed)
    }

    async fn purge_failed(&self, now: Timestamp, id: UploadId, before: Timestamp) -> Result<(), StoreError> {
        let mut tx = self.begin().await?;
        let upload = lock_upload(&mut tx, id).await?;
        let is_stale = upload.published.is_none() && upload.failed_at.is_some_and(|failed_at| failed_at < before);
        if !is_stale {
            return Err(StoreError::WrongState(upload.state.to_string()));
        }
        start_deleting(&mut tx, now, &upload).await?;
        Ok(tx.commit().await?)
    }

    async fn deleting(&self, cursor: Option<UploadId>, limit: u32) -> Result<Vec<Doomed>, StoreError> {
        let doomed = sqlx::query_as::<Db, DoomedRow>(
            "SELECT u.id, u.user_id, u.source_type, u.multipart_id, u.source_urls_until,
                 (SELECT max(a.urls_until) FROM attempts a JOIN jobs j ON j.id = a.job_id WHERE j.upload_id = u.id)
                     AS tree_urls_until
             FROM uploads u
             WHERE u.state = 'deleting' AND u.id > $1
             ORDER BY u.id LIMIT $2",
        )
        .bind(cursor.map_or(Uuid::nil(), UploadId::as_uuid))
        .bind(i64::from(limit))
        .fetch_all(&self.reader)
        .await?;
        rows::all(doomed)
    }

    async fn remove_upload(&self, now: Timestamp, id: UploadId) -> Result<(), StoreError> {
        let mut tx = self.begin().await?;
        let upload = lock_upload(&mut tx, id).await?;
        if upload.state != UploadState::Deleting {
            return Err(StoreError::WrongState(upload.state.to_string()));
        }
        let sql = "SELECT count(*) FROM attempts a JOIN jobs j ON j.id = a.job_id
                   WHERE j.upload_id = $1 AND (a.ended_at IS NULL OR a.urls_until > $2)";
        let open: i64 = sqlx::query_scalar::<Db, _>(sql)
            .bind(id.as_uuid())
            .bind(now.as_millis())
            .fetch_one(&mut *tx)
            .await?;
        if open > 0 || upload.source_urls_until > now {
            return Err(StoreError::WrongState("open to a URL that still works".into()));
        }
        let touched = sqlx::query::<Db>("DELETE FROM uploads WHERE id = $1 AND state = 'deleting'")
            .bind(id.as_uuid())
            .execute(&mut *tx)
            .await?
            .rows_affected();
        one_row(touched)?;
        Ok(tx.commit().await?)
    }

    async fn trees_to_purge(
        &self,
        now: Timestamp,
        cursor: Option<TreeCursor>,
        limit: u32,
    ) -> Result<Vec<StaleTree>, StoreError> {
        let cursor = cursor.unwrap_or(TreeCursor {
            stale_at: Timestamp::from_millis(i64::MIN),
            job: JobId::from_uuid(Uuid::nil()),
            attempt: 0,
        });
        let trees = sqlx::query_as::<Db, StaleTreeRow>(
            "SELECT a.job_id, a.number, j.user_id, j.upload_id, a.tree, a.stale_at
             FROM attempts a JOIN jobs j ON j.id = a.job_id JOIN uploads u ON u.id = j.upload_id
             WHERE a.stale_at IS NOT NULL AND (a.urls_until IS NULL OR a.urls_until <= $1)
                 AND u.state <> 'deleting' AND (u.tree IS NULL OR u.tree <> a.tree)
                 AND (a.stale_at, a.job_id, a.number) > ($2, $3, $4)
             ORDER BY a.stale_at, a.job_id, a.number LIMIT $5",
        )
        .bind(now.as_millis())
        .bind(cursor.stale_at.as_millis())
        .bind(cursor.job.as_uuid())
        .bind(i64::from(cursor.attempt))
        .bind(i64::from(limit))
        .fetch_all(&self.reader)
        .await?;
        rows::all(trees)
    }

    async fn tree_purged(&self, now: Timestamp, job: JobId, attempt: u32) -> Result<(), StoreError> {
        let mut tx = self.begin().await?;
        let touched = sqlx::query::<Db>(
            "UPDATE attempts SET stale_at = NULL
             WHERE job_id = $2 AND number = $3 AND stale_at IS NOT NULL
                 AND (urls_until IS NULL OR urls_until <= $1)
                 AND NOT EXISTS (
                     SELECT 1 FROM jobs j JOIN uploads u ON u.id = j.upload_id
                     WHERE j.id = attempts.job_id AND u.tree = attempts.tree
                 )",
        )
        .bind(now.as_millis())
        .bind(job.as_uuid())
        .bind(i32::try_from(attempt).map_err(StoreError::damaged)?)
        .execute(&mut *tx)
        .await?
        .rows_affected();
        if touched == 0 {
            return Err(StoreError::NotFound);
        }
        one_row(touched)?;
        Ok(tx.commit().await?)
    }

    async fn owned(&self, user: UserId, uploads: &[UploadId]) -> Result<Vec<UploadId>, StoreError> {
        let mut owned = Vec::new();
        for uploads in uploads.chunks(IDS_AT_ONCE) {
            let mut builder = QueryBuilder::<Db>::new("SELECT id FROM uploads WHERE user_id = ");
            builder.push_bind(user.as_uuid()).push(" AND id IN (");
            let mut ids = builder.separated(", ");
            for upload in uploads {
                ids.push_bind(upload.as_uuid());
            }
            builder.push(")");
            let found: Vec<Uuid> = builder.build_query_scalar().fetch_all(&self.reader).await?;
            owned.extend(found.into_iter().map(UploadId::from_uuid));
        }
        Ok(owned)
    }

    async fn lease(&self, now: Timestamp, name: &str, holder: &str, until: Timestamp) -> Result<bool, StoreError> {
        let mut tx = self.begin().await?;
        let touched = sqlx::query::<Db>(
            "INSERT INTO leases (name, holder, until) VALUES ($1, $2, $3)
             ON CONFLICT (name) DO UPDATE SET holder = excluded.holder, until = excluded.until
             WHERE leases.holder = excluded.holder OR leases.until <= $4",
        )
        .bind(name)
        .bind(holder)
        .bind(until.as_millis())
        .bind(now.as_millis())
        .execute(&mut *tx)
        .await?
        .rows_affected();
        tx.commit().await?;
        Ok(touched == 1)
    }

    async fn release_lease(&self, name: &str, holder: &str) -> Result<(), StoreError> {
        let mut tx = self.begin().await?;
        sqlx::query::<Db>("DELETE FROM leases WHERE name = $1 AND holder = $2")
            .bind(name)
            .bind(holder)
            .execute(&mut *tx)
            .await?;
        Ok(tx.commit().await?)
    }

    async fn deployment(&self, now: Timestamp, fresh: Uuid) -> Result<Uuid, StoreError> {
        let mut tx = self.begin().await?;
        sqlx::query::<Db>(
            "INSERT INTO deployment (only_row, id, created_at) VALUES (1, $1, $2) ON CONFLICT DO NOTHING",
        )
        .bind(fresh)
        .bind(now.as_millis())
        .execute(&mut *tx)
        .await?;
        let id = sqlx::query_scalar::<Db, Uuid>("SELECT id FROM deployment")
            .fetch_one(&mut *tx)
            .await?;
        tx.commit().await?;
        Ok(id)
    }

    async fn database_now(&self) -> Result<Option<Timestamp>, StoreError> {
        let Some(sql) = dialect::NOW else {
            return Ok(None);
        };
        let millis: i64 = sqlx::query_scalar::<Db, _>(sql).fetch_one(&self.reader).await?;
        Ok(Some(Timestamp::from_millis(millis)))
    }

    async fn ping(&self) -> Result<(), StoreError> {
        sqlx::query::<Db>("SELECT 1").execute(&self.reader).await?;
        Ok(())
    }

    async fn close(&self) {
        self.reader.close().await;
        self.writer.close().await;
    }
}
