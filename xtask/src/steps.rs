//! Named, timed steps and the table of how they ended.

use std::{fmt, time::Instant};

use anyhow::{Context, Result};

struct Step {
    name: &'static str,
    outcome: String,
    seconds: Option<f64>,
}

/// The steps that have ended so far. Shown as a Markdown table, fit for a note.
#[derive(Default)]
pub(crate) struct Steps(Vec<Step>);

impl Steps {
    /// Runs a step. What fails ends the task, so every later row stands for something that was run.
    pub(crate) fn run<T>(&mut self, name: &'static str, step: impl FnOnce() -> Result<T>) -> Result<T> {
        println!("== {name}");
        let start = Instant::now();
        let result = step();
        let seconds = start.elapsed().as_secs_f64();
        let outcome = if result.is_ok() { "passed" } else { "FAILED" };
        println!("== {name}: {outcome} in {seconds:.1} s");
        self.0.push(Step {
            name,
            outcome: outcome.into(),
            seconds: Some(seconds),
        });
        if result.is_err() {
            println!("\n{self}");
        }
        result.context(name)
    }

    /// Records a step that cannot be run here, and why.
    pub(crate) fn not_run(&mut self, name: &'static str, reason: &str) {
        println!("== {name}: not run: {reason}");
        self.0.push(Step {
            name,
            outcome: format!("not run: {reason}"),
            seconds: None,
        });
    }
}

impl fmt::Display for Steps {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "| step | result | seconds |\n|---|---|---:|")?;
        for Step { name, outcome, seconds } in &self.0 {
            let seconds = seconds.map_or_else(|| "-".into(), |seconds| format!("{seconds:.1}"));
            writeln!(f, "| {name} | {outcome} | {seconds} |")?;
        }
        Ok(())
    }
}
