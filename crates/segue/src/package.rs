//! `segue package`: one audio file to one tree.

use std::{
    num::NonZeroUsize,
    path::PathBuf,
    time::{Duration, Instant},
};

use domain::Ladder;
use hls::{Rendition, RenditionSummary};
use media::{Encode, Event, Limits, Probe};
use serde::Serialize;
use tokio::{
    signal::unix::{SignalKind, signal},
    sync::mpsc,
};
use tokio_util::sync::CancellationToken;

use crate::{failure::Failure, progress::Progress, publish::Output, settings::MediaArgs, tree};

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

    /// The most ffmpeg processes to run at once [default: one per core]
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
    let probed = async {
        let tools = args.media.tools().await?;
        let probe = media::probe(&tools, sandbox, &args.input).await?;
        Ok::<_, Failure>((tools, probe))
    };
    let (tools, probe) = tokio::select! {
        () = cancel.cancelled() => return Err(Failure::interrupted()),
        probed = probed => probed?,
    };

    let encode = Encode {
        tools,
        sandbox,
        input: args.input.clone(),
        probe: probe.clone(),
        work: output.tree(),
        ladder: ladder.clone(),
        processes: args
            .workers
            .or_else(|| std::thread::available_parallelism().ok())
            .map_or(1, NonZeroUsize::get),
        limits: Limits {
            max_duration: args.max_duration,
            ..Limits::default()
        },
    };
    let renditions = encode_with_progress(encode, args.quiet, &cancel).await?;

    let write = |error| Failure::io("the playlists could not be written", &error);
    tree::write_playlists(&output.tree(), &renditions, ladder.segment_seconds()).map_err(write)?;
    let read = |error| Failure::io("the tree could not be read back", &error);
    let report = tree::lint(&output.tree()).map_err(read)?;
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
        let json = serde_json::to_string_pretty(&summary);
        println!("{}", json.map_err(|error| Failure::other("json", error.to_string()))?);
    } else if !args.quiet {
        print(&summary);
    }
    Ok(())
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

/// The first SIGINT, SIGTERM or SIGHUP cancels; the work then ends by itself, leaving nothing behind.
fn cancelled_by_signals() -> Result<CancellationToken, Failure> {
    let cancel = CancellationToken::new();
    for kind in [SignalKind::interrupt(), SignalKind::terminate(), SignalKind::hangup()] {
        let mut signals = signal(kind).map_err(|error| Failure::io("signals cannot be handled", &error))?;
        let cancel = cancel.clone();
        tokio::spawn(async move {
            signals.recv().await;
            cancel.cancel();
        });
    }
    Ok(cancel)
}

fn print(summary: &Summary<'_>) {
    tree::print(summary.renditions);
    println!(
        "{}/{}: {:.1} s of audio in {:.1} s; the lint found nothing",
        summary.output.trim_end_matches('/'),
        hls::MASTER,
        summary.duration_seconds,
        summary.elapsed_seconds,
    );
}
