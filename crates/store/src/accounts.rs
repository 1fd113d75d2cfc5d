//! Users.

use async_trait::async_trait;
use domain::{SessionId, Timestamp, UserId};

use crate::StoreError;

/// Who may log in, and as whom.
#[async_trait]
pub trait Accounts {
    /// Makes an account. [`StoreError::Taken`]: there is one for this address, in whatever case; [`StoreError::Closed`]:
    /// only the first may be made, and it is there. Of two first registrations at once one succeeds.
    async fn create_user(&self, now: Timestamp, user: NewUser, registration: Registration) -> Result<User, StoreError>;

    /// Whether there is any account, or one that is still being deleted: then nobody is the first any more.
    async fn has_users(&self) -> Result<bool, StoreError>;

    /// For logging in. Also finds the disabled, so that they can be told; not those who are being deleted.
    async fn user_by_email(&self, email: &str) -> Result<User, StoreError>;

    /// A user who is not being deleted.
    async fn user(&self, id: UserId) -> Result<User, StoreError>;

    /// Changes a user's own password and ends all other sessions. [`StoreError::NotFound`]: the password is another one by
    /// now. So of two changes that both began with the same password, one succeeds.
    async fn change_password(&self, now: Timestamp, id: UserId, change: PasswordChange<'_>) -> Result<(), StoreError>;

    /// Gives a user another password, whatever it was, and ends all sessions.
    async fn set_password(&self, now: Timestamp, id: UserId, password_hash: &str) -> Result<(), StoreError>;

    /// Locks a user out and ends all sessions. Does nothing to one who is locked out already.
    async fn disable_user(&self, now: Timestamp, id: UserId) -> Result<(), StoreError>;

    /// Lets a user in again. Does nothing to one who is not locked out.
    async fn enable_user(&self, id: UserId) -> Result<(), StoreError>;

    /// Deletes an account: forgets the address and the password, ends all sessions, calls off all work, and puts all
    /// uploads on their way out. The row itself goes with [`Accounts::purge_users`].
    async fn delete_user(&self, now: Timestamp, id: UserId) -> Result<(), StoreError>;

    /// Removes the rows of deleted accounts that own no upload any more, at most `limit` of them. Returns how many.
    async fn purge_users(&self, limit: u32) -> Result<u64, StoreError>;
}

/// An account to be.
#[derive(Clone)]
pub struct NewUser {
    /// Made by the caller.
    pub id: UserId,
    /// As it was typed in.
    pub email: String,
    /// argon2id's text form.
    pub password_hash: String,
}

/// From one password to another. Both are argon2id's text form.
#[derive(Clone, Copy)]
pub struct PasswordChange<'a> {
    /// What the password that was confirmed was compared with.
    pub from: &'a str,
    /// Of the new one.
    pub to: &'a str,
    /// The session in which it is changed: the only one that goes on.
    pub session: SessionId,
}

/// On whose word an account is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Registration {
    /// Anybody may.
    Open,
    /// Only whoever comes first.
    OnlyFirst,
    /// The operator does it.
    Operator,
}

/// An account.
#[derive(Clone, PartialEq, Eq)]
pub struct User {
    /// Of the account.
    pub id: UserId,
    /// As it was typed in.
    pub email: String,
    /// argon2id's text form.
    pub password_hash: String,
    /// When it was made.
    pub created_at: Timestamp,
    /// Since when the operator has locked the user out.
    pub disabled_at: Option<Timestamp>,
}

/// Without the password's hash, which has no place in a log.
impl std::fmt::Debug for User {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("User")
            .field("id", &self.id)
            .field("email", &self.email)
            .field("created_at", &self.created_at)
            .field("disabled_at", &self.disabled_at)
            .finish_non_exhaustive()
    }
}
