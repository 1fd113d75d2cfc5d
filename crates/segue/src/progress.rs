//! How far an encode has come: a bar on a terminal, plain lines elsewhere.

use std::{
    collections::HashMap,
    io::{IsTerminal, stderr},
    time::Duration,
};

use domain::Rung;
use indicatif::{ProgressBar, ProgressStyle};

use crate::print;

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
    Lines { said: u64 },
}

impl Progress {
    pub(crate) fn new(quiet: bool, rungs: usize, total: Option<f64>) -> Self {
        let shown = match (quiet, stderr().is_terminal()) {
            (true, _) => Shown::Nothing,
            (false, true) => Shown::Bar(bar(total)),
            (false, false) => Shown::Lines { said: 0 },
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
            Shown::Lines { said } => {
                // Without a claim, every minute; and a header may claim less than there is.
                let (step, line) = match self.total {
                    Some(total) => {
                        let tenth = (milliseconds(slowest) * 10 / milliseconds(total).max(1)).min(10);
                        (tenth, format!("encoded {}%", tenth * 10))
                    }
                    None => (milliseconds(slowest) / 60_000, format!("encoded {slowest:.0} s")),
                };
                if step > *said {
                    *said = step;
                    print::to_stderr(&line);
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
