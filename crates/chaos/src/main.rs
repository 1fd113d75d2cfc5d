//! Attacks a running Segue, and checks from outside that every upload ends as it should.
//!
//! `cargo xtask chaos` starts it with all that it needs.

mod attack;
mod check;
mod database;
mod fault;
mod follow;
mod gate;
mod launcher;
mod load;
mod plan;
mod plot;
mod processes;
mod proxy;
mod report;
mod service;
mod sound;

use std::{
    path::PathBuf,
    process::ExitCode,
    time::{Duration, Instant},
};

use anyhow::Result;
use clap::{Args, Parser};

use crate::{
    attack::Attack,
    database::Engine,
    fault::Fault,
    plan::Round,
    service::{Service, Terms},
};

/// Attack a running Segue
#[derive(Parser)]
enum Command {
    Attack(AttackArgs),
    Load(LoadArgs),
}

/// An upload and a fault in each round; then everything is checked
#[derive(Args)]
struct AttackArgs {
    #[command(flatten)]
    target: Target,

    /// How many rounds; with so many, each fault comes once
    #[arg(long, default_value_t = Fault::ALL.len())]
    rounds: usize,

    /// Leases of seconds, and everything that is measured by them
    #[arg(long)]
    short_leases: bool,

    /// Begin no round after so many minutes
    #[arg(long)]
    minutes: Option<u64>,

    /// Repeats what was done [default: another each time]
    #[arg(long)]
    seed: Option<u64>,

    /// Leave the folder with the log and all files when something broke
    #[arg(long)]
    keep: bool,
}

/// As many small uploads as the machine takes, with a kill every minute
#[derive(Args)]
struct LoadArgs {
    #[command(flatten)]
    target: Target,

    #[arg(long, default_value_t = 10)]
    minutes: u64,

    /// Draw it, as an SVG
    #[arg(long, value_name = "FILE")]
    plot: Option<PathBuf>,
}

#[derive(Args)]
struct Target {
    /// The executable to attack
    #[arg(long)]
    segue: PathBuf,

    /// Where it keeps its rows; PostgreSQL is the server in `SEGUE_TEST_POSTGRES`
    #[arg(long, value_enum, default_value = "sqlite")]
    database: Engine,
}

/// As they are by default, but for launches: they may take ten minutes where machines are made for them, which these rounds
/// would have to wait for.
const USUAL: Terms = Terms {
    lease: Duration::from_mins(1),
    launch_lease: Duration::from_secs(90),
    workers: 3,
};
/// So that a round for each fault takes little time.
const BRIEF: Terms = Terms {
    lease: Duration::from_secs(15),
    launch_lease: Duration::from_secs(10),
    workers: 3,
};

#[tokio::main]
async fn main() -> Result<ExitCode> {
    let is_well = match Command::parse() {
        Command::Attack(arguments) => attack(arguments).await?,
        Command::Load(LoadArgs { target, minutes, plot }) => {
            load::load(&target.segue, target.database, USUAL, minutes, plot).await?
        }
    };
    Ok(if is_well { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Whether everything held.
async fn attack(arguments: AttackArgs) -> Result<bool> {
    let AttackArgs {
        target,
        rounds,
        short_leases,
        minutes,
        seed,
        keep,
    } = arguments;
    let seed = seed.unwrap_or_else(|| fastrand::u64(..));
    let terms = if short_leases { BRIEF } else { USUAL };
    println!(
        "seed {seed}, {rounds} rounds on {:?}, leases of {:?}",
        target.database, terms.lease
    );
    let begun = Instant::now();
    let service = Service::start(&target.segue, target.database, terms).await?;
    let mut attack = Attack::new(service, terms).await?;
    let end = minutes.map(|minutes| begun + Duration::from_secs(minutes * 60));
    if let Err(error) = run(&mut attack, &plan::plan(seed, rounds), end).await {
        attack.problems.push(format!("the attack broke off: {error:#}"));
    }
    let done: u32 = attack.hits.values().map(|(rounds, _)| rounds).sum();
    println!(
        "\n{done} rounds on {:?} in {:.0} s.",
        target.database,
        begun.elapsed().as_secs_f64()
    );
    report::print(&attack, seed)?;
    let is_well = attack.problems.is_empty();
    if let Some(folder) = attack.service.close(keep && !is_well).await {
        println!("Left for you to look at: {}", folder.display());
    }
    Ok(is_well)
}

/// All rounds, and the check at the end.
async fn run(attack: &mut Attack, rounds: &[Round], end: Option<Instant>) -> Result<()> {
    for round in rounds {
        if end.is_some_and(|end| Instant::now() > end) {
            break;
        }
        attack.round(round).await?;
    }
    attack.settle().await?;
    check::check(attack).await
}
