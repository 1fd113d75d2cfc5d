//! `cargo xtask bench package`: `segue package` beside plain ffmpeg, on the same machine in the same run.

mod inputs;
mod table;

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
    thread,
};

use anyhow::{Result, ensure};
use clap::Args;

use crate::{
    measure::{own_peak_kib, seconds},
    run::{release_binary, root},
    setup,
};
pub(crate) use inputs::{Format, input as long_music};
use table::{Memory, Times};

/// The default ladder of `segue package`.
const LADDER: [&str; 4] = ["64k", "128k", "192k", "256k"];

#[derive(Args)]
pub(crate) struct Options {
    /// How often each is timed, in turns
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..))]
    rounds: u32,
    /// Length of the timed inputs; memory is measured at a 60th of it, at it, and at 12 times it
    #[arg(long, default_value_t = 600, value_parser = clap::value_parser!(u32).range(20..))]
    seconds: u32,
}

pub(crate) fn package(options: &Options) -> Result<()> {
    let music = setup::for_music()?;
    let segue = release_binary()?;
    let cores = thread::available_parallelism()?.get();

    let mut times = Vec::new();
    for format in Format::ALL {
        let input = long_music(&music, format, options.seconds)?;
        times.push((Times::of(format.name(), options.seconds), input));
    }
    for round in 1..=options.rounds {
        for (times, input) in &mut times {
            eprintln!("round {round} of {}: {}", options.rounds, times.name);
            times.ours.push(ours(&segue, input)?);
            times.four_in_a_row.push(four_in_a_row(input)?);
            times.floor.push(floor(input)? / cores as f64);
        }
    }

    let mut memory = Memory::default();
    for seconds in [options.seconds / 60, options.seconds, options.seconds * 12] {
        let seconds = seconds.max(1);
        eprintln!("memory: {seconds} s");
        let input = long_music(&music, Format::Flac, seconds)?;
        memory.add(
            seconds,
            in_empty_folder(|tree| own_peak_kib(&mut package_command(&segue, &input, tree)))?,
        );
    }

    let times: Vec<_> = times.into_iter().map(|(times, _)| times).collect();
    println!("{}", table::markdown(&times, &memory, options.rounds, cores)?);
    let unmet = table::unmet(&times, &memory);
    ensure!(unmet.is_empty(), "targets not met: {}", unmet.join(", "));
    Ok(())
}

fn package_command(segue: &Path, input: &Path, tree: &Path) -> Command {
    let mut command = Command::new(segue);
    command.arg("package").arg(input).arg("-o").arg(tree).arg("--quiet");
    command
}

/// Wall seconds of `segue package`.
fn ours(segue: &Path, input: &Path) -> Result<f64> {
    in_empty_folder(|tree| Ok(seconds(&mut package_command(segue, input, tree))?.wall))
}

/// Wall seconds of four ffmpeg runs, one rendition each, one after the other.
fn four_in_a_row(input: &Path) -> Result<f64> {
    in_empty_folder(|tree| {
        let mut wall = 0.0;
        for rung in LADDER {
            let folder = tree.join(rung);
            fs::create_dir_all(&folder)?;
            let mut ffmpeg = ffmpeg(input);
            encode(&mut ffmpeg, rung).args(["-f", "hls", "-hls_segment_type", "mpegts", "-hls_time", "6"]);
            ffmpeg.args([
                "-hls_playlist_type",
                "vod",
                "-hls_list_size",
                "0",
                "-hls_segment_filename",
            ]);
            ffmpeg
                .arg(folder.join("segment_%03d.ts"))
                .arg(folder.join("playlist.m3u8"));
            wall += seconds(&mut ffmpeg)?.wall;
        }
        Ok(wall)
    })
}

/// CPU seconds of encoding four ways and writing nothing: what no arrangement of the same encoder can go below.
fn floor(input: &Path) -> Result<f64> {
    let mut ffmpeg = ffmpeg(input);
    for rung in LADDER {
        encode(&mut ffmpeg, rung).args(["-f", "null", "-"]);
    }
    Ok(seconds(&mut ffmpeg)?.cpu)
}

fn ffmpeg(input: &Path) -> Command {
    let mut ffmpeg = Command::new("ffmpeg");
    ffmpeg.args(["-nostdin", "-v", "error", "-y", "-i"]).arg(input);
    ffmpeg
}

fn encode<'a>(ffmpeg: &'a mut Command, rung: &str) -> &'a mut Command {
    ffmpeg.args(["-map", "0:a:0", "-c:a", "aac", "-ar", "44100", "-ac", "2", "-b:a", rung])
}

/// Gives a path that does not exist yet, and removes what came there.
fn in_empty_folder<T>(job: impl FnOnce(&Path) -> Result<T>) -> Result<T> {
    let folder: PathBuf = root().join("target/bench");
    if folder.exists() {
        fs::remove_dir_all(&folder)?;
    }
    fs::create_dir_all(&folder)?;
    let result = job(&folder.join("tree"))?;
    fs::remove_dir_all(&folder)?;
    Ok(result)
}
