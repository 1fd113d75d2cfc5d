//! [`Library`], for either database: what its owner does with one upload. The lists are in `lists`.

use std::time::Duration;

use async_trait::async_trait;
use domain::{Failure, Timestamp, UploadEvent, UploadId, UploadState, UserId};

use super::{
    Connection, Database, Db, lists,
    transitions::{cancel_work, enqueue, lock_upload_of, lock_visible, move_upload, upload_after},
};
use crate::{
    ChangeCursor, DELETE_GRACE, Entry, Library, LibraryQuery, Names, NewJob, Page, Playback, StoreError, Upload,
    Uploads,
    names::{NameKeys, storable},
    rows::one_row,
};

/// How much later than asked a playback is noted to end, so that not every playlist that is fetched writes a row.
const PLAYBACK_SLACK: Duration = Duration::from_mins(10);

#[async_trait]
impl Library for Database {
    async fn list(&self, user: UserId, query: LibraryQuery<'_>) -> Result<Page, StoreError> {
        lists::page(&self.reader, user, query).await
    }

    async fn entry(&self, user: UserId, id: UploadId) -> Result<Entry, StoreError> {
        lists::entry(&self.reader, user, id).await
    }

    async fn rename(&self, now: Timestamp, user: UserId, id: UploadId, names: Names<'_>) -> Result<Upload, StoreError> {
        let edited = |edit: Option<&str>, before: Option<String>| match edit {
            Some(name) => Some(storable(name.trim())).filter(|name| !name.is_empty()),
            None => before,
        };
        let mut tx = self.begin().await?;
        let mut upload = lock_visible(&mut tx, user, id).await?;
        upload.title = edited(names.title, upload.title);
        upload.artist = edited(names.artist, upload.artist);
        upload.album = edited(names.album, upload.album);
        upload.updated_at = now;
        let keys = NameKeys::new(
            upload.title.as_deref(),
            upload.artist.as_deref(),
            upload.album.as_deref(),
            &upload.filename,
        );
        let touched = sqlx::query::<Db>(
            "UPDATE uploads
             SET title = $1, artist = $2, album = $3, search_key = $4, title_key = $5, updated_at = $6
             WHERE id = $7",
        )
        .bind(&upload.title)
        .bind(&upload.artist)
        .bind(&upload.album)
        .bind(keys.search)
        .bind(keys.title)
        .bind(now.as_millis())
        .bind(id.as_uuid())
        .execute(&mut *tx)
        .await?
        .rows_affected();
        one_row(touched)?;
        tx.commit().await?;
        Ok(upload)
    }

    async fn delete(&self, now: Timestamp, user: UserId, id: UploadId) -> Result<Timestamp, StoreError> {
        let mut tx = self.begin().await?;
        let upload = lock_upload_of(&mut tx, user, id).await?;
        if upload.state == UploadState::Deleting {
            return Err(StoreError::NotFound);
        }
        if let Some(delete_at) = upload.delete_at {
            return Ok(delete_at);
        }
        let delete_at = now + DELETE_GRACE;
        set_delete_at(&mut tx, now, id, Some(delete_at)).await?;
        tx.commit().await?;
        Ok(delete_at)
    }

    async fn restore(&self, now: Timestamp, user: UserId, id: UploadId) -> Result<Upload, StoreError> {
        let mut tx = self.begin().await?;
        let mut upload = lock_upload_of(&mut tx, user, id).await?;
        match upload.delete_at {
            None => return Ok(upload),
            // Whether or not the cleaner has come by: what the answer is must not depend on that.
            Some(delete_at) if delete_at <= now => {
                return Err(StoreError::WrongState(UploadState::Deleting.to_string()));
            }
            Some(_) => upload_after(&upload, UploadEvent::DeleteDue)?,
        };
        set_delete_at(&mut tx, now, id, None).await?;
        tx.commit().await?;
        upload.delete_at = None;
        upload.updated_at = now;
        Ok(upload)
    }

