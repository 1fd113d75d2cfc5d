//! However a run ends, no process goes on and nothing half-made stays.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
    time::Duration,
};

use rustix::process::Signal;

use crate::support::{
    judge::good,
    run::{Running, package, run},
    scratch::{Scratch, names},
    sound::music_of,
    wait::eventually,
};

/// Far more than any of this takes on a busy machine.
const DEADLINE: Duration = Duration::from_mins(1);

/// Long enough to be in mid-encode when the first segment is there.
fn long_music() -> PathBuf {
    music_of(120.0, "music.flac", "-ar 44100")
}

/// A run that has written its first segment, and its ffmpeg processes.
fn in_mid_encode(scratch: &Scratch) -> (Running, BTreeSet<u32>) {
    let mut running = Running::start(&mut package(&long_music(), &scratch.path("tree")));
    eventually("a first segment", DEADLINE, || {
        assert!(!running.has_ended(), "it ended early");
        let hidden = scratch.names().into_iter().filter(|name| name.starts_with(".segue-"));
        hidden
            .map(|name| scratch.path(name))
            .any(|folder| holds_a_segment(&folder))
            .then_some(())
    });
    let children = descendants(running.id());
    assert!(!children.is_empty(), "no ffmpeg at work");
    (running, children)
}

fn holds_a_segment(folder: &Path) -> bool {
    let Ok(entries) = fs::read_dir(folder) else {
        return folder.extension().is_some_and(|extension| extension == "ts");
    };
    entries.flatten().any(|entry| holds_a_segment(&entry.path()))
}

/// The processes that a process started, and those that they started.
fn descendants(id: u32) -> BTreeSet<u32> {
    let mut found = BTreeSet::new();
    let mut parents = vec![id];
    while let Some(parent) = parents.pop() {
        let children = processes().filter(|process| process.parent == parent && process.is_alive);
        parents.extend(children.map(|child| child.id).filter(|id| found.insert(*id)));
    }
    found
}

struct Process {
    id: u32,
    parent: u32,
    /// Not one that has ended and that its parent has not asked about yet.
    is_alive: bool,
}

fn processes() -> impl Iterator<Item = Process> {
    let entries = fs::read_dir("/proc").expect("/proc").flatten();
    entries.filter_map(|entry| {
        let id = entry.file_name().to_str()?.parse().ok()?;
        let stat = fs::read_to_string(entry.path().join("stat")).ok()?;
        // The name before this may hold anything.
        let mut fields = stat.rsplit(") ").next()?.split(' ');
        Some(Process {
            id,
            is_alive: fields.next()? != "Z",
            parent: fields.next()?.parse().ok()?,
        })
    })
}

fn wait_for_the_end_of(children: &BTreeSet<u32>) {
    eventually("the end of every ffmpeg", DEADLINE, || {
        let alive = processes().filter(|process| process.is_alive && children.contains(&process.id));
        (alive.count() == 0).then_some(())
    });
}

fn ends_cleanly_on(signal: Signal) {
    let scratch = Scratch::new();
    let (running, children) = in_mid_encode(&scratch);
    running.signal(signal);
    let finished = running.finish();
    assert_ne!(finished.code, Some(0), "{finished:?}");
    assert_ne!(finished.code, None, "it did not clean up but died: {finished:?}");
    assert_eq!(scratch.names(), [""; 0], "{finished:?}");
    wait_for_the_end_of(&children);
}

#[test]
fn ctrl_c_leaves_nothing() {
    ends_cleanly_on(Signal::INT);
}

#[test]
fn sigterm_leaves_nothing() {
    ends_cleanly_on(Signal::TERM);
}

#[test]
fn nothing_goes_on_after_kill_9() {
    let scratch = Scratch::new();
    let (running, children) = in_mid_encode(&scratch);
    running.signal(Signal::KILL);
    assert_eq!(running.finish().code, None);
    wait_for_the_end_of(&children);
    assert!(!scratch.path("tree").exists());
}

#[test]
fn what_kill_9_left_does_not_disturb_the_next_run() {
    let scratch = Scratch::new();
    let (running, _) = in_mid_encode(&scratch);
    running.signal(Signal::KILL);
    running.finish();
    let source = music_of(3.0, "music.flac", "-ar 44100");
    run(&mut package(&source, &scratch.path("tree"))).succeeded();
    good(&scratch.path("tree"), &source, 44_100);
}

#[test]
fn when_two_runs_want_one_folder_exactly_one_wins() {
    let source = music_of(3.0, "music.flac", "-ar 44100");
    for overwrite in [false, true] {
        let scratch = Scratch::new();
        let tree = scratch.path("tree");
        let start = || {
            let mut command = package(&source, &tree);
            if overwrite {
                command.arg("--overwrite");
            }
            Running::start(&mut command)
        };
        let both = [start(), start()];
        let winners = both
            .map(Running::finish)
            .into_iter()
            .filter(|run| run.code == Some(0))
            .count();
        assert!(winners == 1 || overwrite && winners == 2, "{winners} winners");
        assert_eq!(names(scratch.folder()), ["tree"]);
        good(&tree, &source, 44_100);
    }
}
