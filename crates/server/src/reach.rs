//! How long this server has been able to hear its workers.

use std::{
    sync::{Mutex, PoisonError},
    time::Duration,
};

use tokio::time::Instant;

/// Since when the database has answered and workers were served, without interruption. A worker that could not be heard
/// because of us must not be taken for a silent one.
pub(crate) struct Reach {
    since: Mutex<Instant>,
}

impl Reach {
    pub(crate) fn new() -> Self {
        Self {
            since: Mutex::new(Instant::now()),
        }
    }

    /// Something of ours failed: whoever was silent until now may have tried in vain.
    pub(crate) fn interrupted(&self) {
        *self.since.lock().unwrap_or_else(PoisonError::into_inner) = Instant::now();
    }

    /// For how long nothing has.
    pub(crate) fn uninterrupted(&self) -> Duration {
        self.since.lock().unwrap_or_else(PoisonError::into_inner).elapsed()
    }
}
