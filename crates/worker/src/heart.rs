//! The heartbeat, and the lease that it renews.

use std::time::Duration;

use domain::protocol::Order;
use tokio::time::{Instant, sleep_until, timeout_at};

use crate::{
    backoff::Backoff,
    callbacks::{CallError, Callbacks},
    progress::Progress,
    settings::Limits,
};

/// Why everything must stop.
#[derive(Debug)]
pub(crate) enum Arrest {
    /// The job was called off, or the attempt is over.
    Over,
    /// No answer for a whole lease: somebody else may have the job by now.
    LeaseLost,
}

pub(crate) struct Heart<'a> {
    callbacks: &'a Callbacks,
    progress: &'a Progress,
    limits: Limits,
    /// Until when the server believes us alive. It counts from before the question was sent, so never longer than the
    /// server does; and on this machine's own clock, which nobody sets.
    lease_until: Instant,
    next: Instant,
}

impl<'a> Heart<'a> {
    /// `sent` is when `start` was asked, `lease` what it answered.
    pub(crate) fn new(
        callbacks: &'a Callbacks,
        progress: &'a Progress,
        limits: Limits,
        sent: Instant,
        lease: Duration,
    ) -> Self {
        let mut heart = Heart {
            callbacks,
            progress,
            limits,
            lease_until: sent,
            next: sent,
        };
        heart.renew(sent, lease);
        heart
    }

    pub(crate) fn lease_until(&self) -> Instant {
        self.lease_until
    }

    /// Beats until there is a reason to stop. Dropped and called again it goes on.
    pub(crate) async fn beat(&mut self) -> Arrest {
        let mut backoff = Backoff::new(&self.limits);
        loop {
            sleep_until(self.next.min(self.lease_until)).await;
            if Instant::now() >= self.lease_until {
                tracing::error!("no answer from the server for a whole lease");
                return Arrest::LeaseLost;
            }
            let sent = Instant::now();
            let heartbeat = self.callbacks.heartbeat(self.progress.reached());
            let Ok(answer) = timeout_at(self.lease_until, heartbeat).await else {
                continue;
            };
            match answer {
                Ok(Order::Continue { lease_seconds }) => {
                    self.renew(sent, Duration::from_secs(lease_seconds.into()));
                    backoff = Backoff::new(&self.limits);
                }
                Ok(Order::Stop) => {
                    tracing::info!("the job was called off");
                    return Arrest::Over;
                }
                Err(CallError::Over(refusal)) => {
                    tracing::info!(%refusal, "the attempt is over");
                    return Arrest::Over;
                }
                // What the server does not accept now it may accept after it was replaced; the lease is the limit.
                Err(error) => {
                    tracing::warn!(%error, "a heartbeat was in vain");
                    let asked = match error {
                        CallError::Unavailable { after, .. } => after,
                        _ => None,
                    };
                    self.next = Instant::now() + backoff.pause(asked);
                }
            }
        }
    }

    fn renew(&mut self, sent: Instant, lease: Duration) {
        self.lease_until = sent + lease;
        // Three chances at least before it runs out.
        self.next = sent + self.limits.heartbeat.min(lease / 3);
    }
}
