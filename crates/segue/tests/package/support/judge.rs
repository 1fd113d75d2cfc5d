//! Judges of trees. All but the first were written elsewhere.

use std::{io, path::Path, process::Command};

use super::{
    run::{Finished, run, segue},
    scratch::Scratch,
    sound::{count_samples, count_samples_and_complaints, stream},
    tree::{FRAME, Rendition, Tree, frames_for},
};

/// Our own lint passes.
pub(crate) fn lint(tree: &Path) {
    let inspected = run(segue().arg("inspect").arg(tree).arg("--json"));
    assert_eq!(inspected.code, Some(0), "{inspected:?}");
    let lint = inspected.json();
    assert_eq!(lint["findings"].as_array().map(Vec::len), Some(0), "{lint}");
}

/// What hls-parser says of every playlist in the tree, in strict mode.
pub(crate) fn hls_parser(tree: &Path) -> Finished {
    let judges = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/judges"));
    assert!(
        judges.join("node_modules/hls-parser").exists(),
        "hls-parser is missing: run `cargo xtask test`"
    );
    run(Command::new("node").arg(judges.join("hls-parser.mjs")).arg(tree))
}

/// Passes our lint and hls-parser, is what its renditions should be, and lasts as long as the source.
pub(crate) fn good(tree: &Path, source: &Path, rate: u32) -> Tree {
    lint(tree);
    hls_parser(tree).succeeded();
    let tree = Tree::read(tree);
    assert_eq!(tree.names(), ["64k", "128k", "192k", "256k"]);
    assert!(tree.is_aligned());
    for rendition in &tree.renditions {
        assert_eq!(
            first_segment(rendition),
            format!("aac,LC,{rate},2"),
            "{}",
            rendition.name
        );
    }
    let frames = tree.renditions[0].frames(rate);
    let expected = frames_for(count_samples(source, rate));
    assert!(frames.abs_diff(expected) <= 1, "{frames} frames of {expected}");
    tree
}

/// The same, and both decoders decode every rendition without a complaint.
pub(crate) fn good_to_all_judges(tree: &Path, source: &Path, rate: u32) -> Tree {
    let tree = good(tree, source, rate);
    let frames = frames_for(count_samples(source, rate));
    for rendition in &tree.renditions {
        decodes_cleanly(&rendition.playlist, rate, frames);
    }
    tree
}

/// Codec, profile, sample rate and channels, as ffprobe reads them.
pub(crate) fn first_segment(rendition: &Rendition) -> String {
    let mut ffprobe = Command::new("ffprobe");
    ffprobe.args(["-v", "error", "-select_streams", "a", "-of", "csv=p=0"]);
    ffprobe.args(["-show_entries", "stream=codec_name,profile,sample_rate,channels"]);
    let found = run(ffprobe.arg(&rendition.segments[0].path)).succeeded();
    // Once for the stream and once more within its MPEG-TS program.
    found
        .stdout
        .lines()
        .next()
        .unwrap_or_default()
        .trim_end_matches(',')
        .to_owned()
}

/// ffmpeg and faad decode a playlist without a complaint, to so many frames.
pub(crate) fn decodes_cleanly(playlist: &Path, rate: u32, frames: u64) {
    let name = playlist.display();
    let (samples, complaints) = count_samples_and_complaints(playlist, rate);
    assert_eq!(complaints, "", "ffmpeg, {name}");
    assert_eq!(samples, frames * FRAME, "ffmpeg, {name}");
    // faad gives nothing for the frame that only primes the decoder.
    assert_eq!(faad(playlist), (frames - 1) * FRAME, "faad, {name}");
}

/// How many samples per channel faad decodes.
fn faad(playlist: &Path) -> u64 {
    let scratch = Scratch::new();
    let aac = scratch.path("rendition.aac");
    let mut ffmpeg = Command::new("ffmpeg");
    ffmpeg.args(["-nostdin", "-v", "error", "-i"]).arg(playlist);
    run(ffmpeg.args(["-c", "copy", "-f", "adts"]).arg(&aac)).succeeded();
    let mut faad = Command::new("faad");
    let (bytes, complaints) = stream(faad.args(["-q", "-f", "2", "-w"]).arg(&aac), &mut io::sink());
    assert_eq!(complaints, "", "faad, {}", playlist.display());
    bytes / 4
}
