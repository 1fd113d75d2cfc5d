//! How far one file is: a bar on a terminal, plain lines elsewhere.

use std::{
    io::{IsTerminal, stderr},
    time::Duration,
};

use client::{Sent, Upload};
use domain::UploadState;
use indicatif::{ProgressBar, ProgressStyle};

use crate::print;

const SENDING: &str = "{prefix}: sending {wide_bar} {bytes} of {total_bytes}, {bytes_per_sec}, {eta} left";
const WORKING: &str = "{prefix}: {msg} {spinner} {elapsed}";

pub(crate) struct Show {
    /// Of the file, fit for a line.
    name: String,
    shown: Shown,
}

enum Shown {
    Nothing,
    Bar(ProgressBar),
    /// What was said last.
    Lines(String),
}

impl Show {
    pub(crate) fn new(quiet: bool, name: &str) -> Self {
        let name = print::one_line(name);
        let shown = match (quiet, stderr().is_terminal()) {
            (true, _) => Shown::Nothing,
            (false, true) => {
                let bar = ProgressBar::new(0).with_prefix(name.clone()).with_style(style(SENDING));
                bar.enable_steady_tick(Duration::from_millis(250));
                Shown::Bar(bar)
            }
            (false, false) => Shown::Lines("sent 0%".into()),
        };
        Self { name, shown }
    }

    pub(crate) fn sent(&mut self, sent: Sent) {
        match &self.shown {
            Shown::Nothing => {}
            Shown::Bar(bar) => {
                bar.set_length(sent.total);
                bar.set_position(sent.bytes);
            }
            Shown::Lines(_) => {
                let tenth = sent.bytes.saturating_mul(10) / sent.total.max(1);
                self.say(format!("sent {}%", tenth * 10));
            }
        }
    }

    pub(crate) fn state(&mut self, upload: &Upload) {
        let seconds = upload.progress.map_or(0.0, |progress| progress.encoded_seconds);
        let line = match (upload.state, upload.duration_seconds) {
            (UploadState::Processing, Some(whole)) if seconds > 0.0 && whole > 0.0 => {
                format!("encoded {:.0}%", (seconds / whole * 10.0).floor().min(10.0) * 10.0)
            }
            (UploadState::Processing, _) if seconds > 0.0 => {
                format!("encoded {:.0} min", (seconds / 60.0).floor())
            }
            (state, _) => state.to_string(),
        };
        match &self.shown {
            Shown::Nothing => {}
            Shown::Bar(bar) => {
                bar.set_style(style(WORKING));
                bar.set_message(line);
            }
            Shown::Lines(_) => self.say(line),
        }
    }

    /// A line once, not for every event.
    fn say(&mut self, line: String) {
        if let Shown::Lines(said) = &mut self.shown
            && *said != line
        {
            print::to_stderr(&format!("{}: {line}", self.name));
            *said = line;
        }
    }
}

impl Drop for Show {
    fn drop(&mut self) {
        if let Shown::Bar(bar) = &self.shown {
            bar.finish_and_clear();
        }
    }
}

fn style(template: &str) -> ProgressStyle {
    ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar())
}
