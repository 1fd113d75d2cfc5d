//! The encoder with a real ffmpeg: what it announces, when it gives up, and what it leaves behind.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test that cannot set itself up fails"
)]

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
    time::{Duration, Instant},
};

use domain::{Ladder, Rung};
use hls::{Rendition, Segment};
use media::{Encode, Enforcement, Event, Limits, MediaError, Refusal, Sandbox, Tools};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

/// An input and a folder to work in.
struct Bench {
    folder: tempfile::TempDir,
}

impl Bench {
    /// `seconds` of a tone that no encoder can skip over, at 44.1 kHz in stereo.
    fn with_tone(seconds: f64) -> Self {
        let bench = Bench {
            folder: tempfile::tempdir().unwrap(),
        };
        let tone = format!("aevalsrc=0.4*sin(440*2*PI*t)+0.1*random(0):s=44100:c=stereo:d={seconds}");
        let made = Command::new("ffmpeg")
            .args(["-nostdin", "-v", "error", "-f", "lavfi", "-i", &tone])
            .arg(bench.input())
            .status()
            .expect("ffmpeg is missing: run `cargo xtask test`, which installs it");
        assert!(made.success());
        fs::create_dir(bench.work()).unwrap();
        bench
    }

    fn input(&self) -> PathBuf {
        self.folder.path().join("input.wav")
    }

    fn work(&self) -> PathBuf {
        self.folder.path().join("work")
    }

    async fn encode(&self) -> Encode {
        let sandbox = Sandbox::detect(Enforcement::BestEffort).unwrap();
        let tools = Tools::locate(None, None, std::env::var_os("PATH")).unwrap();
        let probe = media::probe(&tools, sandbox, &self.input()).await.unwrap();
        Encode {
            tools,
            sandbox,
            input: self.input(),
            probe,
            work: self.work(),
            ladder: "64k,128k,256k".parse::<Ladder>().unwrap(),
            processes: 2,
            limits: Limits::default(),
        }
    }

    /// Nothing may be left in the work folder, and no process that works in it.
    fn assert_clean(&self) {
        let left: Vec<_> = fs::read_dir(self.work())
            .unwrap()
            .map(|entry| entry.unwrap().path())
            .collect();
        assert!(left.is_empty(), "left behind: {left:?}");
        assert_eq!(processes_in(&self.work()), 0);
    }
}

/// Where the kernel describes the processes that work in a folder.
fn of_processes_in(folder: &Path) -> impl Iterator<Item = PathBuf> {
    let folder = folder.canonicalize().unwrap();
    let processes = fs::read_dir("/proc").unwrap().filter_map(Result::ok);
    let is_there = move |process: &PathBuf| fs::read_link(process.join("cwd")).is_ok_and(|cwd| cwd == folder);
    processes.map(|process| process.path()).filter(is_there)
}

fn processes_in(folder: &Path) -> usize {
    of_processes_in(folder).count()
}

fn stopped_processes_in(folder: &Path) -> usize {
    let status = |process: PathBuf| fs::read_to_string(process.join("status")).unwrap_or_default();
    let statuses = of_processes_in(folder).map(status);
    statuses.filter(|status| status.contains("State:\tT")).count()
}

/// Runs to the end and collects what was announced.
async fn run(encode: Encode) -> (Result<Vec<Rendition>, MediaError>, Vec<Event>) {
    let (sender, mut receiver) = mpsc::channel(1);
    let collect = async {
        let mut events = Vec::new();
        while let Some(event) = receiver.recv().await {
            events.push(event);
        }
        events
    };
    let cancel = CancellationToken::new();
    tokio::join!(encode.run(sender, &cancel), collect)
}

fn announced(events: &[Event], wanted: &str) -> Vec<Segment> {
    let segment = |event: &Event| match event {
        Event::Segment { rung, segment } if rung.to_string() == wanted => Some(segment.clone()),
        _ => None,
    };
    events.iter().filter_map(segment).collect()
}

#[tokio::test]
async fn every_segment_is_announced_once_as_it_lies_on_disk() {
    let bench = Bench::with_tone(14.0);
    let (renditions, events) = run(bench.encode().await).await;
    let renditions = renditions.unwrap();
    assert_eq!(
        renditions.iter().map(|it| it.name.as_str()).collect::<Vec<_>>(),
        ["64k", "128k", "256k"]
    );
    for rendition in &renditions {
        assert_eq!(announced(&events, &rendition.name), rendition.segments);
        assert_eq!(rendition.segments.len(), 3);
        let folder = bench.work().join(&rendition.name);
        for segment in &rendition.segments {
            assert_eq!(fs::metadata(folder.join(&segment.name)).unwrap().len(), segment.bytes);
        }
        assert_eq!(fs::read_dir(folder).unwrap().count(), 3, "only segments are left");
        // 14 s, one frame of encoder delay, padding to a full frame.
        let frames: u64 = rendition.segments.iter().map(|segment| segment.frames).sum();
        assert_eq!(frames, (14 * 44_100_u64 + 1024).div_ceil(1024));
    }
    assert!(processes_in(&bench.work()) == 0);
}

