//! `segue package`: one audio file to one tree.

use std::{
    num::NonZeroUsize,
    path::PathBuf,
    time::{Duration, Instant},
};

use domain::Ladder;
use hls::{Rendition, RenditionSummary, Report};
use media::{Encode, Event, Limits, Probe};
use serde::Serialize;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use crate::{
    failure::Failure, print, progress::Progress, publish::Output, settings::MediaArgs, signals::cancelled_by_signals,
    tree,
};

/// Turn an audio file into an HLS tree: a master playlist, media playlists and segments
#[derive(clap::Args)]
pub(crate) struct Args {
    /// The audio file, or a video file whose audio is taken
    #[arg(value_name = "INPUT")]
    input: PathBuf,

    /// The folder to make
    #[arg(short, long, value_name = "DIR")]
    output: PathBuf,

    /// The renditions, ascending, in kilobits a second
    #[arg(long, env = "SEGUE_LADDER", value_name = "RUNGS", default_value_t)]
    ladder: Ladder,

    /// The length of a segment in seconds, 1 to 30
    #[arg(long, env = "SEGUE_SEGMENT_SECONDS", value_name = "N", default_value_t = domain::DEFAULT_SEGMENT_SECONDS)]
    segment_seconds: u32,

    /// The most ffmpeg processes to run at once [default: one more than there are cores]
    #[arg(long, env = "SEGUE_WORKERS", value_name = "N")]
    workers: Option<NonZeroUsize>,

    /// The longest recording to take, as in 12h or 90m
    #[arg(long, env = "SEGUE_MAX_DURATION", value_name = "TIME", default_value = "12h", value_parser = humantime::parse_duration)]
    max_duration: Duration,

    /// Replace the tree that is there
    #[arg(long)]
    overwrite: bool,

    /// Print one JSON object on stdout: the summary, or the error
    #[arg(long)]
    pub(crate) json: bool,

    /// Print nothing but errors
    #[arg(long, short)]
    quiet: bool,

    #[command(flatten)]
    media: MediaArgs,
}

#[derive(Serialize)]
struct Summary<'a> {
    input: String,
    output: String,
    duration_seconds: f64,
    sample_rate: u32,
    segment_seconds: u32,
    renditions: &'a [RenditionSummary],
    probe: &'a Probe,
    lint: LintSummary<'a>,
    elapsed_seconds: f64,
}

#[derive(Serialize)]
struct LintSummary<'a> {
    passed: bool,
    findings: &'a [hls::Finding],
}

pub(crate) async fn run(args: &Args) -> Result<(), Failure> {
    let started = Instant::now();
    let ladder = args.ladder.clone().with_segment_seconds(args.segment_seconds);
    let ladder = ladder.map_err(|error| Failure::usage("bad_ladder", error.to_string()))?;
    let cancel = cancelled_by_signals()?;
    let output = Output::prepare(&args.output, args.overwrite)?;
    let sandbox = args.media.sandbox()?;
    let (tools, probe) = tokio::select! {
        () = cancel.cancelled() => return Err(Failure::interrupted()),
        probed = args.media.probe(sandbox, &args.input) => probed?,
    };

    let encode = Encode {
        tools,
        sandbox,
        input: args.input.clone(),
        probe: probe.clone(),
        work: output.tree(),
        ladder: ladder.clone(),
        processes: args.workers.map_or_else(media::default_processes, NonZeroUsize::get),
        limits: Limits {
            max_duration: args.max_duration,
            ..Limits::default()
        },
    };
    let renditions = encode_with_progress(encode, args.quiet, &cancel).await?;

    let write = |error| Failure::io("the playlists could not be written", &error);
    tree::write_playlists(&output.tree(), &renditions, ladder.segment_seconds()).map_err(write)?;
    let report = lint(output.tree(), &cancel).await?;
    if let Some(finding) = report.findings.first() {
        let message = format!("the tree breaks a rule and was discarded; please report this: {finding}");
        return Err(Failure::other("lint", message));
    }
    if cancel.is_cancelled() {
        return Err(Failure::interrupted());
    }
    output.publish()?;

    let summary = Summary {
        input: args.input.display().to_string(),
        output: args.output.display().to_string(),
        duration_seconds: report.seconds,
        sample_rate: probe.ladder_sample_rate(),
        segment_seconds: ladder.segment_seconds(),
        renditions: &report.renditions,
        probe: &probe,
        lint: LintSummary {
            passed: report.passed(),
            findings: &report.findings,
        },
        elapsed_seconds: started.elapsed().as_secs_f64(),
    };
    if args.json {
        return print::json(&summary);
    }
    if args.quiet {
        return Ok(());
    }
    if let Some(claimed) = probe
        .duration_seconds
        .filter(|claimed| *claimed > 1.05 * report.seconds + 1.0)
    {
        let found = report.seconds;
        print::to_stderr(&format!(
            "note: the file claims {claimed:.1} s, but only {found:.1} s of it could be decoded"
        ));
    }
    print::to_stdout(&summary.text())
}

/// A task of its own, so that a signal is heard meanwhile: ten hours of audio are 3 GB to read.
async fn lint(tree: PathBuf, cancel: &CancellationToken) -> Result<Report, Failure> {
    let token = cancel.clone();
    let report = tokio::task::spawn_blocking(move || tree::lint(&tree, &token)).await;
    let report = report.map_err(|error| Failure::other("lint", error.to_string()))?;
    match report {
        Err(_) if cancel.is_cancelled() => Err(Failure::interrupted()),
        report => report.map_err(|error| Failure::io("the tree could not be read back", &error)),
    }
}

async fn encode_with_progress(
    encode: Encode,
    quiet: bool,
    cancel: &CancellationToken,
) -> Result<Vec<Rendition>, Failure> {
    let mut progress = Progress::new(quiet, encode.ladder.rungs().len(), encode.probe.duration_seconds);
    let (events, mut received) = mpsc::channel(64);
    let show = async {
        while let Some(event) = received.recv().await {
            if let Event::Progress { rung, seconds } = event {
                progress.advance(rung, seconds);
            }
        }
        progress.end();
    };
    let (renditions, ()) = tokio::join!(encode.run(events, cancel), show);
    Ok(renditions?)
}

impl Summary<'_> {
    fn text(&self) -> String {
        format!(
            "{}{}/{}: {:.1} s of audio in {:.1} s; the lint found nothing",
            tree::table(self.renditions),
            self.output.trim_end_matches('/'),
            hls::MASTER,
            self.duration_seconds,
            self.elapsed_seconds,
        )
    }
}
