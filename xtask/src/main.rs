//! Set-up, demo, test and bench: what the README calls.

mod apt;
mod bench;
mod bench_objects;
mod bench_service;
mod bench_store;
mod chaos;
mod demo;
mod fixture;
mod fuzz;
mod measure;
mod postgres;
mod run;
mod setup;
mod steps;
mod test;
mod web;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

#[derive(Parser)]
#[command(name = "cargo xtask", about = "Set-up, demo, test and bench of Segue")]
enum Xtask {
    /// Get all that the tests need: Debian packages, real audio, a second ffmpeg, the judges of playlists, an S3 server, the web app
    Setup {
        /// Also what only `test --full` needs
        #[arg(long)]
        full: bool,
    },
    /// Start the service, upload a real music file, and verify what it plays
    Demo {
        /// Stop the service when that is done, rather than go on serving
        #[arg(long)]
        exit: bool,
    },
    /// Set-up, format check, lints and tests
    Test {
        /// Also the long inputs, the collection of odd files, a strict S3 server, cargo-deny and cargo-machete
        #[arg(long)]
        full: bool,
    },
    /// Run a command beside a PostgreSQL server of its own, as in `with-postgres cargo test --package store`
    WithPostgres {
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        command: Vec<String>,
    },
    /// Attack the running service with every fault there is, and check that every upload ends as it should
    Chaos(chaos::Options),
    /// Run the property tests over and over, each turn with another seed; a table in Markdown
    Fuzz(fuzz::Options),
    /// Measure against a target
    #[command(subcommand)]
    Bench(Bench),
}

#[derive(Subcommand)]
enum Bench {
    /// Time and memory of `segue package`, beside plain ffmpeg; a table in Markdown
    Package(bench::Options),
    /// The embedded object store: PUT and GET beside plain files, listing out of a million keys
    Objects,
    /// From an upload's `complete` to `ready`, beside `segue package`; memory; fairness between users
    Pipeline(bench_service::Options),
    /// The library's endpoints beside a handler that only runs `SELECT 1`, on both databases
    Api(bench_service::Options),
    /// Claims and finishes a second of the queue on both databases, beside a bare loop; a table in Markdown
    Store(bench_store::Options),
}

fn main() -> ExitCode {
    let result = match Xtask::parse() {
        Xtask::Setup { full } => setup::for_tests(full),
        Xtask::Demo { exit } => demo::demo(exit),
        Xtask::Test { full } => test::test(full),
        Xtask::WithPostgres { command } => postgres::with_postgres(&command),
        Xtask::Chaos(options) => chaos::chaos(&options),
        Xtask::Fuzz(options) => fuzz::fuzz(&options),
        Xtask::Bench(Bench::Package(options)) => bench::package(&options),
        Xtask::Bench(Bench::Objects) => bench_objects::objects(),
        Xtask::Bench(Bench::Pipeline(options)) => bench_service::pipeline(&options),
        Xtask::Bench(Bench::Api(options)) => bench_service::api(&options),
        Xtask::Bench(Bench::Store(options)) => bench_store::store(&options),
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
