//! [`Sessions`], for either database.

use async_trait::async_trait;
use domain::{SecretHash, SessionId, Timestamp, UserId};
use uuid::Uuid;

use super::{Connection, Database, Db, dialect};
use crate::{
    NewSession, PREDECESSOR_GRACE, Rotation, Session, Sessions, StoreError,
    rows::{SessionRow, one_row, user_columns},
};

/// A session that is not over, of a user who may log in.
const LIVE: &str = concat!(
    "SELECT s.id AS session_id, s.expires_at, ",
    user_columns!(),
    " FROM sessions s JOIN users u ON u.id = s.user_id
      WHERE s.id = $1 AND s.revoked_at IS NULL AND s.expires_at > $2
          AND u.disabled_at IS NULL AND u.delete_at IS NULL"
);

#[async_trait]
impl Sessions for Database {
    async fn create_session(&self, now: Timestamp, session: NewSession) -> Result<(), StoreError> {
        let mut tx = self.begin().await?;
        let sql = dialect::locking!(
            "SELECT id FROM users
             WHERE id = $1 AND password_hash = $2 AND disabled_at IS NULL AND delete_at IS NULL"
        );
        sqlx::query_scalar::<Db, Uuid>(sql)
            .bind(session.user.as_uuid())
            .bind(&session.password_hash)
            .fetch_one(&mut *tx)
            .await?;
        sqlx::query::<Db>(
            "INSERT INTO sessions (id, user_id, refresh_hash, created_at, expires_at) VALUES ($1, $2, $3, $4, $5)",
        )
        .bind(session.id.as_uuid())
        .bind(session.user.as_uuid())
        .bind(&session.refresh.as_bytes()[..])
        .bind(now.as_millis())
        .bind(session.expires_at.as_millis())
        .execute(&mut *tx)
        .await?;
        Ok(tx.commit().await?)
    }

    async fn rotate(
        &self,
        now: Timestamp,
        presented: SecretHash,
        next: SecretHash,
        expires_at: Timestamp,
    ) -> Result<Rotation, StoreError> {
        let mut tx = self.begin().await?;
        // In this order: a token that another call rotates right now is not the current one any more when its lock is
        // given to us, but then it is the predecessor.
        let rotation = if let Some(session) = current(&mut tx, &presented).await? {
            match live(&mut tx, now, session).await? {
                Some(session) => {
                    exchange(&mut tx, now, &presented, &next, expires_at).await?;
                    Rotation::Rotated(Session { expires_at, ..session })
                }
                None => Rotation::Unknown,
            }
        } else if let Some((session, rotated_at)) = predecessor(&mut tx, &presented).await? {
            match live(&mut tx, now, session).await? {
                Some(session) if now.since(rotated_at) <= PREDECESSOR_GRACE => Rotation::Predecessor(session),
                Some(session) => reused(&mut tx, now, session.id).await?,
                None => Rotation::Unknown,
            }
        } else if let Some(session) = spent(&mut tx, &presented).await? {
            match live(&mut tx, now, session).await? {
                Some(session) => reused(&mut tx, now, session.id).await?,
                None => Rotation::Unknown,
            }
        } else {
            Rotation::Unknown
        };
        tx.commit().await?;
        Ok(rotation)
    }

    async fn session(&self, now: Timestamp, id: SessionId) -> Result<Session, StoreError> {
        let query = sqlx::query_as::<Db, SessionRow>(LIVE);
        let query = query.bind(id.as_uuid()).bind(now.as_millis());
        Ok(query.fetch_one(&self.reader).await?.into())
    }

    async fn revoke_session(&self, now: Timestamp, id: SessionId) -> Result<(), StoreError> {
        let mut tx = self.begin().await?;
        revoke(&mut tx, now, id).await?;
        Ok(tx.commit().await?)
    }

    async fn purge_sessions(&self, now: Timestamp, limit: u32) -> Result<u64, StoreError> {
        let mut tx = self.begin().await?;
        let purged = sqlx::query::<Db>(
            "DELETE FROM sessions
             WHERE id IN (SELECT id FROM sessions WHERE expires_at <= $1 OR revoked_at <= $1 LIMIT $2)",
        )
        .bind(now.as_millis())
        .bind(i64::from(limit))
        .execute(&mut *tx)
        .await?
        .rows_affected();
        tx.commit().await?;
        Ok(purged)
    }
}

