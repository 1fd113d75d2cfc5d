//! When it is not the input that is at fault: the disk, the reader of stdout, the terminal.

use std::{
    fs::File,
    io::Read,
    process::{Command, Stdio},
};

use crate::support::{
    run::{Finished, Running, SEGUE, package, run, segue},
    scratch::Scratch,
    sound::music_of,
};

/// Runs a line of shell in which `$0` is segue, `$1` the input and `$2` a folder.
fn shell(line: &str, input: &std::path::Path, scratch: &Scratch) -> Finished {
    let mut command = Command::new("sh");
    command.args(["-c", line]).arg(SEGUE).arg(input).arg(scratch.folder());
    run(&mut command)
}

/// The disk is a file system of 3 MB in a mount namespace of its own.
#[test]
fn a_full_disk_is_said_to_be_full() {
    let scratch = Scratch::new();
    let input = music_of(120.0, "music.flac", "-ar 44100");
    let line = "unshare --map-root-user --mount sh -c '
        mount -t tmpfs -o size=3m tmpfs \"$2\" && \"$0\" package \"$1\" -o \"$2/tree\" --quiet --json
        code=$?; ls -A \"$2\" >&2; exit $code' \"$0\" \"$1\" \"$2\"";
    let finished = shell(line, &input, &scratch);
    assert_eq!(finished.code, Some(4), "{finished:?}");
    assert_eq!(finished.json()["error"]["code"], "disk_full");
    assert_eq!(
        finished.stderr.lines().count(),
        1,
        "nothing but the message: {finished:?}"
    );
}

#[test]
fn a_reader_that_goes_away_does_not_spoil_the_tree() {
    let scratch = Scratch::new();
    let input = music_of(5.0, "music.flac", "-ar 44100");
    let mut command = package(&input, &scratch.path("tree"));
    let mut child = command
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("segue starts");
    drop(child.stdout.take());
    drop(child.stderr.take());
    assert_eq!(child.wait().expect("our child").code(), Some(0));
    run(segue().arg("inspect").arg(scratch.path("tree"))).succeeded();
}

#[test]
fn a_stdout_that_cannot_be_written_to_is_said() {
    let scratch = Scratch::new();
    let input = music_of(5.0, "music.flac", "-ar 44100");
    let finished = shell(
        "exec \"$0\" package \"$1\" -o \"$2/tree\" --quiet --json > /dev/full",
        &input,
        &scratch,
    );
    assert_eq!(finished.code, Some(4), "{finished:?}");
    assert_eq!(scratch.names(), ["tree"], "the work is done all the same");
}

#[test]
fn a_hang_up_ends_a_run_unless_it_was_told_to_ignore_it() {
    let scratch = Scratch::new();
    let input = music_of(20.0, "music.flac", "-ar 44100");
    let line = "trap '' HUP; \"$0\" package \"$1\" -o \"$2/tree\" & echo $!; wait $!";
    let mut command = Command::new("sh");
    command.args(["-c", line]).arg(SEGUE).arg(&input).arg(scratch.folder());
    let mut child = command
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("sh starts");
    let mut id = [0; 16];
    let read = child
        .stdout
        .as_mut()
        .map_or(0, |stdout| stdout.read(&mut id).expect("its id"));
    let id = String::from_utf8_lossy(&id[..read]).trim().to_owned();
    assert!(
        Command::new("kill")
            .args(["-HUP", &id])
            .status()
            .expect("kill")
            .success()
    );
    assert_eq!(child.wait().expect("our child").code(), Some(0));
    assert_eq!(scratch.names(), ["tree"]);
}

#[test]
fn a_tree_of_pipes_and_links_is_read_without_waiting_or_leaving_it() {
    use rustix::fs::{CWD, FileType, Mode, mknodat};
    let scratch = Scratch::new();
    mknodat(
        CWD,
        scratch.path("master.m3u8"),
        FileType::Fifo,
        Mode::from_raw_mode(0o600),
        0,
    )
    .expect("a pipe");
    let finished = Running::start(segue().arg("inspect").arg(scratch.folder()).arg("--json")).finish();
    assert_eq!(finished.code, Some(3), "{finished:?}");
    std::fs::remove_file(scratch.path("master.m3u8")).expect("removed");
    std::os::unix::fs::symlink("/dev/zero", scratch.path("master.m3u8")).expect("a link");
    assert!(File::open(scratch.path("master.m3u8")).is_ok());
    let finished = run(segue().arg("inspect").arg(scratch.folder()));
    assert_eq!(finished.code, Some(3), "{finished:?}");
    assert!(finished.stdout.contains("missing-file"), "{finished:?}");
}

#[test]
fn files_that_segue_did_not_make_are_never_replaced() {
    let scratch = Scratch::new();
    let input = music_of(5.0, "music.flac", "-ar 44100");
    let tree = scratch.path("tree");
    run(&mut package(&input, &tree)).succeeded();
    std::fs::write(tree.join("song.wav"), "mine").expect("written");
    let finished = run(package(&input, &tree).arg("--overwrite"));
    assert_eq!(finished.code, Some(2), "{finished:?}");
    assert_eq!(std::fs::read(tree.join("song.wav")).expect("still there"), b"mine");
}
