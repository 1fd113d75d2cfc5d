//! `cargo xtask bench store`: the queue's claims and finishes beside a bare loop, on both databases.

use std::fs;

use anyhow::Result;
use clap::Args;

use crate::{
    postgres::Postgres,
    run::{cargo, root, succeed},
};

#[derive(Args)]
pub(crate) struct Options {
    /// How often each is timed, in turns
    #[arg(long, default_value_t = 7, value_parser = clap::value_parser!(u32).range(1..))]
    rounds: u32,
}

pub(crate) fn store(options: &Options) -> Result<()> {
    let postgres = Postgres::start()?;
    let folder = root().join("target/bench-store");
    if folder.exists() {
        fs::remove_dir_all(&folder)?;
    }
    fs::create_dir_all(&folder)?;
    let mut bench = cargo();
    bench.args([
        "run",
        "--release",
        "--quiet",
        "--package",
        "store",
        "--example",
        "bench",
        "--",
    ]);
    bench.arg(&folder).arg(options.rounds.to_string());
    let result = succeed(postgres.tell(&mut bench));
    fs::remove_dir_all(&folder)?;
    result
}