/// Ends a user's sessions, all but one.
pub(super) async fn revoke_all(
    connection: &mut Connection,
    now: Timestamp,
    user: UserId,
    keep: Option<SessionId>,
) -> Result<(), StoreError> {
    // No session has the nil id.
    let keep = keep.map_or(Uuid::nil(), SessionId::as_uuid);
    sqlx::query::<Db>("UPDATE sessions SET revoked_at = $1 WHERE user_id = $2 AND id <> $3 AND revoked_at IS NULL")
        .bind(now.as_millis())
        .bind(user.as_uuid())
        .bind(keep)
        .execute(connection)
        .await?;
    Ok(())
}

async fn live(connection: &mut Connection, now: Timestamp, id: Uuid) -> Result<Option<Session>, StoreError> {
    let query = sqlx::query_as::<Db, SessionRow>(LIVE).bind(id).bind(now.as_millis());
    Ok(query.fetch_optional(connection).await?.map(Session::from))
}

/// The session of which this is the token in force.
async fn current(connection: &mut Connection, token: &SecretHash) -> Result<Option<Uuid>, StoreError> {
    let sql = dialect::locking!("SELECT id FROM sessions WHERE refresh_hash = $1");
    let query = sqlx::query_scalar::<Db, Uuid>(sql).bind(&token.as_bytes()[..]);
    Ok(query.fetch_optional(connection).await?)
}

/// The session of which this is the token before the one in force, and when it was exchanged.
async fn predecessor(connection: &mut Connection, token: &SecretHash) -> Result<Option<(Uuid, Timestamp)>, StoreError> {
    let sql = dialect::locking!("SELECT id, rotated_at FROM sessions WHERE previous_hash = $1");
    let query = sqlx::query_as::<Db, (Uuid, i64)>(sql).bind(&token.as_bytes()[..]);
    let found = query.fetch_optional(connection).await?;
    Ok(found.map(|(id, rotated_at)| (id, Timestamp::from_millis(rotated_at))))
}

/// The session of which this was a token before that.
async fn spent(connection: &mut Connection, token: &SecretHash) -> Result<Option<Uuid>, StoreError> {
    let sql = "SELECT session_id FROM spent_tokens WHERE refresh_hash = $1";
    let query = sqlx::query_scalar::<Db, Uuid>(sql).bind(&token.as_bytes()[..]);
    Ok(query.fetch_optional(connection).await?)
}

/// The token in force becomes the predecessor, and the predecessor a spent one.
async fn exchange(
    connection: &mut Connection,
    now: Timestamp,
    presented: &SecretHash,
    next: &SecretHash,
    expires_at: Timestamp,
) -> Result<(), StoreError> {
    sqlx::query::<Db>(
        "INSERT INTO spent_tokens (refresh_hash, session_id)
         SELECT previous_hash, id FROM sessions WHERE refresh_hash = $1 AND previous_hash IS NOT NULL",
    )
    .bind(&presented.as_bytes()[..])
    .execute(&mut *connection)
    .await?;
    let touched = sqlx::query::<Db>(
        "UPDATE sessions SET previous_hash = refresh_hash, refresh_hash = $1, rotated_at = $2, expires_at = $3
         WHERE refresh_hash = $4",
    )
    .bind(&next.as_bytes()[..])
    .bind(now.as_millis())
    .bind(expires_at.as_millis())
    .bind(&presented.as_bytes()[..])
    .execute(&mut *connection)
    .await?
    .rows_affected();
    one_row(touched)
}

async fn reused(connection: &mut Connection, now: Timestamp, id: SessionId) -> Result<Rotation, StoreError> {
    revoke(connection, now, id).await?;
    Ok(Rotation::Reused(id))
}

async fn revoke(connection: &mut Connection, now: Timestamp, id: SessionId) -> Result<(), StoreError> {
    let touched = sqlx::query::<Db>("UPDATE sessions SET revoked_at = $1 WHERE id = $2 AND revoked_at IS NULL")
        .bind(now.as_millis())
        .bind(id.as_uuid())
        .execute(connection)
        .await?
        .rows_affected();
    // None: it was over already.
    if touched == 0 { Ok(()) } else { one_row(touched) }
}
