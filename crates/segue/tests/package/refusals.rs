//! What bad input gets: one line, the right exit code, nothing left behind.

use std::{fs, path::Path, process::Command};

use rustix::fs::{CWD, FileType, Mode, mknodat};

use crate::support::{
    run::{Finished, package, run},
    scratch::Scratch,
    sound::{made, music, music_of},
    tree::Tree,
};

const USAGE: i32 = 2;
const BAD_INPUT: i32 = 3;
const ENVIRONMENT: i32 = 4;

/// Runs the command for a person and for a machine, and expects the same refusal of both.
fn refused(input: &Path, exit: i32, code: &str) {
    refused_with(input, exit, code, |_| ());
}

fn refused_with(input: &Path, exit: i32, code: &str, settings: impl Fn(&mut Command)) {
    let scratch = Scratch::new();
    let run_with = |flags: &[&str]| -> Finished {
        let mut command = package(input, &scratch.path("tree"));
        settings(command.args(flags));
        let finished = run(&mut command);
        assert_eq!(finished.code, Some(exit), "{finished:?}");
        let errors = finished.stderr.lines().filter(|line| !line.starts_with("encoded "));
        assert_eq!(errors.count(), 1, "{finished:?}");
        assert_eq!(scratch.names(), [""; 0], "{finished:?}");
        assert!(finished.peak_mib < 300, "{finished:?}");
        finished
    };
    let plain = run_with(&[]);
    assert_eq!(plain.stdout, "", "{plain:?}");
    let error = &run_with(&["--json"]).json()["error"];
    assert_eq!(error["code"], code, "{error}");
    assert!(
        error["message"].as_str().is_some_and(|message| !message.is_empty()),
        "{error}"
    );
}

fn refused_bytes(name: &str, bytes: impl AsRef<[u8]>, code: &str) {
    let scratch = Scratch::new();
    refused(&scratch.file(name, bytes), BAD_INPUT, code);
}

#[test]
fn text() {
    refused_bytes(
        "notes.mp3",
        "Dear diary,\ntoday I recorded nothing.\n".repeat(100),
        "not_audio",
    );
}

#[test]
fn a_picture() {
    let picture = made(
        "picture.png",
        &["-f", "lavfi", "-i", "testsrc2=s=640x480", "-frames:v", "1"],
    );
    refused(&picture, BAD_INPUT, "not_audio");
}

#[test]
fn random_bytes() {
    let mut state = 0x2545_F491_4F6C_DD1D_u64;
    let words = std::iter::repeat_with(|| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state.to_le_bytes()
    });
    refused_bytes(
        "noise.bin",
        words.take(8192).flatten().collect::<Vec<u8>>(),
        "not_audio",
    );
}

#[test]
fn a_video_without_sound() {
    let silent = made(
        "silent.mp4",
        &["-f", "lavfi", "-i", "testsrc2=s=128x96:r=10:d=2", "-pix_fmt", "yuv420p"],
    );
    refused(&silent, BAD_INPUT, "no_audio_stream");
}

#[test]
fn an_empty_file() {
    refused_bytes("empty.mp3", "", "empty");
}

#[test]
fn a_wav_without_samples() {
    let bytes = fs::read(music("16-bit.wav", "-ar 44100 -c:a pcm_s16le")).expect("the file is there");
    let data = bytes
        .windows(4)
        .position(|window| window == b"data")
        .expect("a data chunk");
    let mut empty = bytes[..data + 8].to_vec();
    empty[data + 4..].fill(0);
    refused_bytes("empty.wav", empty, "empty");
}

#[test]
fn an_m4a_that_was_cut_off_before_its_index() {
    let bytes = fs::read(music("music.m4a", "-ar 48000 -c:a aac")).expect("the file is there");
    refused_bytes("cut.m4a", &bytes[..bytes.len() / 2], "corrupt");
}

#[test]
fn a_flac_whose_frames_are_garbage() {
    let mut bytes = fs::read(music("music.flac", "-ar 44100")).expect("the file is there");
    let frames = bytes
        .windows(2)
        .position(|window| window == [0xFF, 0xF8])
        .expect("a first frame");
    bytes[frames..].fill(0x55);
    refused_bytes("garbage.flac", bytes, "corrupt");
}

/// What a cut-off file still holds is worth hearing.
#[test]
fn an_mp3_that_was_cut_off_is_packaged_as_far_as_it_goes() {
    let bytes = fs::read(music("cbr.mp3", "-ar 44100 -c:a libmp3lame -b:a 128k")).expect("the file is there");
    let scratch = Scratch::new();
    let cut = scratch.file("cut.mp3", &bytes[..bytes.len() / 2]);
    run(&mut package(&cut, &scratch.path("tree"))).succeeded();
    let seconds: f64 = Tree::read(&scratch.path("tree")).durations().iter().sum();
    assert!((1.3..1.7).contains(&seconds), "{seconds} of 3 s");
}

