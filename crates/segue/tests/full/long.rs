//! Hours of sound: nothing drifts, nothing grows.

use std::{path::Path, time::Duration};

use crate::support::{
    judge::good_to_all_judges,
    run::{Running, package},
    scratch::Scratch,
    sound::{fixture, made, utf8},
};

/// Twice what two cores take at worst.
const PATIENCE: Duration = Duration::from_hours(3);

fn pleases_all_judges(source: &Path, hours: f64) {
    let scratch = Scratch::new();
    let tree = scratch.path("tree");
    let finished = Running::start(&mut package(source, &tree))
        .finish_within(PATIENCE)
        .succeeded();
    assert!(finished.peak_mib < 300, "{} MiB", finished.peak_mib);
    let tree = good_to_all_judges(&tree, source, 44_100);
    let seconds: f64 = tree.durations().iter().sum();
    assert!((seconds - hours * 3600.0).abs() < 0.1, "{seconds}");
}

#[test]
fn two_hours_of_music() {
    let music = fixture("debian/usr/share/games/asc/music/frontiers.mp3");
    let source = [
        "-stream_loop",
        "-1",
        "-i",
        utf8(&music),
        "-t",
        "7200",
        "-ar",
        "44100",
        "-ac",
        "2",
    ];
    pleases_all_judges(&made("two-hours.flac", &source), 2.0);
}

/// A breath of noise in the first second of each minute. Noise all along costs the encoder eight times as much, and
/// shows nothing more about length.
#[test]
fn ten_hours_of_near_silence() {
    let noise = "anoisesrc=a=0.0001:r=44100:d=1:seed=1,apad=whole_dur=60";
    let minute = made("minute.flac", &["-f", "lavfi", "-i", noise, "-sample_fmt", "s16"]);
    let source = ["-stream_loop", "599", "-i", utf8(&minute), "-c", "copy"];
    pleases_all_judges(&made("ten-hours.mka", &source), 10.0);
}
