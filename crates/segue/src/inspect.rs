//! `segue inspect`: what a file is, or whether a tree is correct.

use std::path::{Path, PathBuf};

use media::Probe;
use tokio_util::sync::CancellationToken;

use crate::{failure::Failure, print, settings::MediaArgs, tree};

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
    if args.path.is_dir() {
        inspect_tree(&args.path, args.json)
    } else if args.path.file_name().is_some_and(|name| name == hls::MASTER) {
        inspect_tree(
            args.path
                .parent()
                .filter(|parent| !parent.as_os_str().is_empty())
                .unwrap_or(Path::new(".")),
            args.json,
        )
    } else {
        inspect_file(args).await
    }
}

async fn inspect_file(args: &Args) -> Result<(), Failure> {
    let sandbox = args.media.sandbox()?;
    let (_, probe) = args.media.probe(sandbox, &args.path).await?;
    if args.json {
        print::json(&probe)
    } else {
        print::to_stdout(&describe(&probe))
    }
}

fn describe(probe: &Probe) -> String {
    let Probe {
        container,
        codec,
        sample_rate,
        channels,
        ..
    } = probe;
    let layout = probe.channel_layout.as_deref().unwrap_or("layout not stated");
    let mut lines = vec![format!(
        "{codec} in {container}, {sample_rate} Hz, {channels} channels ({layout})"
    )];
    lines.extend(
        probe
            .duration_seconds
            .map(|seconds| format!("{seconds:.3} s, as its header claims")),
    );
    lines.extend(probe.bit_rate.map(|rate| format!("{:.1} kb/s", rate as f64 / 1000.0)));
    let tags = &probe.tags;
    for (name, tag) in [("title", &tags.title), ("artist", &tags.artist), ("album", &tags.album)] {
        lines.extend(tag.as_ref().map(|tag| format!("{name}: {tag}")));
    }
    lines.extend(probe.has_cover.then(|| "has a cover image".to_owned()));
    lines.join("\n")
}

fn inspect_tree(folder: &Path, json: bool) -> Result<(), Failure> {
    // Nobody cancels this: it has nothing to clean up, so a signal may end it as signals do.
    let report = tree::lint(folder, &CancellationToken::new());
    let report = report.map_err(|error| Failure::io("the tree could not be read", &error))?;
    if json {
        print::json(&report)?;
    } else {
        let findings: String = report
            .findings
            .iter()
            .map(|finding| print::one_line(&finding.to_string()) + "\n")
            .collect();
        let verdict = if report.passed() {
            "the lint found nothing"
        } else {
            "the tree is broken"
        };
        print::to_stdout(&format!("{findings}{}{verdict}", tree::table(&report.renditions)))?;
    }
    let count = report.findings.len();
    if count == 0 {
        return Ok(());
    }
    let findings = if count == 1 { "finding" } else { "findings" };
    let failure = Failure::input(
        "broken_tree",
        format!("{} has {count} {findings} against it", folder.display()),
    );
    Err(if json { failure.on_stdout() } else { failure })
}
