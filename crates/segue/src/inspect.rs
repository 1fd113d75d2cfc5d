//! `segue inspect`: what a file is, or whether a tree is correct.

use std::path::{Path, PathBuf};

use media::Probe;
use serde::Serialize;

use crate::{failure::Failure, settings::MediaArgs, tree};

/// Say what an audio file is, or check a tree against every rule
#[derive(clap::Args)]
pub(crate) struct Args {
    /// An audio file; or a tree: its folder or its master playlist
    path: PathBuf,

    /// Print one JSON object on stdout
    #[arg(long)]
    pub(crate) json: bool,

    #[command(flatten)]
    media: MediaArgs,
}

pub(crate) async fn run(args: &Args) -> Result<(), Failure> {
    let is_playlist = args.path.extension().is_some_and(|extension| extension == "m3u8");
    if args.path.is_dir() {
        inspect_tree(&args.path, args.json)
    } else if is_playlist && args.path.file_name().is_some_and(|name| name == hls::MASTER) {
        inspect_tree(args.path.parent().unwrap_or(Path::new("")), args.json)
    } else {
        inspect_file(args).await
    }
}

async fn inspect_file(args: &Args) -> Result<(), Failure> {
    let sandbox = args.media.sandbox()?;
    let tools = args.media.tools().await?;
    let probe = media::probe(&tools, sandbox, &args.path).await?;
    if args.json {
        return print_json(&probe);
    }
    let Probe {
        container,
        codec,
        sample_rate,
        channels,
        ..
    } = &probe;
    let layout = probe.channel_layout.as_deref().unwrap_or("layout not stated");
    println!("{codec} in {container}, {sample_rate} Hz, {channels} channels ({layout})");
    if let Some(seconds) = probe.duration_seconds {
        println!("{seconds:.3} s, as its header claims");
    }
    if let Some(bit_rate) = probe.bit_rate {
        println!("{:.1} kb/s", bit_rate as f64 / 1000.0);
    }
    for (name, tag) in [
        ("title", &probe.tags.title),
        ("artist", &probe.tags.artist),
        ("album", &probe.tags.album),
    ] {
        if let Some(tag) = tag {
            println!("{name}: {tag}");
        }
    }
    if probe.has_cover {
        println!("has a cover image");
    }
    Ok(())
}

fn inspect_tree(folder: &Path, json: bool) -> Result<(), Failure> {
    let report = tree::lint(folder).map_err(|error| Failure::io("the tree could not be read", &error))?;
    if json {
        print_json(&report)?;
    } else {
        for finding in &report.findings {
            println!("{finding}");
        }
        tree::print(&report.renditions);
    }
    if report.passed() {
        return Ok(());
    }
    let broken = format!(
        "{} breaks {} rules of a correct tree",
        folder.display(),
        report.findings.len()
    );
    Err(Failure::input("broken_tree", broken))
}

fn print_json(value: &impl Serialize) -> Result<(), Failure> {
    let json = serde_json::to_string_pretty(value);
    println!("{}", json.map_err(|error| Failure::other("json", error.to_string()))?);
    Ok(())
}