#[test]
fn an_encrypted_file() {
    let key = "-encryption_key 76a6c65c5ea762046bd749a2e632ccbb -encryption_kid a7e61c373e219033c21091fa607bf3b8";
    let encrypted = music(
        "encrypted.mp4",
        &format!("-c:a aac -ar 44100 -encryption_scheme cenc-aes-ctr {key}"),
    );
    refused(&encrypted, BAD_INPUT, "encrypted");
}

#[test]
fn a_file_that_is_too_long() {
    let long = music_of(10.0, "long.flac", "-ar 44100");
    refused_with(&long, BAD_INPUT, "too_long", at_most_5_seconds);
}

/// The header says two seconds; the frames go on for ten.
#[test]
fn a_file_that_is_longer_than_it_says() {
    let long = music_of(10.0, "long.flac", "-ar 44100");
    let scratch = Scratch::new();
    let lying = scratch.file("lying.flac", flac_that_says(&long, 2 * 44_100));
    refused_with(&lying, BAD_INPUT, "too_long", at_most_5_seconds);
}

/// The header says a hundred hours; there are three seconds.
#[test]
fn a_file_that_is_shorter_than_it_says_is_packaged() {
    let scratch = Scratch::new();
    let lying = flac_that_says(&music("music.flac", "-ar 44100"), 100 * 3600 * 44_100);
    let lying = scratch.file("lying.flac", lying);
    run(&mut package(&lying, &scratch.path("tree"))).succeeded();
    let seconds: f64 = Tree::read(&scratch.path("tree")).durations().iter().sum();
    assert!((seconds - 3.0).abs() < 0.1, "{seconds} s");
}

fn at_most_5_seconds(command: &mut Command) {
    command.env("SEGUE_MAX_DURATION", "5s");
}

/// STREAMINFO holds the number of samples in 36 bits, from the middle of byte 21 of the file.
fn flac_that_says(path: &Path, samples: u64) -> Vec<u8> {
    let mut bytes = fs::read(path).expect("the file is there");
    let [_, _, _, high, low @ ..] = samples.to_be_bytes();
    assert!(high < 16);
    bytes[21] = bytes[21] & 0xF0 | high;
    bytes[22..26].copy_from_slice(&low);
    bytes
}

#[test]
fn thousands_of_streams() {
    let mut bytes = fs::read(music("music.m4a", "-ar 48000 -c:a aac")).expect("the file is there");
    let (index, index_size) = atom(&bytes, b"moov");
    let (track, track_size) = atom(&bytes, b"trak");
    assert_eq!(
        index + index_size,
        bytes.len(),
        "the index lies at the end, so that nothing moves when it grows"
    );
    let tracks = bytes[track..track + track_size].repeat(2000);
    let grown = u32::try_from(index_size + tracks.len()).expect("a few megabytes");
    bytes[index..index + 4].copy_from_slice(&grown.to_be_bytes());
    bytes.splice(track..track, tracks);
    refused_bytes("streams.m4a", bytes, "too_many_streams");
}

/// Where an atom starts, and its size.
fn atom(bytes: &[u8], name: &[u8]) -> (usize, usize) {
    let start = bytes
        .windows(4)
        .position(|window| window == name)
        .expect("the atom is there")
        - 4;
    let size = bytes[start..].first_chunk().expect("four bytes");
    (start, u32::from_be_bytes(*size) as usize)
}

#[test]
fn an_input_that_is_not_there() {
    refused(Path::new("nowhere.mp3"), BAD_INPUT, "source_unreadable");
}

#[test]
fn a_folder_as_input() {
    let scratch = Scratch::new();
    refused(scratch.folder(), BAD_INPUT, "source_unreadable");
}

/// A pipe that nobody writes to must not be waited for.
#[test]
fn a_pipe_as_input() {
    let scratch = Scratch::new();
    let pipe = scratch.path("pipe.wav");
    mknodat(CWD, &pipe, FileType::Fifo, Mode::from_raw_mode(0o600), 0).expect("a pipe");
    refused(&pipe, BAD_INPUT, "source_unreadable");
}

#[test]
fn an_output_that_cannot_be_made() {
    let source = music("16-bit.wav", "-ar 44100 -c:a pcm_s16le");
    // Not even root may make a folder there.
    let finished = run(&mut package(&source, Path::new("/proc/segue-tree")));
    assert_eq!(finished.code, Some(ENVIRONMENT), "{finished:?}");
    assert_eq!(finished.stderr.lines().count(), 1, "{finished:?}");
}

#[test]
fn an_output_that_exists() {
    let source = music("16-bit.wav", "-ar 44100 -c:a pcm_s16le");
    let scratch = Scratch::new();
    let existing = scratch.file("tree", "mine");
    let finished = run(&mut package(&source, &existing));
    assert_eq!(finished.code, Some(USAGE), "{finished:?}");
    assert!(finished.stderr.contains("--overwrite"), "{finished:?}");
    let finished = run(package(&source, &existing).arg("--json"));
    assert_eq!(finished.json()["error"]["code"], "output_exists");
    assert_eq!(fs::read_to_string(&existing).expect("still a file"), "mine");
    assert_eq!(scratch.names(), ["tree"]);
}