    async fn retry(&self, now: Timestamp, user: UserId, id: UploadId, job: NewJob) -> Result<(), StoreError> {
        let mut tx = self.begin().await?;
        let upload = lock_visible(&mut tx, user, id).await?;
        upload_after(&upload, UploadEvent::Retried)?;
        if upload.etag.is_none() {
            return Err(StoreError::SourceGone);
        }
        move_upload(&mut tx, now, (upload.id, upload.state), UploadEvent::Retried, None).await?;
        enqueue(&mut tx, now, &upload, &job).await?;
        Ok(tx.commit().await?)
    }

    async fn cancel(&self, now: Timestamp, user: UserId, id: UploadId) -> Result<UploadState, StoreError> {
        let mut tx = self.begin().await?;
        let upload = lock_visible(&mut tx, user, id).await?;
        let event = UploadEvent::Cancelled {
            playable: upload.published.is_some(),
        };
        let failure = Failure::cancelled();
        let state = move_upload(&mut tx, now, (upload.id, upload.state), event, Some(&failure)).await?;
        cancel_work(&mut tx, now, id).await?;
        tx.commit().await?;
        Ok(state)
    }

    async fn playback(&self, user: UserId, id: UploadId, until: Timestamp) -> Result<Playback, StoreError> {
        // Without a lock: what is noted already stays noted, also for a tree that is superseded meanwhile.
        let upload = self.upload(user, id).await?;
        let noted = upload.published.as_ref().and_then(|published| published.playback_until);
        if noted.is_some_and(|noted| noted >= until) {
            return playback_of(upload);
        }
        let mut tx = self.begin().await?;
        let upload = lock_visible(&mut tx, user, id).await?;
        let noted = upload.published.as_ref().and_then(|published| published.playback_until);
        let playback = playback_of(upload)?;
        let until = noted.map_or(until, |noted| noted.max(until)) + PLAYBACK_SLACK;
        // Not `updated_at`: its owner sees no difference.
        let touched = sqlx::query::<Db>("UPDATE uploads SET playback_until = $1 WHERE id = $2 AND tree = $3")
            .bind(until.as_millis())
            .bind(id.as_uuid())
            .bind(playback.tree.as_str())
            .execute(&mut *tx)
            .await?
            .rows_affected();
        one_row(touched)?;
        tx.commit().await?;
        Ok(playback)
    }

    async fn changed_since(
        &self,
        since: Timestamp,
        cursor: Option<ChangeCursor>,
        limit: u32,
    ) -> Result<Vec<Entry>, StoreError> {
        lists::changed_since(&self.reader, since, cursor, limit).await
    }

    async fn changed_of_user(
        &self,
        user: UserId,
        since: Timestamp,
        cursor: Option<ChangeCursor>,
        limit: u32,
    ) -> Result<Vec<Entry>, StoreError> {
        lists::changed_of_user(&self.reader, user, since, cursor, limit).await
    }

    async fn unfinished(&self, user: UserId, cursor: Option<UploadId>, limit: u32) -> Result<Vec<Entry>, StoreError> {
        lists::unfinished(&self.reader, user, cursor, limit).await
    }
}

async fn set_delete_at(
    connection: &mut Connection,
    now: Timestamp,
    id: UploadId,
    delete_at: Option<Timestamp>,
) -> Result<(), StoreError> {
    let touched =
        sqlx::query::<Db>("UPDATE uploads SET delete_at = $1, updated_at = $2 WHERE id = $3 AND state <> 'deleting'")
            .bind(delete_at.map(Timestamp::as_millis))
            .bind(now.as_millis())
            .bind(id.as_uuid())
            .execute(connection)
            .await?
            .rows_affected();
    one_row(touched)
}

fn playback_of(upload: Upload) -> Result<Playback, StoreError> {
    let published = upload.published.zip(upload.duration_seconds);
    let (published, duration_seconds) = published.ok_or_else(|| StoreError::WrongState(upload.state.to_string()))?;
    Ok(Playback {
        tree: published.tree,
        renditions: published.renditions,
        duration_seconds,
    })
}
