//! What a listener hears: the source, later by the encoder's delay, with nothing added at the joints.

use std::{
    fs,
    path::{Path, PathBuf},
};

use crate::support::{
    judge::decodes_cleanly,
    run::{package, run},
    scratch::Scratch,
    signal::{DELAY, lag, left, spike},
    sound::{decode, made, music_of},
    tree::{FRAME, Tree, frames_for},
};

/// Low noise: what an encoder does to it is as large everywhere, unlike with music, and small, unlike with high noise.
/// Long enough for three boundaries.
fn rumble(rate: u32) -> PathBuf {
    let noise = format!("anoisesrc=a=0.4:r={rate}:d=20:seed=7,lowpass=f=2000,lowpass=f=2000");
    made(
        "rumble.wav",
        &["-f", "lavfi", "-i", &noise, "-ac", "2", "-c:a", "pcm_s24le"],
    )
}

/// The playlists to decode: each rendition's, and one that changes the rendition at every boundary, up and down, as a
/// player switches at worst.
fn playlists(tree: &Tree, folder: &Path) -> Vec<PathBuf> {
    let mut playlists: Vec<_> = tree
        .renditions
        .iter()
        .map(|rendition| rendition.playlist.clone())
        .collect();
    let first = fs::read_to_string(&playlists[0]).expect("the playlist is there");
    let mut names = ["64k", "256k", "128k", "192k"].into_iter().cycle();
    let lines = first.lines().map(|line| match line.strip_prefix("segment_") {
        Some(_) => format!("{}/{line}\n", names.next().expect("a cycle does not end")),
        None => format!("{line}\n"),
    });
    let alternating = folder.join("alternating.m3u8");
    fs::write(&alternating, lines.collect::<String>()).expect("the playlist is written");
    playlists.push(alternating);
    playlists
}

fn sounds_like_its_source(source: &Path, rate: u32) {
    let scratch = Scratch::new();
    let folder = scratch.path("tree");
    run(&mut package(source, &folder)).succeeded();
    let source = left(&decode(source, rate));
    let frames = frames_for(source.len() as u64);
    for playlist in playlists(&Tree::read(&folder), &folder) {
        let name = playlist.display();
        decodes_cleanly(&playlist, rate, frames);
        let decoded = left(&decode(&playlist, rate));
        assert_eq!(decoded.len() as u64, frames * FRAME, "{name}");
        for position in [rate as usize / 4, source.len() / 2, source.len() - rate as usize] {
            let (lag, correlation) = lag(&source, &decoded, position);
            assert!(lag.abs_diff(DELAY) <= 1, "{name}: {lag} samples late at {position}");
            assert!(correlation > 0.9, "{name}: correlation {correlation} at {position}");
        }
    }
}

fn is_as_clean_at_boundaries_as_elsewhere(rate: u32) {
    let scratch = Scratch::new();
    let source = rumble(rate);
    let folder = scratch.path("tree");
    run(&mut package(&source, &folder)).succeeded();
    let tree = Tree::read(&folder);
    let source = left(&decode(&source, rate));
    let boundaries = tree.renditions[0].boundaries(rate);
    assert_eq!(boundaries.len(), 3);
    for playlist in playlists(&tree, &folder) {
        let decoded = left(&decode(&playlist, rate));
        let spike = spike(&source, &decoded, &boundaries);
        assert!(spike < 1.5, "{}: {spike}", playlist.display());
        measure_finds_a_click(&source, &decoded, &boundaries);
    }
}

/// The measure is worth something: six milliseconds lost at one boundary are far above the limit.
fn measure_finds_a_click(source: &[f32], decoded: &[f32], boundaries: &[u64]) {
    let mut clicking = decoded.to_vec();
    let joint = usize::try_from(boundaries[1]).expect("seconds of samples");
    clicking[joint..joint + 256].fill(0.0);
    let spike = spike(source, &clicking, boundaries);
    assert!(spike > 3.0, "{spike}");
}

#[test]
fn music_at_44_1_khz_sounds_like_its_source() {
    sounds_like_its_source(&music_of(20.0, "music.wav", "-ar 44100"), 44_100);
}

#[test]
fn music_at_48_khz_sounds_like_its_source() {
    sounds_like_its_source(&music_of(20.0, "music.wav", "-ar 48000"), 48_000);
}

#[test]
fn lag_is_measured_to_the_sample() {
    let music = left(&decode(&music_of(20.0, "music.wav", "-ar 44100"), 44_100));
    for late in [0, DELAY - 3, DELAY, DELAY + 3] {
        let decoded = [vec![0.0; late], music.clone()].concat();
        assert_eq!(lag(&music, &decoded, 44_100).0, late);
    }
}

#[test]
fn rumble_at_44_1_khz_has_no_clicks() {
    is_as_clean_at_boundaries_as_elsewhere(44_100);
}

#[test]
fn rumble_at_48_khz_has_no_clicks() {
    is_as_clean_at_boundaries_as_elsewhere(48_000);
}
