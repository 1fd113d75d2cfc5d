//! Sessions: one for each log-in, with the chain of its refresh tokens.

use std::time::Duration;

use async_trait::async_trait;
use domain::{SecretHash, SessionId, Timestamp, UserId};

use crate::{StoreError, User};

/// How long the immediate predecessor of a refresh token is still accepted: for two tabs that refresh at once, and for
/// an answer that was lost.
pub const PREDECESSOR_GRACE: Duration = Duration::from_secs(30);

/// Who is logged in where. A session is live until it runs out or is revoked, or its user is disabled or deleted.
#[async_trait]
pub trait Sessions {
    /// Begins a session. [`StoreError::NotFound`]: the user is disabled or deleted, or the password was changed since
    /// it was checked.
    async fn create_session(&self, now: Timestamp, session: NewSession) -> Result<(), StoreError>;

    /// Exchanges the refresh token `presented` for `next`, which works until `expires_at`. Of two calls with the same
    /// token at once one rotates, and the other finds that it has the predecessor.
    async fn rotate(
        &self,
        now: Timestamp,
        presented: SecretHash,
        next: SecretHash,
        expires_at: Timestamp,
    ) -> Result<Rotation, StoreError>;

    /// A live session and its user.
    async fn session(&self, now: Timestamp, id: SessionId) -> Result<Session, StoreError>;

    /// Ends a session. One that is over already, or is not there, is no error: logging out must not fail.
    async fn revoke_session(&self, now: Timestamp, id: SessionId) -> Result<(), StoreError>;

    /// Removes sessions that are over, at most `limit`. Returns how many.
    async fn purge_sessions(&self, now: Timestamp, limit: u32) -> Result<u64, StoreError>;
}

/// A session to be.
#[derive(Clone)]
pub struct NewSession {
    /// Made by the caller.
    pub id: SessionId,
    /// Whose.
    pub user: UserId,
    /// The hash that the password was checked against: a log-in must not outlive the change of its password by
    /// having begun before it.
    pub password_hash: String,
    /// Of the first refresh token.
    pub refresh: SecretHash,
    /// Until when the first refresh token works.
    pub expires_at: Timestamp,
}

/// A live session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Session {
    /// Its id, which access tokens name.
    pub id: SessionId,
    /// Whose.
    pub user: User,
    /// Until when, if it is not refreshed.
    pub expires_at: Timestamp,
}

/// What became of a refresh token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Rotation {
    /// It is spent; the next one is in force.
    Rotated(Session),
    /// It was exchanged less than [`PREDECESSOR_GRACE`] ago: good for an access token, but not for another rotation.
    Predecessor(Session),
    /// It was exchanged long ago, so somebody has a copy. The session has been revoked.
    Reused(SessionId),
    /// Not a token, or one of a session that is over.
    Unknown,
}
