//! How far an encode has come: a bar on a terminal, a plain line for every tenth elsewhere.

use std::{
    collections::HashMap,
    io::{IsTerminal, stderr},
    time::Duration,
};

use domain::Rung;
use indicatif::{ProgressBar, ProgressStyle};

pub(crate) struct Progress {
    shown: Shown,
    /// The length that the header claims, in seconds.
    total: Option<f64>,
    /// Seconds encoded, by rung. The slowest is what counts.
    encoded: HashMap<Rung, f64>,
    rungs: usize,
}

enum Shown {
    Nothing,
    Bar(ProgressBar),
    Lines { tenth: u64 },
}

impl Progress {
    pub(crate) fn new(quiet: bool, rungs: usize, total: Option<f64>) -> Self {
        let shown = match (quiet, stderr().is_terminal()) {
            (true, _) => Shown::Nothing,
            (false, true) => Shown::Bar(bar(total)),
            (false, false) => Shown::Lines { tenth: 0 },
        };
        Progress {
            shown,
            total: total.filter(|total| *total > 0.0),
            encoded: HashMap::new(),
            rungs,
        }
    }

    /// `rung` has been encoded up to `seconds`.
    pub(crate) fn advance(&mut self, rung: Rung, seconds: f64) {
        self.encoded.insert(rung, seconds);
        if self.encoded.len() < self.rungs {
            return;
        }
        let slowest = self.encoded.values().copied().fold(f64::INFINITY, f64::min);
        match &mut self.shown {
            Shown::Nothing => {}
            Shown::Bar(bar) => bar.set_position(milliseconds(slowest)),
            Shown::Lines { tenth } => {
                let Some(total) = self.total else { return };
                // A header may claim less than there is.
                let reached = (milliseconds(slowest) * 10 / milliseconds(total).max(1)).min(10);
                if reached > *tenth {
                    *tenth = reached;
                    eprintln!("encoded {}%", reached * 10);
                }
            }
        }
    }

    pub(crate) fn end(self) {
        if let Shown::Bar(bar) = self.shown {
            bar.finish_and_clear();
        }
    }
}

fn bar(total: Option<f64>) -> ProgressBar {
    let (bar, template) = match total {
        Some(total) => (
            ProgressBar::new(milliseconds(total)),
            "encoding {wide_bar} {percent:>3} %  {elapsed}, {eta} left",
        ),
        None => (ProgressBar::no_length(), "encoding {spinner} {elapsed}"),
    };
    bar.enable_steady_tick(Duration::from_millis(250));
    bar.with_style(ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar()))
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a float cast saturates"
)]
fn milliseconds(seconds: f64) -> u64 {
    (seconds * 1000.0) as u64
}
