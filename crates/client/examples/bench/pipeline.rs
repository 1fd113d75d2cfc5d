//! From `complete` to `ready`, beside `segue package` of the same file in the same round.

use std::{path::Path, process::Stdio, time::Instant};

use tokio::process::Command;

use crate::{
    Result,
    service::{Service, run},
};

/// Of `segue package` alone.
const AT_MOST: f64 = 1.10;
const LAUNCH_SECONDS: f64 = 0.2;
const MOST_MIB: f64 = 64.0;
/// What may lie between the memory for 10 s and for 2 h and still be called flat, in MiB.
const SPREAD_MIB: f64 = 8.0;

/// Prints the tables, and returns what was missed.
pub(crate) async fn measure(segue: &Path, rounds: usize, file: &Path, lengths: [&str; 3]) -> Result<Vec<String>> {
    let (mut alone, mut served, mut starts, mut ratios) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for round in 1..=rounds {
        eprintln!("round {round} of {rounds}");
        let seconds = package(segue, file).await?;
        let service = Service::start(segue, 1).await?;
        let client = service.user("ann").await?;
        let took = run(&service, &client, file).await?;
        ratios.push(took.ready / seconds);
        alone.push(seconds);
        served.push(took.ready);
        starts.push(took.started);
    }
    println!("| | median | all rounds |\n|---|---:|---|");
    for (name, seconds) in [
        ("`segue package` alone, s", &alone),
        ("`complete` to `ready`, s", &served),
        ("ratio", &ratios),
        ("`complete` to the worker's `start`, s", &starts),
    ] {
        let all: Vec<String> = seconds.iter().map(|seconds| format!("{seconds:.3}")).collect();
        println!("| {name} | {:.3} | {} |", median(seconds), all.join(", "));
    }
    println!("\n| input | peak of `segue serve`, MiB | peak of `segue worker`, MiB |\n|---|---:|---:|");
    let mut peaks = Vec::new();
    for (name, file) in ["10 s", "10 min", "2 h"].into_iter().zip(lengths) {
        eprintln!("memory: {name}");
        let service = Service::start(segue, 1).await?;
        let client = service.user("ann").await?;
        let took = run(&service, &client, file.as_ref()).await?;
        let peak = service.peak()?;
        println!("| {name} | {peak:.1} | {:.1} |", took.worker);
        peaks.push((peak, took.worker));
    }
    let mut unmet = Vec::new();
    if median(&ratios) > AT_MOST {
        unmet.push(format!(
            "{:.3} of `segue package`, where at most {AT_MOST} is allowed",
            median(&ratios)
        ));
    }
    if median(&starts) > LAUNCH_SECONDS {
        unmet.push(format!("{:.3} s to the worker's start", median(&starts)));
    }
    for (name, peaks) in [
        ("serve", peaks.iter().map(|peak| peak.0).collect::<Vec<_>>()),
        ("worker", peaks.iter().map(|peak| peak.1).collect()),
    ] {
        let most = peaks.iter().copied().fold(0.0, f64::max);
        let least = peaks.iter().copied().fold(f64::INFINITY, f64::min);
        if most > MOST_MIB || most - least > SPREAD_MIB {
            unmet.push(format!("memory of {name}: {least:.1} to {most:.1} MiB"));
        }
    }
    Ok(unmet)
}

/// Wall seconds.
async fn package(segue: &Path, file: &Path) -> Result<f64> {
    let folder = tempfile::tempdir()?;
    let started = Instant::now();
    let status = Command::new(segue)
        .arg("package")
        .arg(file)
        .arg("-o")
        .arg(folder.path().join("tree"))
        .arg("--quiet")
        .stdin(Stdio::null())
        .status()
        .await?;
    if !status.success() {
        return Err(format!("segue package: {status}").into());
    }
    Ok(started.elapsed().as_secs_f64())
}

fn median(figures: &[f64]) -> f64 {
    let mut sorted = figures.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted[sorted.len() / 2]
}
