//! Trees of real music and speech before judges that nobody here wrote.

use std::{fs, path::Path};

use crate::support::{
    judge::{decodes_cleanly, good, hls_parser},
    run::{package, run},
    scratch::Scratch,
    sound::{count_samples, fixture, music, music_of, speech},
    tree::frames_for,
};

fn pleases_all_judges(source: &Path, rate: u32) {
    let scratch = Scratch::new();
    let tree = scratch.path("tree");
    run(&mut package(source, &tree)).succeeded();
    let frames = frames_for(count_samples(source, rate));
    for rendition in good(&tree, source, rate).renditions {
        decodes_cleanly(&rendition.playlist, rate, frames);
    }
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
