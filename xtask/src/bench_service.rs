//! `cargo xtask bench pipeline` and `cargo xtask bench api`: the service, from outside and from inside.

use std::fs;

use anyhow::Result;
use clap::Args;

use crate::{
    bench::{Format, long_music},
    postgres::Postgres,
    run::{cargo, release_binary, root, succeed},
    setup,
};

#[derive(Args)]
pub(crate) struct Options {
    /// How often each is timed, in turns
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..))]
    rounds: u32,
}

/// From `complete` to `ready` beside `segue package`, memory, and fairness between users.
pub(crate) fn pipeline(options: &Options) -> Result<()> {
    let music = setup::for_music()?;
    let segue = release_binary()?;
    let minutes = long_music(&music, Format::Wav, 600)?;
    let (short, long) = (
        long_music(&music, Format::Flac, 10)?,
        long_music(&music, Format::Flac, 7200)?,
    );
    let bench = || {
        let mut bench = cargo();
        bench.args(["run", "--release", "--package", "client", "--example", "bench", "--"]);
        bench
    };
    succeed(
        bench()
            .arg("pipeline")
            .arg(&segue)
            .arg(options.rounds.to_string())
            .args([minutes, short.clone(), long]),
    )?;
    succeed(bench().arg("fairness").arg(&segue).arg(short))
}

/// The library's endpoints beside a handler that runs `SELECT 1`.
pub(crate) fn api(options: &Options) -> Result<()> {
    let postgres = Postgres::start()?;
    let folder = root().join("target/bench-api");
    if folder.exists() {
        fs::remove_dir_all(&folder)?;
    }
    fs::create_dir_all(&folder)?;
    let mut bench = cargo();
    bench.args([
        "run",
        "--release",
        "--package",
        "server",
        "--features",
        "bench",
        "--example",
        "bench",
        "--",
    ]);
    succeed(postgres.tell(bench.arg(&folder).arg(options.rounds.to_string())))?;
    Ok(fs::remove_dir_all(&folder)?)
}
