//! How many jobs a second the queue claims and finishes, beside a bare loop of two one-row statements in the same run.
//!
//! ```text
//! cargo run --release -p store --example bench -- FOLDER ROUNDS
//! ```
//!
//! `cargo xtask bench store` calls it with a PostgreSQL server of its own, whose URL is in `SEGUE_TEST_POSTGRES`. What
//! is in that server's database `postgres` is thrown away.

mod chance;
mod engine;
#[path = "../../src/bench/ids.rs"]
mod ids;
mod ours;
mod table;

use std::{env, path::Path, process::ExitCode, time::Instant};

use engine::Engine;
use ours::Step;
use table::{Row, Table};

/// How many claim, and how many finish, at the same time.
const CLAIMERS: usize = 8;
/// Jobs in each timed phase.
const JOBS: usize = 1_000;
/// How many are queued at least while claims are timed, and by how many users.
const SCENARIOS: [(usize, usize); 4] = [(1_000, 1), (1_000, 1_000), (100_000, 1), (100_000, 1_000)];

type Result<T> = std::result::Result<T, Box<dyn std::error::Error + Send + Sync>>;

#[tokio::main]
async fn main() -> Result<ExitCode> {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let [folder, rounds] = &*arguments else {
        return Err("usage: bench FOLDER ROUNDS".into());
    };
    let rounds = rounds.parse::<usize>()?;
    let server = env::var("SEGUE_TEST_POSTGRES")?;
    let postgres = format!("{}/postgres", server.trim_end_matches('/'));
    let mut table = Table::default();
    for (queued, users) in SCENARIOS {
        let file = Path::new(folder).join(format!("bench-{queued}-{users}.db"));
        let engines = [Engine::postgres(&postgres).await?, Engine::sqlite(&file).await?];
        for engine in engines {
            eprintln!("{}: {queued} queued by {users}", engine.name());
            table.rows.push(scenario(&engine, queued, users, rounds).await?);
        }
    }
    println!("{}", table.markdown(rounds));
    Ok(if table.unmet().is_empty() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

/// Times ours and the bare loop in turns, so that whatever else the machine does falls on both.
async fn scenario(engine: &Engine, queued: usize, users: usize, rounds: usize) -> Result<Row> {
    engine.empty().await?;
    engine.add_users(users).await?;
    let mut filled = 0;
    engine.fill(&mut filled, queued, queued, users).await?;
    engine.settle_down().await?;
    let mut row = Row::new(engine.name(), queued, users);
    // The first round warms caches and statements up, and is not counted.
    for round in 0..=rounds {
        // So that as many as the scenario says are still queued when the phase ends.
        engine.fill(&mut filled, JOBS, queued, users).await?;
        let bare_first = round % 2 == 0;
        let mut seconds = [0.0; 4];
        if bare_first {
            bare(engine, filled, &mut seconds).await?;
        }
        let started = Instant::now();
        let claimed = ours::claim(engine).await?;
        seconds[0] = started.elapsed().as_secs_f64();
        ours::each(engine, &claimed, Step::Start).await?;
        let started = Instant::now();
        ours::each(engine, &claimed, Step::Finish).await?;
        seconds[1] = started.elapsed().as_secs_f64();
        if !bare_first {
            bare(engine, filled, &mut seconds).await?;
        }
        if round > 0 {
            row.add(seconds);
        }
    }
    Ok(row)
}

async fn bare(engine: &Engine, filled: usize, seconds: &mut [f64; 4]) -> Result<()> {
    for (phase, state) in ["launching", "succeeded"].into_iter().enumerate() {
        let started = Instant::now();
        engine.bare_updates(filled - JOBS, state).await?;
        seconds[2 + phase] = started.elapsed().as_secs_f64();
    }
    Ok(())
}
