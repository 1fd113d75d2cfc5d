//! How long this server has been able to hear its workers.

use std::{
    sync::{Mutex, PoisonError},
    time::Duration,
};

use tokio::time::Instant;

/// A worker that waits for longer than this for its answer may have left before it came.
const SLOW: Duration = Duration::from_secs(5);

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
    /// A worker is being answered, until the guard is dropped. If that takes long, or the worker has left meanwhile, its
    /// silence is our fault.
    pub(crate) fn answering(&self) -> Answering<'_> {
        Answering {
            reach: self,
            since: Instant::now(),
        }
    }
}

pub(crate) struct Answering<'a> {
    reach: &'a Reach,
    since: Instant,
}

impl Drop for Answering<'_> {
    fn drop(&mut self) {
        if self.since.elapsed() >= SLOW {
            self.reach.interrupted();
        }
    }
}

#[cfg(test)]
mod tests {
    use tokio::time::advance;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_worker_that_waits_for_long_or_leaves_was_not_heard() {
        let reach = Reach::new();
        let minute = Duration::from_mins(1);
        advance(minute).await;
        drop(reach.answering());
        assert_eq!(
            reach.uninterrupted(),
            minute,
            "an answer that comes at once interrupts nothing"
        );
        let answering = reach.answering();
        advance(SLOW).await;
        drop(answering);
        assert_eq!(reach.uninterrupted(), Duration::ZERO);
    }
}
