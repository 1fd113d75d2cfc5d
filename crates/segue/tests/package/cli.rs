//! The command line: its flags, its output, its exit codes.

use std::{fs, path::PathBuf};

use crate::support::{
    judge::{good, hls_parser, lint},
    run::{package, run, segue},
    scratch::Scratch,
    sound::{music, music_of},
    tree::Tree,
};

fn source() -> PathBuf {
    music("music.flac", "-ar 44100")
}

#[test]
fn quiet_says_nothing() {
    let scratch = Scratch::new();
    let finished = run(package(&source(), &scratch.path("tree")).arg("--quiet")).succeeded();
    assert_eq!((finished.stdout.as_str(), finished.stderr.as_str()), ("", ""));
}

#[test]
fn json_is_one_object_that_says_what_is_in_the_tree() {
    let scratch = Scratch::new();
    let source = music_of(13.0, "music.flac", "-ar 44100");
    let tree = scratch.path("tree");
    let summary = run(package(&source, &tree).arg("--json")).succeeded().json();

    assert_eq!(summary["sample_rate"], 44_100, "{summary}");
    assert_eq!(summary["segment_seconds"], 6, "{summary}");
    assert_eq!(summary["lint"]["passed"], true, "{summary}");
    assert_eq!(summary["probe"]["codec"], "flac", "{summary}");
    assert_eq!(
        summary["output"].as_str().map(PathBuf::from),
        Some(tree.clone()),
        "{summary}"
    );
    assert!(
        summary["elapsed_seconds"].as_f64().is_some_and(|seconds| seconds > 0.0),
        "{summary}"
    );
    let duration = summary["duration_seconds"].as_f64().expect("a number");
    assert!((duration - 13.0).abs() < 0.1, "{summary}");

    let master = fs::read_to_string(tree.join("master.m3u8")).expect("a master");
    let said = summary["renditions"].as_array().expect("a list");
    let made = Tree::read(&tree).renditions;
    assert_eq!(said.len(), made.len());
    for (said, made) in said.iter().zip(&made) {
        let bytes: u64 = made
            .segments
            .iter()
            .map(|segment| fs::metadata(&segment.path).expect("a segment").len())
            .sum();
        assert_eq!(said["name"], made.name.as_str());
        assert_eq!(said["segments"], made.segments.len());
        assert_eq!(said["bytes"], bytes);
        assert!(
            master.contains(&format!(":BANDWIDTH={},", said["bandwidth"])),
            "{said} of {master}"
        );
        assert!(
            master.contains(&format!("AVERAGE-BANDWIDTH={},", said["average_bandwidth"])),
            "{said} of {master}"
        );
    }
}

#[test]
fn without_a_terminal_there_are_plain_lines() {
    let scratch = Scratch::new();
    let finished = run(&mut package(&source(), &scratch.path("tree"))).succeeded();
    let output = finished.stdout.clone() + &finished.stderr;
    assert!(!output.is_empty());
    assert!(!output.contains(['\r', '\x1b']), "{finished:?}");
}

#[test]
fn a_bad_ladder_is_a_usage_error() {
    for ladder in [
        "",
        "64",
        "k",
        "64k,64k",
        "128k,64k",
        "0k",
        "9999k",
        "64k,,128k",
        "vinyl",
    ] {
        is_a_usage_error(&["--ladder", ladder]);
    }
}

#[test]
fn bad_numbers_are_usage_errors() {
    for flags in [
        ["--segment-seconds", "0"],
        ["--segment-seconds", "x"],
        ["--workers", "0"],
        ["--workers", "-1"],
    ] {
        is_a_usage_error(&flags);
    }
}

fn is_a_usage_error(flags: &[&str]) {
    let scratch = Scratch::new();
    let finished = run(package(&source(), &scratch.path("tree")).args(flags));
    assert_eq!(finished.code, Some(2), "{flags:?}: {finished:?}");
    assert_eq!(scratch.names(), [""; 0]);
}

#[test]
fn the_ladder_and_the_segments_are_as_asked() {
    let scratch = Scratch::new();
    let tree = scratch.path("tree");
    let source = music_of(13.0, "music.flac", "-ar 44100");
    run(package(&source, &tree).args(["--ladder", "48k,96k", "--segment-seconds", "2"])).succeeded();
    lint(&tree);
    hls_parser(&tree).succeeded();
    let tree = Tree::read(&tree);
    assert_eq!(tree.names(), ["48k", "96k"]);
    let durations = tree.durations();
    let (last, others) = durations.split_last().expect("segments");
    assert!(
        others.iter().all(|seconds| (seconds - 2.0).abs() < 0.05),
        "{durations:?}"
    );
    assert!((0.5..2.5).contains(last), "{durations:?}");
}

