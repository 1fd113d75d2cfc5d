//! Reading a tree with as little code as possible: what it means is for the judges to say.

use std::{
    fs,
    path::{Path, PathBuf},
};

/// The samples of one AAC frame.
pub(crate) const FRAME: u64 = 1024;

/// What is in the playlists of a tree, lowest rung first; the master lists them by what they measure.
pub(crate) struct Tree {
    pub(crate) renditions: Vec<Rendition>,
}

/// One media playlist.
pub(crate) struct Rendition {
    pub(crate) name: String,
    pub(crate) playlist: PathBuf,
    pub(crate) segments: Vec<Segment>,
}

/// One segment, with its EXTINF in seconds.
pub(crate) struct Segment {
    pub(crate) seconds: f64,
    pub(crate) path: PathBuf,
}

impl Tree {
    pub(crate) fn read(folder: &Path) -> Self {
        let master = read(&folder.join("master.m3u8"));
        let playlists = master.lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
        let mut renditions: Vec<_> = playlists.map(|uri| Rendition::read(&folder.join(uri))).collect();
        renditions.sort_by_key(|rendition| rendition.name.trim_end_matches('k').parse::<u32>().expect("a rung"));
        Self { renditions }
    }

    pub(crate) fn names(&self) -> Vec<&str> {
        self.renditions
            .iter()
            .map(|rendition| rendition.name.as_str())
            .collect()
    }

    pub(crate) fn durations(&self) -> Vec<f64> {
        self.renditions[0].durations()
    }

    /// Whether every rendition is cut at the same times.
    pub(crate) fn is_aligned(&self) -> bool {
        let texts: Vec<_> = self
            .renditions
            .iter()
            .map(|rendition| extinf_lines(&rendition.playlist))
            .collect();
        texts.iter().all(|text| *text == texts[0])
    }
}

impl Rendition {
    fn read(playlist: &Path) -> Self {
        let folder = playlist.parent().expect("a playlist lies in a folder");
        let text = read(playlist);
        let mut lines = text.lines();
        let mut segments = Vec::new();
        while let Some(line) = lines.next() {
            if let Some(seconds) = line.strip_prefix("#EXTINF:") {
                let uri = lines.next().expect("EXTINF is followed by a URI");
                segments.push(Segment {
                    seconds: seconds.trim_end_matches(',').parse().expect("EXTINF is a number"),
                    path: folder.join(uri),
                });
            }
        }
        Self {
            name: folder.file_name().expect("a name").to_string_lossy().into_owned(),
            playlist: playlist.to_owned(),
            segments,
        }
    }

    pub(crate) fn durations(&self) -> Vec<f64> {
        self.segments.iter().map(|segment| segment.seconds).collect()
    }

    /// How many AAC frames the segments say they hold.
    pub(crate) fn frames(&self, rate: u32) -> u64 {
        frames_in(self.durations().iter().sum(), rate)
    }

    /// At which sample of the decoded rendition each segment but the first starts.
    pub(crate) fn boundaries(&self, rate: u32) -> Vec<u64> {
        let durations = self.durations();
        let ends = (1..durations.len()).map(|segments| durations[..segments].iter().sum());
        ends.map(|end| frames_in(end, rate) * FRAME).collect()
    }
}

/// How many AAC frames a source of so many samples takes: the encoder puts one of silence in front and fills the last.
pub(crate) fn frames_for(samples: u64) -> u64 {
    samples.div_ceil(FRAME) + 1
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "counts of frames are positive and small"
)]
fn frames_in(seconds: f64, rate: u32) -> u64 {
    (seconds * f64::from(rate) / FRAME as f64).round() as u64
}

fn extinf_lines(playlist: &Path) -> Vec<String> {
    let text = read(playlist);
    text.lines()
        .filter(|line| line.starts_with("#EXTINF:"))
        .map(String::from)
        .collect()
}

fn read(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}
