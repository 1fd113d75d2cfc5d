//! [`Uploads`], for either database.

use async_trait::async_trait;
use domain::{Failure, Timestamp, UploadEvent, UploadId, UploadState, UserId};
use uuid::Uuid;

use super::{
    Database, Db, dialect,
    transitions::{enqueue, lock_upload, lock_visible, move_upload, upload_after},
};
use crate::{
    Multipart, NewJob, NewUpload, Settle, Settled, StoreError, SweepCursor, Upload, Uploads,
    names::{NameKeys, storable},
    rows::{self, UploadRow, one_row, to_bigint, upload_columns},
};

#[async_trait]
impl Uploads for Database {
    async fn reserve(&self, now: Timestamp, upload: NewUpload, most_uploading: u32) -> Result<Upload, StoreError> {
        let mut tx = self.begin().await?;
        // One reservation of a user at a time, or many at once would each find room for one.
        let sql = dialect::locking!("SELECT id FROM users WHERE id = $1 AND disabled_at IS NULL AND delete_at IS NULL");
        sqlx::query_scalar::<Db, Uuid>(sql)
            .bind(upload.user.as_uuid())
            .fetch_one(&mut *tx)
            .await?;
        let sql = "SELECT count(*) FROM uploads WHERE user_id = $1 AND state = 'uploading'";
        let uploading: i64 = sqlx::query_scalar::<Db, _>(sql)
            .bind(upload.user.as_uuid())
            .fetch_one(&mut *tx)
            .await?;
        if uploading >= i64::from(most_uploading) {
            return Err(StoreError::TooMany(most_uploading));
        }
        let filename = storable(&upload.filename);
        let keys = NameKeys::new(None, None, None, &filename);
        sqlx::query::<Db>(
            "INSERT INTO uploads (id, user_id, state, filename, source_type, size, source_urls_until, search_key,
                 title_key, created_at, updated_at)
             VALUES ($1, $2, 'uploading', $3, $4, $5, $6, $7, $8, $9, $9)",
        )
        .bind(upload.id.as_uuid())
        .bind(upload.user.as_uuid())
        .bind(filename)
        .bind(upload.source_type.extension())
        .bind(to_bigint(upload.size)?)
        .bind(upload.urls_until.as_millis())
        .bind(keys.search)
        .bind(keys.title)
        .bind(now.as_millis())
        .execute(&mut *tx)
        .await
        .map_err(StoreError::or_taken)?;
        let upload = lock_upload(&mut tx, upload.id).await?;
        tx.commit().await?;
        Ok(upload)
    }

    async fn upload(&self, user: UserId, id: UploadId) -> Result<Upload, StoreError> {
        let sql = concat!(
            "SELECT ",
            upload_columns!(),
            " FROM uploads u WHERE u.id = $1 AND u.user_id = $2 AND u.delete_at IS NULL"
        );
        let query = sqlx::query_as::<Db, UploadRow>(sql);
        let query = query.bind(id.as_uuid()).bind(user.as_uuid());
        query.fetch_one(&self.reader).await?.try_into()
    }

    async fn extend_urls(
        &self,
        now: Timestamp,
        user: UserId,
        id: UploadId,
        until: Timestamp,
    ) -> Result<(), StoreError> {
        let mut tx = self.begin().await?;
        let upload = lock_visible(&mut tx, user, id).await?;
        if upload.state != UploadState::Uploading {
            return Err(StoreError::WrongState(upload.state.to_string()));
        }
        let touched = sqlx::query::<Db>(
            "UPDATE uploads SET source_urls_until = $1, updated_at = $2 WHERE id = $3 AND state = 'uploading'",
        )
        .bind(until.max(upload.source_urls_until).as_millis())
        .bind(now.as_millis())
        .bind(id.as_uuid())
        .execute(&mut *tx)
        .await?
        .rows_affected();
        one_row(touched)?;
        Ok(tx.commit().await?)
    }

    async fn set_multipart(
        &self,
        now: Timestamp,
        user: UserId,
        id: UploadId,
        multipart: Multipart,
    ) -> Result<(), StoreError> {
        let mut tx = self.begin().await?;
        let upload = lock_visible(&mut tx, user, id).await?;
        if upload.state != UploadState::Uploading {
            return Err(StoreError::WrongState(upload.state.to_string()));
        }
        if upload.multipart.is_some() {
            return Err(StoreError::Taken);
        }
        let touched = sqlx::query::<Db>(
            "UPDATE uploads SET multipart_id = $1, part_size = $2, updated_at = $3
             WHERE id = $4 AND state = 'uploading' AND multipart_id IS NULL",
        )
        .bind(multipart.id)
        .bind(to_bigint(multipart.part_size)?)
        .bind(now.as_millis())
        .bind(id.as_uuid())
        .execute(&mut *tx)
        .await?
        .rows_affected();
        one_row(touched)?;
        Ok(tx.commit().await?)
    }

    async fn settle(&self, now: Timestamp, id: UploadId, source: Settled, job: NewJob) -> Result<Settle, StoreError> {
        let mut tx = self.begin().await?;
        let upload = lock_upload(&mut tx, id).await?;
        if upload.etag.is_some() && upload.state != UploadState::Deleting {
            return Ok(Settle::Already);
        }
        if source.size != upload.size {
            let failure = Failure::size_mismatch();
            move_upload(
                &mut tx,
                now,
                (upload.id, upload.state),
                UploadEvent::TransferFailed,
                Some(&failure),
            )
            .await?;
            tx.commit().await?;
            return Ok(Settle::SizeMismatch);
        }
        let next = upload_after(&upload, UploadEvent::Settled)?;
        let touched =
            sqlx::query::<Db>("UPDATE uploads SET state = $1, etag = $2, updated_at = $3 WHERE id = $4 AND state = $5")
                .bind(next.as_str())
                .bind(source.etag)
                .bind(now.as_millis())
                .bind(id.as_uuid())
                .bind(upload.state.as_str())
                .execute(&mut *tx)
                .await?
                .rows_affected();
        one_row(touched)?;
        enqueue(&mut tx, now, &upload, &job).await?;
        tx.commit().await?;
        Ok(Settle::Queued)
    }

    async fn fail_transfer(&self, now: Timestamp, id: UploadId, failure: &Failure) -> Result<(), StoreError> {
        let mut tx = self.begin().await?;
        let upload = lock_upload(&mut tx, id).await?;
        move_upload(
            &mut tx,
            now,
            (upload.id, upload.state),
            UploadEvent::TransferFailed,
            Some(failure),
        )
        .await?;
        Ok(tx.commit().await?)
    }

    async fn to_settle(
        &self,
        before: Timestamp,
        cursor: Option<SweepCursor>,
        limit: u32,
    ) -> Result<Vec<Upload>, StoreError> {
        let cursor = cursor.unwrap_or(SweepCursor {
            urls_until: Timestamp::from_millis(i64::MIN),
            id: UploadId::from_uuid(Uuid::nil()),
        });
        let sql = concat!(
            "SELECT ",
            upload_columns!(),
            " FROM uploads u
              WHERE u.state = 'uploading' AND u.delete_at IS NULL
                  AND u.source_urls_until < $1 AND (u.source_urls_until, u.id) > ($2, $3)
              ORDER BY u.source_urls_until, u.id LIMIT $4"
        );
        let uploads = sqlx::query_as::<Db, UploadRow>(sql)
            .bind(before.as_millis())
            .bind(cursor.urls_until.as_millis())
            .bind(cursor.id.as_uuid())
            .bind(i64::from(limit))
            .fetch_all(&self.reader)
            .await?;
        rows::all(uploads)
    }

    async fn abandon(&self, now: Timestamp, before: Timestamp, limit: u32) -> Result<Vec<Upload>, StoreError> {
        let mut tx = self.begin().await?;
        let sql = dialect::locking_free!(
            "SELECT ",
            upload_columns!(),
            " FROM uploads u
              WHERE u.state = 'uploading' AND u.source_urls_until < $1
              ORDER BY u.source_urls_until, u.id LIMIT $2"
        );
        let abandoned = sqlx::query_as::<Db, UploadRow>(sql)
            .bind(before.as_millis())
            .bind(i64::from(limit))
            .fetch_all(&mut *tx)
            .await?;
        let abandoned: Vec<Upload> = rows::all(abandoned)?;
        let failure = Failure::abandoned();
        for upload in &abandoned {
            move_upload(
                &mut tx,
                now,
                (upload.id, upload.state),
                UploadEvent::TransferFailed,
                Some(&failure),
            )
            .await?;
        }
        tx.commit().await?;
        Ok(abandoned)
    }
}
