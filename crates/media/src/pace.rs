//! Several encodes of one input, more of them than cores, kept side by side.
//!
//! A high rung costs more than a low one, by how much depends on the music: 256k of a muffled recording takes twice the
//! time of 128k. Left alone, the cheap processes end early, and the dearest works on alone beside an idle core. Here as
//! many as there are cores go on at any time, and whoever is ahead of those waits, so that all end together.

use std::{num::NonZeroUsize, thread};

use tokio::sync::watch;

/// How far ahead of the others a process may get, in seconds of audio.
const LEAD_SECONDS: f64 = 1.0;

/// How many ffmpeg processes keep all cores busy to the end: one more than there are cores, since rungs differ in what
/// they cost. On one core there is nothing to balance.
#[must_use]
pub fn default_processes() -> usize {
    if cores() == 1 { 1 } else { cores() + 1 }
}

pub(crate) fn cores() -> usize {
    thread::available_parallelism().map_or(1, NonZeroUsize::get)
}

/// Where each process is, in seconds of audio.
#[derive(Debug)]
pub(crate) struct Pace {
    positions: watch::Sender<Vec<f64>>,
    cores: usize,
}

impl Pace {
    pub(crate) fn new(processes: usize, cores: usize) -> Self {
        let positions = watch::Sender::new(vec![0.0; processes]);
        Pace { positions, cores }
    }

    /// Process `index` has come this far. Whether it should wait, since the others keep all cores busy.
    pub(crate) fn advance(&self, index: usize, seconds: f64) -> bool {
        self.positions.send_modify(|positions| positions[index] = seconds);
        self.is_ahead(&self.positions.borrow(), index)
    }

    /// Process `index` has ended, well or not, and nobody waits for it any more.
    pub(crate) fn end(&self, index: usize) {
        self.advance(index, f64::INFINITY);
    }

    /// Waits until a core is free for process `index`.
    pub(crate) async fn wait(&self, index: usize) {
        let mut positions = self.positions.subscribe();
        // It cannot fail: this very value holds the sender.
        let _ = positions.wait_for(|positions| !self.is_ahead(positions, index)).await;
    }

    fn is_ahead(&self, positions: &[f64], index: usize) -> bool {
        let behind = positions
            .iter()
            .filter(|position| **position + LEAD_SECONDS < positions[index]);
        behind.count() >= self.cores
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_is_ahead_waits_only_while_others_keep_all_cores_busy() {
        let pace = Pace::new(3, 2);
        assert!(!pace.advance(0, 1.0));
        assert!(pace.advance(0, 1.1));
        assert!(!pace.advance(1, 0.5));
        assert!(!pace.advance(0, 1.4), "only one is behind now");
    }

    #[test]
    fn nobody_waits_where_there_is_a_core_for_each() {
        let pace = Pace::new(2, 2);
        assert!(!pace.advance(0, 1000.0));
    }

    #[test]
    fn nobody_waits_for_who_has_ended() {
        let pace = Pace::new(3, 2);
        assert!(pace.advance(0, 100.0));
        pace.end(1);
        assert!(!pace.advance(0, 200.0));
    }

    #[tokio::test]
    async fn waiting_ends_when_the_others_have_caught_up() {
        let pace = Pace::new(2, 1);
        pace.advance(0, 10.0);
        let catch_up = async {
            for step in 1..=9 {
                pace.advance(1, f64::from(step));
                tokio::task::yield_now().await;
            }
        };
        tokio::join!(pace.wait(0), catch_up);
        assert!(!pace.advance(0, 10.0));
    }
}
