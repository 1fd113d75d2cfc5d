//! `cargo xtask fuzz`: the property tests over and over, by turns, each turn with another seed, until the time is over.

use std::{
    collections::BTreeMap,
    hash::{BuildHasher, RandomState},
    path::{Path, PathBuf},
    process::{Command, Stdio},
    time::{Duration, Instant},
};

use anyhow::{Context, Result, bail, ensure};
use clap::Args;
use serde_json::Value;

use crate::run::cargo;

/// Where property tests are: in modules called `fuzz`, which hold nothing else.
const BUILD: &str = "test --no-run --message-format json-render-diagnostics --package domain --package hls \
                     --package media --package objects --package server --lib --test embedded";
/// How long a turn is to take: its number of cases is chosen by the turn before.
const TURN: Duration = Duration::from_secs(15);
const FIRST_CASES: u32 = 16;
const MOST_CASES: u32 = 1_000_000;
/// Milliseconds, for making the input of a failure small.
const SHRINKING: &str = "120000";

#[derive(Args)]
pub(crate) struct Options {
    /// For how long; the turn that is under way then is finished
    #[arg(long, default_value_t = 60, value_parser = clap::value_parser!(u64).range(1..))]
    minutes: u64,
    /// Only targets with this in their names
    #[arg(long)]
    only: Option<String>,
}

/// The property tests of one module.
struct Target {
    /// The package and the module.
    name: String,
    executable: PathBuf,
    /// Of the package; proptest looks for its sources from there.
    folder: PathBuf,
    tests: Vec<String>,
    /// Of each test, in the next turn.
    cases: u32,
    turns: u32,
    /// Run so far: those asked for of each test that passed.
    total: u64,
    time: Duration,
    failed: Vec<String>,
}

pub(crate) fn fuzz(options: &Options) -> Result<()> {
    let mut targets = targets()?;
    targets.retain(|target| options.only.as_ref().is_none_or(|only| target.name.contains(only)));
    ensure!(!targets.is_empty(), "there is no such target");
    let begun = Instant::now();
    let time = Duration::from_secs(options.minutes * 60);
    'time: loop {
        let mut is_idle = true;
        // What failed fails again, since proptest remembers the case.
        for target in targets.iter_mut().filter(|target| target.failed.is_empty()) {
            if begun.elapsed() >= time {
                break 'time;
            }
            target.turn()?;
            is_idle = false;
        }
        if is_idle {
            break;
        }
    }
    print_table(&targets, begun.elapsed());
    let failed: Vec<_> = targets.iter().flat_map(|target| &target.failed).cloned().collect();
    ensure!(failed.is_empty(), "failed: {}", failed.join(", "));
    Ok(())
}

/// Builds the tests, and asks the executables what they hold.
fn targets() -> Result<Vec<Target>> {
    let built = cargo()
        .args(BUILD.split_whitespace())
        .stderr(Stdio::inherit())
        .output()?;
    ensure!(built.status.success(), "the tests cannot be built");
    let mut targets = Vec::new();
    for line in String::from_utf8(built.stdout)?.lines() {
        let message: Value = serde_json::from_str(line).with_context(|| format!("cargo printed {line}"))?;
        let is_test = message["profile"]["test"] == true;
        if let (true, Some(executable), Some(manifest)) = (
            is_test,
            message["executable"].as_str(),
            message["manifest_path"].as_str(),
        ) {
            let folder = Path::new(manifest).parent().context("a manifest lies in a folder")?;
            targets.extend(targets_of(Path::new(executable), folder)?);
        }
    }
    Ok(targets)
}

fn targets_of(executable: &Path, folder: &Path) -> Result<Vec<Target>> {
    let listed = Command::new(executable)
        .args(["--list", "--format", "terse", "fuzz::"])
        .current_dir(folder)
        .output()?;
    ensure!(
        listed.status.success(),
        "{} cannot list its tests",
        executable.display()
    );
    let mut modules: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for line in String::from_utf8(listed.stdout)?.lines() {
        let Some(test) = line.strip_suffix(": test") else {
            continue;
        };
        let module = test.rsplit_once("::").map_or("", |(module, _)| module);
        if module == "fuzz" || module.ends_with("::fuzz") {
            modules.entry(module.to_owned()).or_default().push(test.to_owned());
        }
    }
    let package = folder.file_name().unwrap_or_default().to_string_lossy();
    let target = |(module, tests): (String, Vec<String>)| Target {
        name: format!("{package} {module}"),
        executable: executable.to_owned(),
        folder: folder.to_owned(),
        tests,
        cases: FIRST_CASES,
        turns: 0,
        total: 0,
        time: Duration::ZERO,
        failed: Vec::new(),
    };
    Ok(modules.into_iter().map(target).collect())
}

impl Target {
    /// Runs each test once. What it prints is shown if one fails; proptest writes the case that failed, made small, and
    /// the line that repeats it.
    fn turn(&mut self) -> Result<()> {
        let seed = RandomState::new().hash_one(self.turns);
        println!(
            "{}: {} tests, {} cases each, seed {seed}",
            self.name,
            self.tests.len(),
            self.cases
        );
        let begun = Instant::now();
        let run = Command::new(&self.executable)
            .arg("--exact")
            .args(&self.tests)
            .current_dir(&self.folder)
            .env("PROPTEST_CASES", self.cases.to_string())
            .env("PROPTEST_RNG_SEED", seed.to_string())
            .env("PROPTEST_MAX_SHRINK_TIME", SHRINKING)
            .output()
            .with_context(|| format!("cannot start {}", self.executable.display()))?;
        let time = begun.elapsed();
        let output = String::from_utf8_lossy(&run.stdout);
        let ended = |how: &str| {
            let lines = output
                .lines()
                .filter_map(|line| line.strip_prefix("test ")?.strip_suffix(how));
            lines.map(str::to_owned).collect::<Vec<_>>()
        };
        let passed = ended(" ... ok");
        if !run.status.success() {
            println!("{output}{}", String::from_utf8_lossy(&run.stderr));
            self.failed = ended(" ... FAILED");
            if self.failed.is_empty() {
                // It did not even come to say so.
                self.failed.push(format!("{} ({})", self.name, run.status));
            }
        } else if passed.len() != self.tests.len() {
            bail!("{} ran {} tests of {}", self.name, passed.len(), self.tests.len());
        }
        self.turns += 1;
        self.total += u64::from(self.cases) * passed.len() as u64;
        self.time += time;
        self.cases = next_cases(self.cases, time);
        Ok(())
    }
}

/// As many as make a turn of the wanted length, but not many times those of the turn before.
fn next_cases(cases: u32, time: Duration) -> u32 {
    let factor = (TURN.as_secs_f64() / time.as_secs_f64().max(0.01)).clamp(0.25, 8.0);
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "between 1 and eight million"
    )]
    let next = (f64::from(cases) * factor) as u32;
    next.clamp(1, MOST_CASES)
}

fn print_table(targets: &[Target], time: Duration) {
    println!("\n| target | properties | turns | cases | seconds | failed |\n|---|---:|---:|---:|---:|---|");
    for target in targets {
        let failed = match target.failed.len() {
            0 => "-".into(),
            _ => target.failed.join(", "),
        };
        println!(
            "| {} | {} | {} | {} | {:.0} | {failed} |",
            target.name,
            target.tests.len(),
            target.turns,
            target.total,
            target.time.as_secs_f64()
        );
    }
    let total: u64 = targets.iter().map(|target| target.total).sum();
    println!("\n{total} cases in {:.1} minutes", time.as_secs_f64() / 60.0);
}
