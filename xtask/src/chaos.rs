//! `cargo xtask chaos`: attacks on the running service.

use std::{
    path::{Path, PathBuf},
    process::Command,
    thread::{self, ScopedJoinHandle},
};

use anyhow::{Context, Result, bail, ensure};
use clap::{Args, ValueEnum};

use crate::{
    apt::{self, Need},
    postgres::Postgres,
    run::{cargo, debug_binary, release_binary, succeed},
};

#[derive(Args)]
pub(crate) struct Options {
    /// How many rounds, each an upload and a fault
    #[arg(long, default_value_t = 200)]
    rounds: usize,

    /// Begin no round after so many minutes
    #[arg(long)]
    minutes: Option<u64>,

    /// Where the service keeps its rows [default: first in the one, then in the other]
    #[arg(long)]
    database: Option<Engine>,

    /// Repeats what was done [default: another each time]
    #[arg(long)]
    seed: Option<u64>,

    /// Instead of that, send as many small files as this machine takes for ten minutes, with a kill every minute; and
    /// draw how it went
    #[arg(long, value_name = "FILE", requires = "database", conflicts_with_all = ["rounds", "seed"])]
    load: Option<PathBuf>,
}

#[derive(Clone, Copy, ValueEnum)]
enum Engine {
    Sqlite,
    Postgres,
}

/// On the product as it is released.
pub(crate) fn chaos(options: &Options) -> Result<()> {
    need()?;
    let segue = release_binary()?;
    let postgres = Postgres::start()?;
    let engines = options
        .database
        .map_or_else(|| vec![Engine::Sqlite, Engine::Postgres], |engine| vec![engine]);
    for engine in engines {
        let mut chaos = if let Some(plot) = &options.load {
            let mut chaos = tool("load", &segue, engine);
            chaos.arg("--plot").arg(plot);
            chaos
        } else {
            let mut chaos = tool("attack", &segue, engine);
            chaos.args(["--keep", "--rounds", &options.rounds.to_string()]);
            chaos
        };
        for (flag, value) in [("--minutes", options.minutes), ("--seed", options.seed)] {
            chaos.args(value.into_iter().flat_map(|value| [flag.into(), value.to_string()]));
        }
        succeed(postgres.tell(&mut chaos))?;
    }
    Ok(())
}

/// With short leases, on both databases side by side, since most of the time is spent waiting; on the product as the tests
/// have built it. Without a number, each fault once.
pub(crate) fn briefly(rounds: Option<usize>) -> Result<()> {
    need()?;
    let segue = debug_binary()?;
    let postgres = Postgres::start()?;
    succeed(cargo().args(["build", "--quiet", "--package", "chaos"]))?;
    let attack = |engine| {
        let mut chaos = tool("attack", &segue, engine);
        chaos.args(["--short-leases", "--keep"]);
        chaos.args(
            rounds
                .into_iter()
                .flat_map(|rounds| ["--rounds".into(), rounds.to_string()]),
        );
        postgres.tell(&mut chaos).output().context("cannot start the attack")
    };
    let both = thread::scope(|scope| {
        let both = [Engine::Sqlite, Engine::Postgres].map(|engine| scope.spawn(move || attack(engine)));
        both.map(ScopedJoinHandle::join)
    });
    let mut is_well = true;
    for attacked in both {
        let Ok(attacked) = attacked else {
            bail!("a thread panicked")
        };
        let attacked = attacked?;
        println!(
            "{}{}",
            String::from_utf8_lossy(&attacked.stdout),
            String::from_utf8_lossy(&attacked.stderr)
        );
        is_well &= attacked.status.success();
    }
    ensure!(is_well, "not everything held");
    Ok(())
}

fn need() -> Result<()> {
    apt::install(&[Need::Ffmpeg, Need::Postgresql, Need::Sqlite3, Need::Faketime])
}

fn tool(verb: &str, segue: &Path, engine: Engine) -> Command {
    let engine = match engine {
        Engine::Sqlite => "sqlite",
        Engine::Postgres => "postgres",
    };
    let mut chaos = cargo();
    chaos.args([
        "run",
        "--quiet",
        "--package",
        "chaos",
        "--",
        verb,
        "--database",
        engine,
        "--segue",
    ]);
    chaos.arg(segue);
    chaos
}
