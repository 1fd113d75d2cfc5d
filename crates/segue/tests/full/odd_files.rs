//! The files that mutagen tests itself with, several corrupt on purpose: each becomes a correct tree or is refused with
//! a code.

use std::{
    panic::catch_unwind,
    path::Path,
    time::{Duration, Instant},
};

use crate::support::{
    judge::{decodes_cleanly, first_segment, hls_parser, lint},
    run::{Finished, Running, package},
    scratch::{Scratch, names},
    sound::fixture,
    tree::Tree,
};

const PATIENCE: Duration = Duration::from_mins(1);
const MAX_MIB: u64 = 300;

#[test]
fn each_becomes_a_tree_or_is_refused() {
    let folder = fixture("mutagen/tests/data");
    let names = names(&folder);
    assert!(names.len() >= 97, "{} files", names.len());
    let mut wrong = Vec::new();
    println!("| file | outcome | seconds | MiB |\n|---|---|---:|---:|");
    for name in names {
        let start = Instant::now();
        // Named before the run, should it hang.
        print!("| {name} | ");
        let scratch = Scratch::new();
        let tree = scratch.path("tree");
        let command = &mut package(&folder.join(&name), &tree);
        let finished = Running::start(command.arg("--json")).finish_within(PATIENCE);
        let outcome = outcome(&finished, &tree);
        let seconds = start.elapsed().as_secs_f64();
        println!(
            "{} | {seconds:.1} | {} |",
            outcome.as_ref().unwrap_or_else(|wrong| wrong),
            finished.peak_mib
        );
        if outcome.is_err() || finished.peak_mib >= MAX_MIB {
            wrong.push(format!("{name}: {finished:?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

fn outcome(finished: &Finished, tree: &Path) -> Result<String, String> {
    match finished.code {
        Some(0) => catch_unwind(|| is_correct(tree)).map_err(|_| "a tree that is not correct".to_owned()),
        Some(3) => {
            let beside = names(tree.parent().expect("the scratch folder"));
            match finished.json()["error"]["code"].as_str() {
                Some(code) if beside.is_empty() => Ok(format!("refused: {code}")),
                Some(code) => Err(format!("refused: {code}, but left {beside:?}")),
                None => Err("refused without a code".into()),
            }
        }
        Some(code) => Err(format!("exit code {code}")),
        None => Err("crashed".into()),
    }
}

/// Panics if it is not.
fn is_correct(tree: &Path) -> String {
    lint(tree);
    hls_parser(tree).succeeded();
    let tree = Tree::read(tree);
    for rendition in &tree.renditions {
        let stream = first_segment(rendition);
        let rate = stream
            .split(',')
            .nth(2)
            .and_then(|rate| rate.parse().ok())
            .expect("a sample rate");
        decodes_cleanly(&rendition.playlist, rate, rendition.frames(rate));
    }
    let seconds: f64 = tree.durations().iter().sum();
    format!("tree of {seconds:.2} s")
}
