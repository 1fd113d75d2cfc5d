//! How much of a file is sent.

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

use tokio::sync::watch;

/// Bytes that are on their way or there. What has to be sent again is taken back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Sent {
    /// So many.
    pub bytes: u64,
    /// Of so many.
    pub total: u64,
}

/// What one try to send a piece has contributed. Unless it is kept, dropping it takes that back.
pub(crate) struct Share {
    progress: watch::Sender<Sent>,
    bytes: Arc<AtomicU64>,
    is_kept: bool,
}

/// The side of it that moves into the request's body.
pub(crate) struct Counter {
    progress: watch::Sender<Sent>,
    bytes: Arc<AtomicU64>,
}

impl Share {
    pub(crate) fn new(progress: &watch::Sender<Sent>) -> Self {
        Self {
            progress: progress.clone(),
            bytes: Arc::default(),
            is_kept: false,
        }
    }

    pub(crate) fn counter(&self) -> Counter {
        Counter {
            progress: self.progress.clone(),
            bytes: Arc::clone(&self.bytes),
        }
    }

    pub(crate) fn bytes(&self) -> u64 {
        self.bytes.load(Ordering::Relaxed)
    }

    /// The bucket has the piece.
    pub(crate) fn keep(mut self) {
        self.is_kept = true;
    }
}

impl Counter {
    pub(crate) fn add(&self, bytes: usize) {
        let bytes = u64::try_from(bytes).unwrap_or(u64::MAX);
        self.progress.send_modify(|sent| {
            // Under the channel's lock, so that nothing is added after it was taken back.
            if Arc::strong_count(&self.bytes) > 1 {
                self.bytes.fetch_add(bytes, Ordering::Relaxed);
                sent.bytes += bytes;
            }
        });
    }
}

impl Drop for Share {
    fn drop(&mut self) {
        if self.is_kept {
            return;
        }
        self.progress.send_modify(|sent| {
            // The counter goes on living in a connection that is being closed; from here on it adds nothing.
            let bytes = std::mem::take(&mut self.bytes);
            sent.bytes = sent.bytes.saturating_sub(bytes.load(Ordering::Relaxed));
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_not_kept_is_taken_back() {
        let (progress, shown) = watch::channel(Sent { bytes: 0, total: 100 });
        let kept = Share::new(&progress);
        kept.counter().add(30);
        kept.keep();
        let lost = Share::new(&progress);
        let counter = lost.counter();
        counter.add(40);
        assert_eq!(shown.borrow().bytes, 70);
        drop(lost);
        assert_eq!(shown.borrow().bytes, 30);
        counter.add(5);
        assert_eq!(shown.borrow().bytes, 30);
    }
}
