//! What a listener hears: the source, later by the encoder's delay, with nothing added at the joints.

use std::{fs, path::Path};

use crate::support::{
    judge::decodes_cleanly,
    run::{package, run},
    scratch::Scratch,
    signal::{DELAY, lag, left, spike},
    sound::{decode, made, music_of},
    tree::{FRAME, Rendition, Tree, frames_for},
};

/// A steady chord, so that the residual is as large everywhere; long enough for three boundaries.
fn chord(rate: u32) -> std::path::PathBuf {
    let left = "0.2*sin(2*PI*220*t)+0.15*sin(2*PI*1375*t)+0.05*sin(2*PI*5111*t)";
    let right = "0.2*sin(2*PI*277*t)+0.15*sin(2*PI*1733*t)+0.05*sin(2*PI*4409*t)";
    let source = format!("aevalsrc={left}|{right}:s={rate}:d=20");
    made("chord.wav", &["-f", "lavfi", "-i", &source, "-c:a", "pcm_s24le"])
}

fn packaged(source: &Path, scratch: &Scratch) -> Tree {
    let tree = scratch.path("tree");
    run(&mut package(source, &tree)).succeeded();
    Tree::read(&tree)
}

/// Writes a playlist whose n-th segment is that of rendition n mod 4, as a player switches at worst.
fn alternating(tree: &Tree, folder: &Path) -> Rendition {
    let mut text = String::from("#EXTM3U\n#EXT-X-VERSION:3\n#EXT-X-TARGETDURATION:6\n#EXT-X-PLAYLIST-TYPE:VOD\n");
    for index in 0..tree.durations().len() {
        let rendition = &tree.renditions[index % tree.renditions.len()];
        let segment = &rendition.segments[index];
        let uri = segment.path.strip_prefix(folder).expect("segments lie in the tree");
        text += &format!("#EXTINF:{:.6},\n{}\n", segment.seconds, uri.display());
    }
    let playlist = folder.join("alternating.m3u8");
    fs::write(&playlist, text + "#EXT-X-ENDLIST\n").expect("the playlist is written");
    Rendition {
        name: "alternating".into(),
        playlist,
        segments: Vec::new(),
    }
}

fn sounds_like_its_source(source: &Path, rate: u32) {
    let scratch = Scratch::new();
    let tree = packaged(source, &scratch);
    let source = left(&decode(source, rate));
    let frames = frames_for(source.len() as u64);
    let alternating = alternating(&tree, &scratch.path("tree"));
    for rendition in tree.renditions.iter().chain([&alternating]) {
        let name = &rendition.name;
        decodes_cleanly(&rendition.playlist, rate, frames);
        let decoded = left(&decode(&rendition.playlist, rate));
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
    let source = chord(rate);
    let tree = packaged(&source, &scratch);
    let source = left(&decode(&source, rate));
    let boundaries = tree.renditions[0].boundaries(rate);
    assert_eq!(boundaries.len(), 3);
    let alternating = alternating(&tree, &scratch.path("tree"));
    for rendition in tree.renditions.iter().chain([&alternating]) {
        let decoded = left(&decode(&rendition.playlist, rate));
        let spike = spike(&source, &decoded, &boundaries);
        assert!(spike < 1.5, "{}: {spike}", rendition.name);
        measure_finds_a_click(&source, &decoded, &boundaries);
    }
}

/// The measure itself is worth something: a few samples lost or repeated at one boundary are far above the limit.
fn measure_finds_a_click(source: &[f32], decoded: &[f32], boundaries: &[u64]) {
    let mut clicking = decoded.to_vec();
    let joint = usize::try_from(boundaries[1]).expect("seconds of samples");
    clicking[joint..joint + 16].fill(0.0);
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
fn a_chord_at_44_1_khz_has_no_clicks() {
    is_as_clean_at_boundaries_as_elsewhere(44_100);
}

#[test]
fn a_chord_at_48_khz_has_no_clicks() {
    is_as_clean_at_boundaries_as_elsewhere(48_000);
}
