//! One test for each rule: a correct tree, damaged on purpose, and exactly what must be found.

mod fuzz;
mod playlists;
mod report;
mod segments;

use std::{collections::BTreeMap, convert::Infallible};

use super::*;
use crate::{
    mpegts::measure,
    playlist::{MASTER, master_playlist, media_playlist},
    rendition::{Rendition, Segment},
    testing::{Adts, Muxer},
};

const LOW: &str = "64k/playlist.m3u8";
const HIGH: &str = "128k/playlist.m3u8";
const TARGET: u32 = 6;
const FRAMES: [u64; 4] = [258, 259, 258, 70];

/// A tree in memory. Its lines are those that the playlist tests spell out: the master's variants are in lines 4 to 7,
/// a media playlist's segments in lines 6 to 13.
#[derive(Clone)]
struct Tree(BTreeMap<String, Vec<u8>>);

impl Tree {
    fn correct() -> Self {
        Self::of(&[
            ("64k", segments(&FRAMES, &mut low())),
            ("128k", segments(&FRAMES, &mut high())),
        ])
    }

    /// The tree of these segments, with playlists that say what they hold.
    fn of(ladder: &[(&str, Vec<Vec<u8>>)]) -> Self {
        let mut files = BTreeMap::new();
        let mut renditions = Vec::new();
        for (name, contents) in ladder {
            let mut rendition = Rendition {
                name: (*name).into(),
                sample_rate: 0,
                segments: Vec::new(),
            };
            for (index, bytes) in contents.iter().enumerate() {
                let measured = measure(bytes).unwrap();
                if index == 0 {
                    rendition.sample_rate = measured.sample_rate;
                }
                let segment = format!("segment_{index:03}.ts");
                files.insert(format!("{name}/{segment}"), bytes.clone());
                rendition.segments.push(Segment {
                    name: segment,
                    bytes: bytes.len() as u64,
                    frames: measured.frames,
                });
            }
            files.insert(
                format!("{name}/playlist.m3u8"),
                media_playlist(&rendition, TARGET).into(),
            );
            renditions.push(rendition);
        }
        files.insert(MASTER.into(), master_playlist(&renditions, TARGET).into());
        Tree(files)
    }

    /// Replaces the first `from` in a playlist, which must be there.
    fn edit(mut self, file: &str, from: &str, to: &str) -> Self {
        let text = str::from_utf8(&self.0[file]).unwrap();
        assert!(text.contains(from), "no {from} in {text}");
        let edited = text.replacen(from, to, 1).into_bytes();
        self.0.insert(file.into(), edited);
        self
    }

    fn put(mut self, file: &str, bytes: Vec<u8>) -> Self {
        self.0.insert(file.into(), bytes);
        self
    }

    fn without(mut self, file: &str) -> Self {
        self.0.remove(file).unwrap();
        self
    }

    fn lint(&self) -> Report {
        let read = |path: &str| -> Result<Option<Vec<u8>>, Infallible> {
            assert!(
                !path.starts_with('/') && !path.contains("..") && !path.contains(':'),
                "asked for {path}"
            );
            Ok(self.0.get(path).cloned())
        };
        let Ok(report) = lint(read);
        report
    }

    /// As a worker lints, which has no segment any more when it writes the playlists.
    fn lint_in_passing(&self) -> Report {
        let mut passing = PassingLint::default();
        for (path, bytes) in self.0.iter().filter(|(path, _)| path.contains("segment_")) {
            let (rendition, name) = path.split_once('/').unwrap();
            passing.segment(rendition, name, bytes);
        }
        let read = |path: &str| -> Result<Option<Vec<u8>>, Infallible> {
            assert!(!path.contains("segment_"), "asked for {path}");
            Ok(self.0.get(path).cloned())
        };
        let Ok(report) = passing.finish(read);
        report
    }

    /// Exactly these findings, in any order.
    #[track_caller]
    fn finds(&self, expected: &[(Rule, &str, Option<usize>)]) {
        let findings = self.lint().findings;
        let mut found: Vec<_> = findings.iter().map(|f| (f.rule, f.file.as_str(), f.line)).collect();
        let mut expected = expected.to_vec();
        found.sort_unstable();
        expected.sort_unstable();
        let printed: Vec<_> = findings.iter().map(ToString::to_string).collect();
        assert_eq!(found, expected, "{printed:#?}");
    }
}

fn low() -> Muxer {
    Muxer::new(Adts::default())
}

fn high() -> Muxer {
    Muxer::new(Adts {
        bytes: 380,
        ..Adts::default()
    })
}

fn segments(frames: &[u64], muxer: &mut Muxer) -> Vec<Vec<u8>> {
    frames.iter().map(|&frames| muxer.segment(frames)).collect()
}

/// The correct ladder, with another upper rendition.
fn with_high(high: Vec<Vec<u8>>) -> Tree {
    Tree::of(&[("64k", segments(&FRAMES, &mut low())), ("128k", high)])
}
