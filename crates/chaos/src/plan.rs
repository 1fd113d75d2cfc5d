//! Which round does what: all of it drawn from the seed before anything is started.

use std::time::Duration;

use crate::{fault::Fault, sound::Kind};

/// Outages take a minute and a half each; the others are drawn so much more often.
const TIMES: usize = 3;

/// One upload and one fault.
#[derive(Debug, Clone)]
pub(crate) struct Round {
    pub(crate) number: usize,
    pub(crate) fault: Fault,
    pub(crate) kind: Kind,
    /// Which server the user asks, and which is hit: to be taken modulo their number.
    pub(crate) server: usize,
    /// Which of the processes that could be hit: to be taken modulo their number.
    pub(crate) pick: usize,
    /// How long the work goes on before it is hit.
    pub(crate) delay: Duration,
    /// Of the sound.
    pub(crate) seed: u64,
}

/// So many rounds. Each fault comes once in the first rounds if there are only as many rounds as faults.
pub(crate) fn plan(seed: u64, rounds: usize) -> Vec<Round> {
    let mut random = fastrand::Rng::with_seed(seed);
    let mut deck = Vec::new();
    (1..=rounds)
        .map(|number| {
            if deck.is_empty() {
                deck = shuffled_deck(&mut random, rounds);
            }
            let fault = deck.pop().unwrap_or(Fault::KillWorker);
            let kind = if fault.needs_long_work() {
                Kind::Long
            } else {
                match fault {
                    Fault::SourceReplaced => Kind::Wav,
                    // More than the small disk holds.
                    Fault::DiskFull => Kind::Parts,
                    // What is no audio asks for no URLs.
                    Fault::GrantLost => [Kind::Wav, Kind::Flac, Kind::Mp3, Kind::Parts][random.usize(..4)],
                    _ => [Kind::Wav, Kind::Flac, Kind::Mp3, Kind::Parts, Kind::NoAudio][random.usize(..5)],
                }
            };
            Round {
                number,
                fault,
                kind,
                server: random.usize(..),
                pick: random.usize(..),
                delay: Duration::from_millis(random.u64(..1500)),
                seed: random.u64(..),
            }
        })
        .collect()
}

fn shuffled_deck(random: &mut fastrand::Rng, rounds: usize) -> Vec<Fault> {
    let times = |fault: Fault| {
        let is_rare = fault.is_outage() || rounds <= Fault::ALL.len();
        if is_rare { 1 } else { TIMES }
    };
    let mut deck: Vec<_> = Fault::ALL
        .into_iter()
        .flat_map(|fault| std::iter::repeat_n(fault, times(fault)))
        .collect();
    random.shuffle(&mut deck);
    deck
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn a_seed_says_all_and_a_short_run_has_each_fault_once() {
        let faults = |seed| {
            plan(seed, Fault::ALL.len())
                .iter()
                .map(|round| round.fault)
                .collect::<Vec<_>>()
        };
        assert_eq!(faults(7), faults(7));
        assert_ne!(faults(7), faults(8));
        assert_eq!(faults(7).into_iter().collect::<BTreeSet<_>>().len(), Fault::ALL.len());
    }
}
