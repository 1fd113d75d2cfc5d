//! What the multivariant playlist says (RFC 8216, 4.3.4).

use super::{
    findings::{Findings, quoted},
    rule::Rule,
    scan::{Content, Playlist},
    value::{Attributes, whole},
};
use crate::playlist::MASTER;

/// Tags of a media playlist: their presence makes a playlist neither kind (RFC 8216, 4.1).
const OF_MEDIA_PLAYLISTS: [&str; 13] = [
    "EXTINF",
    "EXT-X-BYTERANGE",
    "EXT-X-DISCONTINUITY",
    "EXT-X-KEY",
    "EXT-X-MAP",
    "EXT-X-PROGRAM-DATE-TIME",
    "EXT-X-DATERANGE",
    "EXT-X-TARGETDURATION",
    "EXT-X-MEDIA-SEQUENCE",
    "EXT-X-DISCONTINUITY-SEQUENCE",
    "EXT-X-ENDLIST",
    "EXT-X-PLAYLIST-TYPE",
    "EXT-X-I-FRAMES-ONLY",
];

/// These name further playlists or keys, which a tree of ours does not have and this lint would not look into.
const BEYOND_VARIANTS: [&str; 3] = ["EXT-X-MEDIA", "EXT-X-I-FRAME-STREAM-INF", "EXT-X-SESSION-KEY"];

pub(super) struct Master<'a> {
    /// Line and number.
    pub(super) version: Option<(usize, u64)>,
    pub(super) variants: Vec<Variant<'a>>,
}

pub(super) struct Variant<'a> {
    /// Of its EXT-X-STREAM-INF.
    pub(super) line: usize,
    pub(super) bandwidth: Option<u64>,
    pub(super) average_bandwidth: Option<u64>,
    /// Without its quotes.
    pub(super) codecs: Option<&'a str>,
    pub(super) uri_line: usize,
    pub(super) uri: &'a str,
}

impl<'a> Master<'a> {
    /// Reads it, and checks what can be told without the media playlists.
    pub(super) fn parse(bytes: &'a [u8], findings: &mut Findings) -> Option<Self> {
        let playlist = Playlist::scan(MASTER, bytes, findings)?;
        playlist.refuse(&OF_MEDIA_PLAYLISTS, "belongs in a media playlist", findings);
        playlist.refuse(&BEYOND_VARIANTS, "has no place in a tree of plain variants", findings);
        playlist.single("EXT-X-INDEPENDENT-SEGMENTS", Rule::IndependentSegments, findings);
        let version = playlist.version(findings);
        let variants = variants(&playlist, findings);
        check_order(&variants, findings);
        Some(Master { version, variants })
    }
}

fn variants<'a>(playlist: &Playlist<'a>, findings: &mut Findings) -> Vec<Variant<'a>> {
    let mut variants = Vec::new();
    let mut pending = None;
    for line in &playlist.lines {
        match (&line.content, pending.take()) {
            (&Content::Uri(uri), Some((tag_line, value))) => {
                variants.push(variant(tag_line, value, line.number, uri, findings));
            }
            (Content::Uri(uri), None) => {
                let message = format!("{} has no EXT-X-STREAM-INF before it", quoted(uri));
                findings.add(Rule::Syntax, MASTER, Some(line.number), message);
            }
            (&Content::Tag(name, value), before) => {
                if let Some((tag_line, _)) = before {
                    findings.add(Rule::Syntax, MASTER, Some(tag_line), "no URI follows EXT-X-STREAM-INF");
                }
                pending = (name == "EXT-X-STREAM-INF").then_some((line.number, value));
            }
        }
    }
    if let Some((tag_line, _)) = pending {
        findings.add(Rule::Syntax, MASTER, Some(tag_line), "no URI follows EXT-X-STREAM-INF");
    }
    if variants.is_empty() {
        findings.add(Rule::Syntax, MASTER, None, "there is no variant");
    }
    variants
}

fn variant<'a>(line: usize, value: &'a str, uri_line: usize, uri: &'a str, findings: &mut Findings) -> Variant<'a> {
    let attributes = Attributes::parse(value).unwrap_or_else(|| {
        let message = "EXT-X-STREAM-INF has a malformed attribute list";
        findings.add(Rule::Syntax, MASTER, Some(line), message);
        Attributes::default()
    });
    let mut source = Source {
        attributes,
        line,
        findings,
    };
    Variant {
        line,
        bandwidth: source.read("BANDWIDTH", Rule::Bandwidth, whole),
        average_bandwidth: source.read("AVERAGE-BANDWIDTH", Rule::AverageBandwidth, whole),
        codecs: source.read("CODECS", Rule::Codecs, |value| {
            value.strip_prefix('"')?.strip_suffix('"')
        }),
        uri_line,
        uri,
    }
}

/// The attributes of one EXT-X-STREAM-INF.
struct Source<'a, 'f> {
    attributes: Attributes<'a>,
    line: usize,
    findings: &'f mut Findings,
}

impl<'a> Source<'a, '_> {
    fn read<T>(&mut self, name: &str, rule: Rule, parse: impl Fn(&'a str) -> Option<T>) -> Option<T> {
        let value = self.attributes.get(name);
        let parsed = value.and_then(parse);
        if parsed.is_none() {
            let message = match value {
                Some(value) => format!("{name}={} is malformed", quoted(value)),
                None => format!("there is no {name}"),
            };
            self.findings.add(rule, MASTER, Some(self.line), message);
        }
        parsed
    }
}

/// Equal bandwidths pass: of silence, an encoder makes the same few bytes at every rung.
fn check_order(variants: &[Variant<'_>], findings: &mut Findings) {
    for pair in variants.windows(2) {
        if let (Some(before), Some(after)) = (pair[0].bandwidth, pair[1].bandwidth)
            && after < before
        {
            let message = format!("BANDWIDTH {after} comes after {before}; list the lowest first");
            findings.add(Rule::VariantOrder, MASTER, Some(pair[1].line), message);
        }
    }
}
