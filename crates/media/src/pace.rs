//! Several encodes of one input, more of them than cores, kept side by side.
//!
//! A high rung costs more than a low one, by how much depends on the music: 256k of a muffled recording takes twice the
//! time of 128k. Left alone, the cheap processes end early, and the dearest works on alone beside an idle core. Here as
//! many run at any time as there are cores, those that are furthest behind, so that all end together.

use std::{num::NonZeroUsize, thread};

use tokio::sync::watch;

/// How far ahead of one that waits a process must get before the two change places, in seconds of audio.
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

/// Which of the processes run, and which wait.
#[derive(Debug)]
pub(crate) struct Pace {
    runners: watch::Sender<Vec<Runner>>,
}

#[derive(Debug, Clone, Copy)]
struct Runner {
    /// In seconds of audio.
    position: f64,
    state: State,
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum State {
    Runs,
    Waits,
    Ended,
}

impl Pace {
    /// The first `cores` processes run; the others wait before they even start.
    pub(crate) fn new(processes: usize, cores: usize) -> Self {
        let runner = |index| Runner {
            position: 0.0,
            state: if index < cores { State::Runs } else { State::Waits },
        };
        Pace {
            runners: watch::Sender::new((0..processes).map(runner).collect()),
        }
    }

    /// Process `index`, which runs, has come this far. Whether it must wait now, since another one took its place.
    pub(crate) fn advance(&self, index: usize, position: f64) -> bool {
        self.runners.send_if_modified(|runners| {
            runners[index].position = position;
            let last = furthest_behind(runners).filter(|last| runners[*last].position + LEAD_SECONDS < position);
            if let Some(last) = last {
                runners[index].state = State::Waits;
                runners[last].state = State::Runs;
            }
            last.is_some()
        })
    }

    /// Process `index` has ended, well or not; its place goes to another. Repeating it does nothing.
    pub(crate) fn end(&self, index: usize) {
        self.runners.send_if_modified(|runners| {
            let gave_up = std::mem::replace(&mut runners[index].state, State::Ended);
            let next = furthest_behind(runners).filter(|_| gave_up == State::Runs);
            if let Some(next) = next {
                runners[next].state = State::Runs;
            }
            next.is_some()
        });
    }

    /// Waits until process `index` may run.
    pub(crate) async fn wait(&self, index: usize) {
        let mut runners = self.runners.subscribe();
        // It cannot fail: this very value holds the sender.
        let _ = runners.wait_for(|runners| runners[index].state != State::Waits).await;
    }
}

/// Of those that wait.
fn furthest_behind(runners: &[Runner]) -> Option<usize> {
    let waiting = runners
        .iter()
        .enumerate()
        .filter(|(_, runner)| runner.state == State::Waits);
    let last = waiting.min_by(|(_, one), (_, other)| one.position.total_cmp(&other.position));
    last.map(|(index, _)| index)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn running(pace: &Pace) -> Vec<usize> {
        let runners = pace.runners.borrow();
        (0..runners.len())
            .filter(|index| runners[*index].state == State::Runs)
            .collect()
    }

    #[test]
    fn who_is_ahead_gives_its_place_to_who_is_furthest_behind() {
        let pace = Pace::new(4, 2);
        assert_eq!(running(&pace), [0, 1]);
        assert!(!pace.advance(0, 1.0));
        assert!(pace.advance(0, 1.1));
        assert_eq!(running(&pace), [1, 2]);
        assert!(pace.advance(2, 3.0));
        assert_eq!(running(&pace), [1, 3], "3 is at the start, 0 is not");
        assert!(pace.advance(3, 9.0));
        assert_eq!(running(&pace), [0, 1]);
    }

    #[test]
    fn who_is_behind_all_others_never_waits() {
        let pace = Pace::new(3, 2);
        for step in 1..100 {
            let position = f64::from(step);
            assert!(!pace.advance(1, position / 2.0));
            let other = running(&pace).into_iter().find(|index| *index != 1).unwrap();
            pace.advance(other, position);
            assert_eq!(running(&pace).len(), 2);
        }
    }

    #[test]
    fn nobody_waits_where_there_is_a_core_for_each() {
        let pace = Pace::new(2, 2);
        assert!(!pace.advance(0, 1000.0));
        assert_eq!(running(&pace), [0, 1]);
    }

    #[test]
    fn the_place_of_who_has_ended_is_taken_once() {
        let pace = Pace::new(4, 1);
        pace.end(0);
        pace.end(0);
        assert_eq!(running(&pace), [1]);
        pace.end(3);
        assert_eq!(running(&pace), [1], "it waited, so it leaves no place");
        pace.end(1);
        assert_eq!(running(&pace), [2]);
    }

    #[tokio::test]
    async fn waiting_ends_with_a_place() {
        let pace = Pace::new(2, 1);
        let lead = async {
            tokio::task::yield_now().await;
            assert!(pace.advance(0, 2.0));
        };
        tokio::join!(pace.wait(1), lead);
        assert_eq!(running(&pace), [1]);
        pace.end(1);
        pace.wait(0).await;
    }
}
