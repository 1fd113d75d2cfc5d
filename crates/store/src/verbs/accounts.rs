//! [`Accounts`], for either database.

use async_trait::async_trait;
use domain::{Timestamp, UserId, email_key};

use super::{Database, Db, dialect, sessions::revoke_all, transitions::start_deleting};
use crate::{
    Accounts, NewUser, PasswordChange, Registration, StoreError, Upload, User,
    names::storable,
    rows::{self, UploadRow, UserRow, one_row, upload_columns, user_columns},
};

/// 1 if there is a user, otherwise 0.
const ANYBODY: &str = "SELECT count(*) FROM (SELECT 1 FROM users LIMIT 1) AS anybody";

#[async_trait]
impl Accounts for Database {
    async fn create_user(&self, now: Timestamp, user: NewUser, registration: Registration) -> Result<User, StoreError> {
        let mut tx = self.begin().await?;
        sqlx::query::<Db>(dialect::LOCK_REGISTRATION).execute(&mut *tx).await?;
        if registration == Registration::OnlyFirst {
            let anybody: i64 = sqlx::query_scalar::<Db, _>(ANYBODY).fetch_one(&mut *tx).await?;
            if anybody > 0 {
                return Err(StoreError::Closed);
            }
        }
        let user = User {
            id: user.id,
            email: storable(&user.email),
            password_hash: user.password_hash,
            created_at: now,
            disabled_at: None,
        };
        sqlx::query::<Db>(
            "INSERT INTO users (id, email, email_key, password_hash, created_at) VALUES ($1, $2, $3, $4, $5)",
        )
        .bind(user.id.as_uuid())
        .bind(&user.email)
        .bind(email_key(&user.email))
        .bind(&user.password_hash)
        .bind(now.as_millis())
        .execute(&mut *tx)
        .await
        .map_err(StoreError::or_taken)?;
        tx.commit().await?;
        Ok(user)
    }

    async fn has_users(&self) -> Result<bool, StoreError> {
        let anybody: i64 = sqlx::query_scalar::<Db, _>(ANYBODY).fetch_one(&self.reader).await?;
        Ok(anybody > 0)
    }

    async fn user_by_email(&self, email: &str) -> Result<User, StoreError> {
        let sql = concat!(
            "SELECT ",
            user_columns!(),
            " FROM users u WHERE u.email_key = $1 AND u.delete_at IS NULL"
        );
        let query = sqlx::query_as::<Db, UserRow>(sql).bind(email_key(&storable(email)));
        Ok(query.fetch_one(&self.reader).await?.into())
    }

    async fn user(&self, id: UserId) -> Result<User, StoreError> {
        let sql = concat!(
            "SELECT ",
            user_columns!(),
            " FROM users u WHERE u.id = $1 AND u.delete_at IS NULL"
        );
        let query = sqlx::query_as::<Db, UserRow>(sql).bind(id.as_uuid());
        Ok(query.fetch_one(&self.reader).await?.into())
    }

    async fn change_password(&self, now: Timestamp, id: UserId, change: PasswordChange<'_>) -> Result<(), StoreError> {
        let mut tx = self.begin().await?;
        // Two at once wait for each other here, and the second then finds the first one's password.
        let touched = sqlx::query::<Db>(
            "UPDATE users SET password_hash = $1 WHERE id = $2 AND password_hash = $3 AND delete_at IS NULL",
        )
        .bind(change.to)
        .bind(id.as_uuid())
        .bind(change.from)
        .execute(&mut *tx)
        .await?
        .rows_affected();
        if touched == 0 {
            return Err(StoreError::NotFound);
        }
        one_row(touched)?;
        revoke_all(&mut tx, now, id, Some(change.session)).await?;
        Ok(tx.commit().await?)
    }

    async fn set_password(&self, now: Timestamp, id: UserId, password_hash: &str) -> Result<(), StoreError> {
        let mut tx = self.begin().await?;
        let touched = sqlx::query::<Db>("UPDATE users SET password_hash = $1 WHERE id = $2 AND delete_at IS NULL")
            .bind(password_hash)
            .bind(id.as_uuid())
            .execute(&mut *tx)
            .await?
            .rows_affected();
        if touched == 0 {
            return Err(StoreError::NotFound);
        }
        one_row(touched)?;
        revoke_all(&mut tx, now, id, None).await?;
        Ok(tx.commit().await?)
    }

    async fn disable_user(&self, now: Timestamp, id: UserId) -> Result<(), StoreError> {
        let mut tx = self.begin().await?;
        let touched = sqlx::query::<Db>(
            "UPDATE users SET disabled_at = coalesce(disabled_at, $1) WHERE id = $2 AND delete_at IS NULL",
        )
        .bind(now.as_millis())
        .bind(id.as_uuid())
        .execute(&mut *tx)
        .await?
        .rows_affected();
        if touched == 0 {
            return Err(StoreError::NotFound);
        }
        one_row(touched)?;
        revoke_all(&mut tx, now, id, None).await?;
        Ok(tx.commit().await?)
    }

    async fn enable_user(&self, id: UserId) -> Result<(), StoreError> {
        let mut tx = self.begin().await?;
        let touched = sqlx::query::<Db>("UPDATE users SET disabled_at = NULL WHERE id = $1 AND delete_at IS NULL")
            .bind(id.as_uuid())
            .execute(&mut *tx)
            .await?
            .rows_affected();
        if touched == 0 {
            return Err(StoreError::NotFound);
        }
        one_row(touched)?;
        Ok(tx.commit().await?)
    }

    async fn delete_user(&self, now: Timestamp, id: UserId) -> Result<(), StoreError> {
        let mut tx = self.begin().await?;
        // Whoever reserves an upload locks this row too, so that none is reserved behind the deletion's back.
        let touched = sqlx::query::<Db>(
            "UPDATE users SET email = '', email_key = $1, password_hash = '', delete_at = $2
             WHERE id = $3 AND delete_at IS NULL",
        )
        .bind(id.to_string())
        .bind(now.as_millis())
        .bind(id.as_uuid())
        .execute(&mut *tx)
        .await?
        .rows_affected();
        if touched == 0 {
            return Err(StoreError::NotFound);
        }
        one_row(touched)?;
        revoke_all(&mut tx, now, id, None).await?;
        let sql = dialect::locking!(
            "SELECT ",
            upload_columns!(),
            " FROM uploads u WHERE u.user_id = $1 AND u.state <> 'deleting' ORDER BY u.id"
        );
        let uploads = sqlx::query_as::<Db, UploadRow>(sql)
            .bind(id.as_uuid())
            .fetch_all(&mut *tx)
            .await?;
        for upload in rows::all::<_, Upload>(uploads)? {
            start_deleting(&mut tx, now, &upload).await?;
        }
        Ok(tx.commit().await?)
    }

    async fn purge_users(&self, limit: u32) -> Result<u64, StoreError> {
        let mut tx = self.begin().await?;
        let purged = sqlx::query::<Db>(
            "DELETE FROM users
             WHERE id IN (
                 SELECT u.id FROM users u
                 WHERE u.delete_at IS NOT NULL AND NOT EXISTS (SELECT 1 FROM uploads WHERE user_id = u.id)
                 LIMIT $1
             )",
        )
        .bind(i64::from(limit))
        .execute(&mut *tx)
        .await?
        .rows_affected();
        tx.commit().await?;
        Ok(purged)
    }
}
