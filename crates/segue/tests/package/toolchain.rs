//! The ffmpeg that is found, and what is said when there is none that will do.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use crate::support::{
    judge::good_to_all_judges,
    run::{package, run},
    scratch::Scratch,
    sound::{fixture, music_of},
};

fn is_refused_as(code: &str, words: &[&str], settings: impl Fn(&mut Command)) {
    let scratch = Scratch::new();
    let source = music_of(3.0, "music.flac", "-ar 44100");
    let run_with = |flags: &[&str]| {
        let mut command = package(&source, &scratch.path("tree"));
        settings(command.args(flags));
        let finished = run(&mut command);
        assert_eq!(finished.code, Some(4), "{finished:?}");
        assert_eq!(scratch.names(), [""; 0]);
        finished
    };
    let plain = run_with(&[]);
    assert_eq!(plain.stderr.lines().count(), 1, "{plain:?}");
    for word in words {
        assert!(plain.stderr.contains(word), "no word of {word}: {plain:?}");
    }
    assert_eq!(run_with(&["--json"]).json()["error"]["code"], code);
}

/// A program that says that it is some version, and does nothing else. Not a script: the sandbox runs no interpreters.
fn impostor(version: &str, folder: &Path) -> PathBuf {
    let source = folder.join("impostor.rs");
    fs::write(&source, format!("fn main() {{ println!({version:?}); }}")).expect("the source is written");
    let path = folder.join("impostor");
    run(Command::new("rustc").arg(source).arg("-o").arg(&path)).succeeded();
    path
}

#[test]
fn a_newer_ffmpeg_makes_as_good_a_tree() {
    let source = music_of(13.0, "music.flac", "-ar 44100");
    let scratch = Scratch::new();
    let tree = scratch.path("tree");
    run(package(&source, &tree).env("SEGUE_FFMPEG", fixture("ffmpeg7/ffmpeg"))).succeeded();
    good_to_all_judges(&tree, &source, 44_100);
}

#[test]
fn an_ffmpeg_that_is_not_where_it_was_said_to_be() {
    is_refused_as("ffmpeg_missing", &["/nonexistent/ffmpeg"], |command| {
        command.env("SEGUE_FFMPEG", "/nonexistent/ffmpeg");
    });
}

#[test]
fn an_ffprobe_that_is_not_where_it_was_said_to_be() {
    is_refused_as("ffmpeg_missing", &["/nonexistent/ffprobe"], |command| {
        command.env("SEGUE_FFPROBE", "/nonexistent/ffprobe");
    });
}

#[test]
fn no_ffmpeg_at_all() {
    is_refused_as("ffmpeg_missing", &["install"], |command| {
        command.env("PATH", "/nonexistent");
    });
}

#[test]
fn an_ffmpeg_that_is_too_old() {
    let scratch = Scratch::new();
    let version = "ffmpeg version 4.2.7-0ubuntu0.1 Copyright (c) 2000-2022 the FFmpeg developers";
    let ffmpeg = impostor(version, scratch.folder());
    is_refused_as("ffmpeg_too_old", &["4.2"], |command| {
        command.env("SEGUE_FFMPEG", &ffmpeg);
    });
}
