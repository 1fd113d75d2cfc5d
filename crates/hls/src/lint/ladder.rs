//! The tree as a whole: the master against its renditions, and the renditions against one another.

use std::collections::{BTreeMap, btree_map::Entry};

use super::{
    findings::{Findings, quoted},
    master::{Master, Variant},
    media::Media,
    report::{RenditionSummary, Report},
    rule::Rule,
    segments::{Inspection, Walked},
    value::is_plain_path,
};
use crate::playlist::MASTER;

/// Checks a whole tree, reading one file at a time.
///
/// `read` is given paths relative to the tree, such as `master.m3u8` or `64k/segment_000.ts`, and answers `None` where
/// there is no such file. It is never given an absolute path, nor one with `..` in it, whatever a playlist says. Its
/// errors are passed on; everything wrong with the tree is a finding instead.
pub fn lint<E>(read: impl FnMut(&str) -> Result<Option<Vec<u8>>, E>) -> Result<Report, E> {
    lint_files(&mut Readable(read), Findings::default())
}

/// The files of a tree, wherever they are.
pub(super) trait Files {
    type Error;

    fn playlist(&mut self, path: &str) -> Result<Option<Vec<u8>>, Self::Error>;

    /// The segments that `media` names, one for each of its entries.
    fn segments(
        &mut self,
        folder: &str,
        playlist: &str,
        media: &Media<'_>,
        findings: &mut Findings,
    ) -> Result<Inspection, Self::Error>;
}

struct Readable<R>(R);

impl<E, R: FnMut(&str) -> Result<Option<Vec<u8>>, E>> Files for Readable<R> {
    type Error = E;

    fn playlist(&mut self, path: &str) -> Result<Option<Vec<u8>>, E> {
        (self.0)(path)
    }

    fn segments(
        &mut self,
        folder: &str,
        playlist: &str,
        media: &Media<'_>,
        findings: &mut Findings,
    ) -> Result<Inspection, E> {
        Inspection::read(folder, playlist, media, &mut self.0, findings)
    }
}

/// `findings` are what was found before.
pub(super) fn lint_files<F: Files>(files: &mut F, findings: Findings) -> Result<Report, F::Error> {
    let mut lint = Lint {
        findings,
        ..Lint::default()
    };
    match files.playlist(MASTER)? {
        None => lint
            .findings
            .add(Rule::MissingFile, MASTER, None, "the master playlist is not there"),
        Some(bytes) => {
            if let Some(master) = Master::parse(&bytes, &mut lint.findings) {
                lint.master(&master, files)?;
            }
        }
    }
    Ok(Report {
        findings: lint.findings.into_vec(),
        renditions: lint.renditions,
        seconds: lint.seconds,
    })
}

#[derive(Default)]
struct Lint {
    findings: Findings,
    renditions: Vec<RenditionSummary>,
    seconds: f64,
    /// The rendition that the others are compared with, and its target duration.
    first: Option<(Walked, Option<u32>)>,
    /// The largest that a media playlist states.
    version: Option<u64>,
}

impl Lint {
    fn master<F: Files>(&mut self, master: &Master<'_>, files: &mut F) -> Result<(), F::Error> {
        let mut listed = BTreeMap::new();
        for variant in &master.variants {
            match listed.entry(variant.uri) {
                Entry::Occupied(earlier) => {
                    let message = format!("{} is listed already, in line {}", quoted(variant.uri), earlier.get());
                    self.findings
                        .add(Rule::VariantOrder, MASTER, Some(variant.uri_line), message);
                }
                Entry::Vacant(place) => {
                    place.insert(variant.uri_line);
                    self.variant(variant, files)?;
                }
            }
        }
        // A client may refuse a master before it ever sees a media playlist, so the master states what those need.
        if let (Some((line, version)), Some(needed)) = (master.version, self.version)
            && version != needed
        {
            let message = format!("version {version}, where the media playlists state {needed}");
            self.findings.add(Rule::Version, MASTER, Some(line), message);
        }
        Ok(())
    }

