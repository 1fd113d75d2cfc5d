//! Set-up, demo, test and bench: what the README calls.

mod apt;
mod bench;
mod demo;
mod fixture;
mod measure;
mod run;
mod setup;
mod steps;
mod test;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

#[derive(Parser)]
#[command(name = "cargo xtask", about = "Set-up, demo, test and bench of Segue")]
enum Xtask {
    /// Get all that the tests need: Debian packages, real audio, a second ffmpeg, the judges of playlists
    Setup {
        /// Also what only `test --full` needs
        #[arg(long)]
        full: bool,
    },
    /// Package one real music file into target/demo and say where it is
    Demo,
    /// Set-up, format check, lints and tests
    Test {
        /// Also the long inputs, the collection of odd files, cargo-deny and cargo-machete
        #[arg(long)]
        full: bool,
    },
    /// Measure against a target
    #[command(subcommand)]
    Bench(Bench),
}

#[derive(Subcommand)]
enum Bench {
    /// Time and memory of `segue package`, beside plain ffmpeg; a table in Markdown
    Package(bench::Options),
}

fn main() -> ExitCode {
    let result = match Xtask::parse() {
        Xtask::Setup { full } => setup::for_tests(full),
        Xtask::Demo => demo::demo(),
        Xtask::Test { full } => test::test(full),
        Xtask::Bench(Bench::Package(options)) => bench::package(&options),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // Not by returning it: a backtrace through this task helps nobody.
            eprintln!("failed: {error:#}");
            ExitCode::FAILURE
        }
    }
}