#[test]
fn the_number_of_workers_does_not_change_a_byte() {
    let scratch = Scratch::new();
    let trees = ["1", "2", "4"].map(|workers| {
        let tree = scratch.path(workers);
        run(package(&source(), &tree).args(["--workers", workers])).succeeded();
        good(&tree, &source(), 44_100);
        content(&tree)
    });
    assert!(!trees[0].is_empty());
    assert!(trees.iter().all(|tree| *tree == trees[0]));
}

/// Every file under a folder, with its bytes.
fn content(folder: &std::path::Path) -> Vec<(PathBuf, Vec<u8>)> {
    let mut files = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(next) = folders.pop() {
        for entry in fs::read_dir(next).expect("a folder") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                folders.push(path);
            } else {
                let name = path.strip_prefix(folder).expect("within").to_owned();
                files.push((name, fs::read(&path).expect("a file")));
            }
        }
    }
    files.sort();
    files
}

#[test]
fn overwrite_replaces_a_tree() {
    let scratch = Scratch::new();
    let tree = scratch.path("tree");
    let longer = music_of(13.0, "music.flac", "-ar 48000");
    run(&mut package(&longer, &tree)).succeeded();
    run(package(&source(), &tree).arg("--overwrite")).succeeded();
    good(&tree, &source(), 44_100);
    assert_eq!(scratch.names(), ["tree"]);
    // Nothing of the longer one is left.
    assert_eq!(content(&tree).len(), 1 + 4 * 2);
}

#[test]
fn overwrite_takes_only_trees() {
    let scratch = Scratch::new();
    let folder = scratch.path("photos");
    fs::create_dir(&folder).expect("a folder");
    fs::write(folder.join("wedding.jpg"), "us").expect("a file");
    let finished = run(package(&source(), &folder).arg("--overwrite"));
    assert_eq!(finished.code, Some(2), "{finished:?}");
    assert_eq!(
        fs::read_to_string(folder.join("wedding.jpg")).expect("still there"),
        "us"
    );
    assert_eq!(scratch.names(), ["photos"]);
}

#[test]
fn a_failed_run_leaves_the_old_tree_alone() {
    let scratch = Scratch::new();
    let tree = scratch.path("tree");
    run(&mut package(&source(), &tree)).succeeded();
    let notes = scratch.file("notes.mp3", "no sound");
    let finished = run(package(&notes, &tree).arg("--overwrite"));
    assert_eq!(finished.code, Some(3), "{finished:?}");
    good(&tree, &source(), 44_100);
    assert_eq!(scratch.names(), ["notes.mp3", "tree"]);
}

#[test]
fn inspect_says_what_is_in_a_file() {
    let source = music("tags.flac", "-ar 44100 -metadata title=Grenzen -metadata artist=ASC");
    let probe = run(segue().arg("inspect").arg(source).arg("--json")).succeeded().json();
    assert_eq!(probe["container"], "flac", "{probe}");
    assert_eq!(probe["codec"], "flac", "{probe}");
    assert_eq!(probe["sample_rate"], 44_100, "{probe}");
    assert_eq!(probe["channels"], 2, "{probe}");
    assert_eq!(probe["channel_layout"], "stereo", "{probe}");
    assert_eq!(probe["has_cover"], false, "{probe}");
    assert_eq!(probe["tags"]["title"], "Grenzen", "{probe}");
    assert_eq!(probe["tags"]["artist"], "ASC", "{probe}");
    let duration = probe["duration_seconds"].as_f64().expect("a number");
    assert!((duration - 3.0).abs() < 0.01, "{probe}");
}

#[test]
fn inspect_finds_what_is_broken_in_a_tree() {
    let scratch = Scratch::new();
    let tree = scratch.path("tree");
    run(&mut package(&source(), &tree)).succeeded();
    let master = tree.join("master.m3u8");
    assert_eq!(run(segue().arg("inspect").arg(&tree)).code, Some(0));
    assert_eq!(run(segue().arg("inspect").arg(&master)).code, Some(0));

    fs::remove_file(tree.join("128k/segment_000.ts")).expect("a segment is lost");
    for path in [&tree, &master] {
        let finished = run(segue().arg("inspect").arg(path).arg("--json"));
        assert_eq!(finished.code, Some(3), "{finished:?}");
        let findings = &finished.json()["findings"];
        assert!(
            findings[0]["file"]
                .as_str()
                .is_some_and(|file| file.starts_with("128k/")),
            "{findings}"
        );
    }
}

#[test]
fn inspect_of_nothing_is_refused() {
    assert_eq!(run(segue().args(["inspect", "nowhere"])).code, Some(3));
}

#[test]
fn help_says_which_flags_and_exit_codes_there_are() {
    let help = run(segue().args(["package", "--help"])).succeeded().stdout;
    for flag in [
        "--ladder",
        "--segment-seconds",
        "--workers",
        "--overwrite",
        "--json",
        "--quiet",
    ] {
        assert!(help.contains(flag), "no {flag} in {help}");
    }
    let help = run(segue().arg("--help")).succeeded().stdout;
    assert!(help.contains("Exit codes"), "{help}");
}
