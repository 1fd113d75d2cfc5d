//! A library of 10,000 uploads among 200,000.

use std::{sync::Arc, time::Duration};

use domain::{SessionId, Timestamp, UploadId, UserId};
use server::random_array;
use store::{FilledLibrary, NewSession, Store, fill_library};

use crate::Result;

/// All.
pub(crate) const FILLED: u32 = 200_000;
const USERS: u32 = 20;

/// One user's.
pub(crate) struct Library {
    store: Arc<dyn Store>,
    filled: FilledLibrary,
    pub(crate) session: SessionId,
}

impl Library {
    /// Fills a database, and logs its first user in.
    pub(crate) async fn fill(url: &str, store: Arc<dyn Store>, now: Timestamp) -> Result<Self> {
        let filled = fill_library(url, USERS, FILLED).await?;
        let session = SessionId::new(now, random_array());
        let new = NewSession {
            id: session,
            user: filled.user,
            password_hash: store.user(filled.user).await?.password_hash,
            refresh: server::new_secret().hash(),
            expires_at: now + Duration::from_hours(24),
        };
        store.create_session(now, new).await?;
        Ok(Self { store, filled, session })
    }

    /// One of the user's uploads.
    pub(crate) fn some(&self, number: usize) -> UploadId {
        self.filled.uploads[number % self.filled.uploads.len()]
    }

    /// Something that some of the user's uploads are called.
    pub(crate) fn word(&self, number: usize) -> &'static str {
        self.filled.words[number % self.filled.words.len()]
    }

    /// Takes a reservation back, so that the user never has too many.
    pub(crate) async fn take_back(&self, now: Timestamp, upload: UploadId) -> Result<()> {
        let user: UserId = self.filled.user;
        self.store.cancel(now, user, upload).await?;
        Ok(())
    }
}
