//! Trees of real music and speech before judges that nobody here wrote.

use std::{
    fs,
    path::{Path, PathBuf},
};

use crate::support::{
    judge::{good_to_all_judges, hls_parser},
    run::{package, run},
    scratch::Scratch,
    sound::{count_samples, fixture, made, music, music_of, speech, utf8},
    tree::Tree,
};

fn pleases_all_judges(source: &Path, rate: u32) -> Tree {
    let scratch = Scratch::new();
    let tree = scratch.path("tree");
    run(&mut package(source, &tree)).succeeded();
    good_to_all_judges(&tree, source, rate)
}

#[test]
fn thirty_seconds_of_music() {
    pleases_all_judges(&music_of(30.0, "music.mp3", "-c:a copy"), 44_100);
}

#[test]
fn synthetic_speech() {
    pleases_all_judges(&speech(), 44_100);
}

#[test]
fn spoken_words() {
    pleases_all_judges(&fixture("debian/usr/share/sounds/alsa/Front_Center.wav"), 48_000);
}

#[test]
fn speech_at_8_khz_mono() {
    let speech = speech();
    let source = made("speech.wav", &["-i", utf8(&speech), "-ar", "8000", "-ac", "1"]);
    let tree = pleases_all_judges(&source, 48_000);
    assert!(tree.durations().len() > 1, "{:?}", tree.durations());
}

#[test]
fn surround_at_96_khz() {
    let channels = "-filter_complex [0:a][0:a][0:a]amerge=3,aformat=channel_layouts=5.1:sample_rates=96000";
    pleases_all_judges(&music_of(7.0, "surround.flac", channels), 48_000);
}

#[test]
fn a_tenth_of_a_second() {
    let tree = pleases_all_judges(&music_of(0.1, "short.wav", "-ar 44100"), 44_100);
    assert_eq!(tree.durations().len(), 1);
}

/// Almost nothing to encode makes the smallest segments there are.
#[test]
fn a_tenth_of_a_second_of_silence() {
    let silence = ["-f", "lavfi", "-i", "anullsrc=r=44100:cl=mono", "-t", "0.1"];
    pleases_all_judges(&made("silence.wav", &silence), 44_100);
}

#[test]
fn one_second() {
    let tree = pleases_all_judges(&music_of(1.0, "short.wav", "-ar 48000"), 48_000);
    assert_eq!(tree.durations().len(), 1);
}

#[test]
fn exactly_6_seconds_are_one_segment() {
    let tree = pleases_all_judges(&exactly(6), 44_100);
    assert_eq!(tree.durations().len(), 1, "{:?}", tree.durations());
}

#[test]
fn exactly_12_seconds_are_two_segments() {
    let tree = pleases_all_judges(&exactly(12), 44_100);
    assert_eq!(tree.durations().len(), 2, "{:?}", tree.durations());
}

fn exactly(seconds: u32) -> PathBuf {
    let samples = seconds * 44_100;
    let cut = format!("-af aresample=44100,apad,atrim=end_sample={samples}");
    let source = music_of(f64::from(seconds), "exact.wav", &cut);
    assert_eq!(count_samples(&source, 44_100), u64::from(samples));
    source
}

/// hls-parser is worth asking: it refuses what is wrong.
#[test]
fn hls_parser_refuses_broken_playlists() {
    let scratch = Scratch::new();
    let tree = scratch.path("tree");
    run(&mut package(&music("16-bit.wav", "-ar 44100 -c:a pcm_s16le"), &tree)).succeeded();
    hls_parser(&tree).succeeded();
    let damages = [
        (
            "128k/playlist.m3u8",
            "#EXT-X-TARGETDURATION:6",
            "#EXT-X-TARGETDURATION:1",
        ),
        ("128k/playlist.m3u8", "#EXTM3U\n", ""),
        (
            "128k/playlist.m3u8",
            "#EXT-X-VERSION:3",
            "#EXT-X-VERSION:3\n#EXT-X-VERSION:3",
        ),
        ("master.m3u8", "BANDWIDTH=", "WIDTH="),
    ];
    for (file, from, to) in damages {
        let path = tree.join(file);
        let correct = fs::read_to_string(&path).expect("the playlist is there");
        assert!(correct.contains(from), "{file} has no {from}");
        fs::write(&path, correct.replacen(from, to, 1)).expect("the playlist is damaged");
        let verdict = hls_parser(&tree);
        assert_eq!(verdict.code, Some(1), "{from} -> {to}: {verdict:?}");
        assert!(verdict.stdout.contains(file), "{verdict:?}");
        fs::write(&path, correct).expect("the playlist is mended");
    }
}