#[tokio::test]
async fn progress_rises_for_every_rendition() {
    let bench = Bench::with_tone(30.0);
    let (renditions, events) = run(bench.encode().await).await;
    assert!(renditions.is_ok());
    for rung in ["64k", "128k", "256k"].map(|rung| rung.parse::<Rung>().unwrap()) {
        let times: Vec<f64> = events
            .iter()
            .filter_map(|event| match event {
                Event::Progress { rung: of, seconds } if *of == rung => Some(*seconds),
                _ => None,
            })
            .collect();
        assert!(times.is_sorted(), "{times:?}");
        assert!(
            times.last().is_some_and(|last| (29.0..31.0).contains(last)),
            "{times:?}"
        );
    }
}

#[tokio::test]
async fn segments_are_announced_while_encoding_goes_on() {
    let bench = Bench::with_tone(120.0);
    let (sender, mut receiver) = mpsc::channel(1);
    let encode = bench.encode().await;
    let cancel = CancellationToken::new();
    let watch = async {
        let mut running_at_first_segment = 0;
        while let Some(event) = receiver.recv().await {
            if matches!(event, Event::Segment { .. }) && running_at_first_segment == 0 {
                running_at_first_segment = processes_in(&bench.work());
                cancel.cancel();
            }
        }
        running_at_first_segment
    };
    let (result, running) = tokio::join!(encode.run(sender, &cancel), watch);
    assert!(matches!(result, Err(MediaError::Cancelled)));
    assert_eq!(running, 2);
    bench.assert_clean();
}

#[tokio::test]
async fn a_last_segment_under_half_a_second_is_merged_into_the_one_before() {
    for (seconds, segments) in [(6.0, 1), (6.3, 1), (12.0, 2), (6.48, 2), (6.6, 2)] {
        let bench = Bench::with_tone(seconds);
        let (renditions, events) = run(bench.encode().await).await;
        for rendition in renditions.unwrap() {
            assert_eq!(rendition.segments.len(), segments, "{seconds} s");
            assert_eq!(announced(&events, &rendition.name), rendition.segments);
            let folder = bench.work().join(&rendition.name);
            assert_eq!(fs::read_dir(folder).unwrap().count(), segments);
            assert!(rendition.segments.iter().all(|segment| segment.seconds(44_100) < 6.5));
        }
    }
}

#[tokio::test]
async fn a_tiny_segment_is_filled_up_with_null_packets() {
    let bench = Bench::with_tone(0.02);
    let (renditions, events) = run(bench.encode().await).await;
    for rendition in renditions.unwrap() {
        assert_eq!(announced(&events, &rendition.name), rendition.segments);
        let [only] = &rendition.segments[..] else {
            panic!("{rendition:?}")
        };
        let bytes = fs::read(bench.work().join(&rendition.name).join(&only.name)).unwrap();
        assert_eq!(only.bytes, bytes.len() as u64);
        assert!(
            bytes.len() >= 11 * 188 && bytes.len().is_multiple_of(188),
            "{}",
            bytes.len()
        );
        assert_eq!(hls::mpegts::measure(&bytes).unwrap().frames, only.frames);
    }
}

#[tokio::test]
async fn cancelling_leaves_no_process_and_no_file() {
    let bench = Bench::with_tone(300.0);
    let (sender, mut receiver) = mpsc::channel(1);
    let cancel = CancellationToken::new();
    let first = async {
        receiver.recv().await.expect("an event");
        cancel.cancel();
        while receiver.recv().await.is_some() {}
    };
    let encode = bench.encode().await;
    let (result, ()) = tokio::join!(encode.run(sender, &cancel), first);
    assert!(matches!(result, Err(MediaError::Cancelled)), "{result:?}");
    bench.assert_clean();
}

#[tokio::test]
async fn cancelling_works_while_the_receiver_does_not_listen() {
    let bench = Bench::with_tone(60.0);
    let (sender, receiver) = mpsc::channel(1);
    let cancel = CancellationToken::new();
    let full = async {
        while receiver.len() < receiver.max_capacity() {
            tokio::task::yield_now().await;
        }
        cancel.cancel();
    };
    let encode = bench.encode().await;
    let (result, ()) = tokio::join!(encode.run(sender, &cancel), full);
    assert!(matches!(result, Err(MediaError::Cancelled)), "{result:?}");
    bench.assert_clean();
}