    fn variant<F: Files>(&mut self, variant: &Variant<'_>, files: &mut F) -> Result<(), F::Error> {
        let playlist = variant.uri;
        if !is_plain_path(playlist) {
            let message = format!("{} is no plain relative path", quoted(playlist));
            self.findings
                .add(Rule::RelativeUri, MASTER, Some(variant.uri_line), message);
            return Ok(());
        }
        let Some(bytes) = files.playlist(playlist)? else {
            let message = format!("{} is not there", quoted(playlist));
            self.findings
                .add(Rule::MissingFile, MASTER, Some(variant.uri_line), message);
            return Ok(());
        };
        let Some(media) = Media::parse(playlist, &bytes, &mut self.findings) else {
            return Ok(());
        };
        self.version = self.version.max(media.version);
        let folder = playlist.rfind('/').map_or("", |slash| &playlist[..=slash]);
        let inspection = files.segments(folder, playlist, &media, &mut self.findings)?;
        let walked = Walked::new(folder, playlist, &media, inspection, &mut self.findings);
        let target = media.target.map(|(_, seconds)| seconds);
        self.check_variant(variant, &walked, target);
        self.summarise(&walked, target);
        if let Some((first, first_target)) = &self.first {
            check_alignment(playlist, &walked, first, &mut self.findings);
            if let (Some((line, target)), Some(first_target)) = (media.target, first_target)
                && target != *first_target
            {
                let message = format!("{target}, but {first_target} in `{}`", first.rendition.name);
                self.findings
                    .add(Rule::SameTargetDuration, playlist, Some(line), message);
            }
        } else {
            self.first = Some((walked, target));
        }
        Ok(())
    }

    /// What the master says of a rendition, against what it is. Bandwidths only where every segment was measured.
    fn check_variant(&mut self, variant: &Variant<'_>, walked: &Walked, target: Option<u32>) {
        let mut differs = |rule, name: &str, stated: &str, measured: &str| {
            if stated != measured {
                let message = format!("{name} is {}, but measured {measured}", quoted(stated));
                self.findings.add(rule, MASTER, Some(variant.line), message);
            }
        };
        let rendition = &walked.rendition;
        if let (Some(stated), Some(target), true) = (variant.bandwidth, target, walked.complete) {
            let measured = rendition.peak_bandwidth(target);
            differs(Rule::Bandwidth, "BANDWIDTH", &stated.to_string(), &measured.to_string());
        }
        if let (Some(stated), true) = (variant.average_bandwidth, walked.complete) {
            let measured = rendition.average_bandwidth();
            differs(
                Rule::AverageBandwidth,
                "AVERAGE-BANDWIDTH",
                &stated.to_string(),
                &measured.to_string(),
            );
        }
        if let (Some(stated), Some(format)) = (variant.codecs, walked.format) {
            differs(Rule::Codecs, "CODECS", stated, &format.codecs());
        }
    }

    fn summarise(&mut self, walked: &Walked, target: Option<u32>) {
        let rendition = &walked.rendition;
        if walked.format.is_some() {
            self.seconds = self.seconds.max(rendition.seconds());
        }
        self.renditions.push(RenditionSummary {
            name: rendition.name.clone(),
            bandwidth: target.map_or(0, |target| rendition.peak_bandwidth(target)),
            average_bandwidth: rendition.average_bandwidth(),
            segments: rendition.segments.len(),
            bytes: rendition.bytes(),
        });
    }
}

/// One rendition against the first. Players switch between them segment by segment, and some lay frames end to end
/// without looking at timestamps: where these rules are broken, listeners hear audio repeated or skipped.
fn check_alignment(playlist: &str, walked: &Walked, first: &Walked, findings: &mut Findings) {
    let name = &first.rendition.name;
    if walked.marks.len() != first.marks.len() {
        let message = format!("{} segments, but {} in `{name}`", walked.marks.len(), first.marks.len());
        findings.add(Rule::AlignedExtinf, playlist, None, message);
    }
    for (mark, other) in walked.marks.iter().zip(&first.marks) {
        if let (Some(here), Some(there)) = (mark.nanoseconds, other.nanoseconds)
            && here != there
        {
            let message = format!("EXTINF {}, but {} in `{name}`", here as f64 / 1e9, there as f64 / 1e9);
            findings.add(Rule::AlignedExtinf, playlist, Some(mark.line), message);
        }
        if let (Some(here), Some(there)) = (mark.first_pts, other.first_pts)
            && here != there
        {
            let message = format!("the segment begins at PTS {here}, but at {there} in `{name}`");
            findings.add(Rule::AlignedTimestamps, playlist, Some(mark.line), message);
        }
    }
    if let (Some(here), Some(there)) = (walked.format, first.format)
        && here != there
        && here.is_ours()
    {
        findings.add(
            Rule::SameFormat,
            playlist,
            None,
            format!("{here}, but {there} in `{name}`"),
        );
    }
}