#[tokio::test]
async fn a_receiver_that_is_behind_stops_ffmpeg_and_is_no_stall() {
    let bench = Bench::with_tone(30.0);
    let mut encode = bench.encode().await;
    encode.limits.stall = Duration::from_secs(1);
    let (sender, mut receiver) = mpsc::channel(1);
    let cancel = CancellationToken::new();
    let late = async {
        let deadline = Instant::now() + Duration::from_secs(30);
        while stopped_processes_in(&bench.work()) < 2 {
            assert!(Instant::now() < deadline, "ffmpeg goes on");
            tokio::task::yield_now().await;
        }
        // Longer than ffmpeg itself may be silent.
        let behind = Instant::now() + Duration::from_millis(1500);
        while Instant::now() < behind {
            assert_eq!(stopped_processes_in(&bench.work()), 2);
            tokio::task::yield_now().await;
        }
        while receiver.recv().await.is_some() {}
    };
    let (result, ()) = tokio::join!(encode.run(sender, &cancel), late);
    assert!(result.is_ok(), "{result:?}");
}

#[tokio::test]
async fn a_dropped_encode_leaves_no_process() {
    let bench = Bench::with_tone(300.0);
    let (sender, mut receiver) = mpsc::channel(1);
    let cancel = CancellationToken::new();
    let encode = bench.encode().await;
    tokio::select! {
        _ = encode.run(sender, &cancel) => panic!("it cannot have ended"),
        _ = receiver.recv() => {}
    }
    let deadline = Instant::now() + Duration::from_secs(10);
    while processes_in(&bench.work()) > 0 {
        assert!(Instant::now() < deadline, "ffmpeg outlived its owner");
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn what_is_longer_than_allowed_is_refused_by_what_was_encoded() {
    let bench = Bench::with_tone(60.0);
    let mut encode = bench.encode().await;
    encode.probe.duration_seconds = Some(1.0);
    encode.limits.max_duration = Duration::from_secs(5);
    let (result, _) = run(encode).await;
    assert!(
        matches!(result, Err(MediaError::Refused(Refusal::TooLong(_)))),
        "{result:?}"
    );
    bench.assert_clean();
}

#[tokio::test]
async fn a_deadline_ends_the_encode() {
    let bench = Bench::with_tone(600.0);
    let mut encode = bench.encode().await;
    encode.limits.deadline = Duration::from_millis(1500);
    let (result, _) = run(encode).await;
    assert!(matches!(result, Err(MediaError::Deadline(_))), "{result:?}");
    bench.assert_clean();
}

#[tokio::test]
async fn a_stopped_ffmpeg_counts_as_stalled() {
    let bench = Bench::with_tone(600.0);
    let mut encode = bench.encode().await;
    encode.limits.stall = Duration::from_secs(2);
    let (sender, mut receiver) = mpsc::channel(1);
    let cancel = CancellationToken::new();
    let stop = async {
        receiver.recv().await.expect("an event");
        stop_processes_in(&bench.work());
        while receiver.recv().await.is_some() {}
    };
    let (result, ()) = tokio::join!(encode.run(sender, &cancel), stop);
    assert!(
        matches!(result, Err(MediaError::Stalled { program: "ffmpeg", .. })),
        "{result:?}"
    );
    bench.assert_clean();
}

fn stop_processes_in(folder: &Path) {
    for process in of_processes_in(folder) {
        let id = process.file_name().unwrap().to_string_lossy().parse().unwrap();
        let id = rustix::process::Pid::from_raw(id).unwrap();
        rustix::process::kill_process(id, rustix::process::Signal::STOP).unwrap();
    }
}

#[tokio::test]
async fn an_input_without_a_sample_is_empty_or_damaged_by_what_its_header_claims() {
    let bench = Bench::with_tone(1.0);
    let encode = bench.encode().await;
    // The header of the WAV file, with nothing behind it.
    let header: Vec<u8> = fs::read(bench.input()).unwrap().into_iter().take(78).collect();
    fs::write(bench.input(), header).unwrap();

    let (result, _) = run(encode.clone()).await;
    assert!(
        matches!(result, Err(MediaError::Refused(Refusal::Corrupt))),
        "{result:?}"
    );
    bench.assert_clean();

    let mut claims_nothing = encode;
    claims_nothing.probe.duration_seconds = None;
    let (result, _) = run(claims_nothing).await;
    assert!(matches!(result, Err(MediaError::Refused(Refusal::Empty))), "{result:?}");
    bench.assert_clean();
}
