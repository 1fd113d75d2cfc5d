//! What a media playlist says (RFC 8216, 4.3.2 and 4.3.3).

use super::{
    findings::{Findings, quoted},
    rule::Rule,
    scan::{Content, Playlist},
    value::{nanoseconds, whole},
};

/// Tags of a multivariant playlist, which "MUST NOT" be in a media playlist (RFC 8216, 4.3.4).
const OF_MASTERS: [&str; 5] = [
    "EXT-X-MEDIA",
    "EXT-X-STREAM-INF",
    "EXT-X-I-FRAME-STREAM-INF",
    "EXT-X-SESSION-DATA",
    "EXT-X-SESSION-KEY",
];

/// Each makes a segment something else than one whole, clear file that follows from the one before.
const NOT_WHOLE_FILES: [&str; 9] = [
    "EXT-X-BYTERANGE",
    "EXT-X-DISCONTINUITY",
    "EXT-X-DISCONTINUITY-SEQUENCE",
    "EXT-X-KEY",
    "EXT-X-MAP",
    "EXT-X-I-FRAMES-ONLY",
    "EXT-X-GAP",
    "EXT-X-PART",
    "EXT-X-SKIP",
];

/// Fractions in EXTINF need 3. Whether every duration happens to be whole is chance, so less is never asked for.
const SMALLEST_VERSION: u64 = 3;

/// What needs more (RFC 8216, 7).
const VERSIONS: [(&str, u64); 3] = [("EXT-X-BYTERANGE", 4), ("EXT-X-I-FRAMES-ONLY", 4), ("EXT-X-MAP", 6)];

pub(super) struct Media<'a> {
    pub(super) version: Option<u64>,
    /// Line and seconds; at least 1 second.
    pub(super) target: Option<(usize, u32)>,
    pub(super) entries: Vec<Entry<'a>>,
}

/// One segment, as the playlist has it.
pub(super) struct Entry<'a> {
    /// Of its EXTINF.
    pub(super) line: usize,
    /// None where EXTINF is malformed.
    pub(super) nanoseconds: Option<u64>,
    pub(super) uri_line: usize,
    pub(super) uri: &'a str,
}

impl<'a> Media<'a> {
    /// Reads it, and checks what can be told without the segments.
    pub(super) fn parse(file: &'a str, bytes: &'a [u8], findings: &mut Findings) -> Option<Self> {
        let playlist = Playlist::scan(file, bytes, findings)?;
        playlist.refuse(&OF_MASTERS, "belongs in a master playlist", findings);
        playlist.refuse(
            &NOT_WHOLE_FILES,
            "has no place among whole, clear segments that run on",
            findings,
        );
        for (line, _) in playlist.tags("EXT-X-INDEPENDENT-SEGMENTS") {
            let message = "EXT-X-INDEPENDENT-SEGMENTS is said once, in the master";
            findings.add(Rule::IndependentSegments, file, Some(line), message);
        }
        check_finished(&playlist, findings);
        let entries = entries(&playlist, findings);
        check_media_sequence(&playlist, &entries, findings);
        Some(Media {
            version: check_version(&playlist, findings),
            target: check_target(&playlist, &entries, findings),
            entries,
        })
    }
}

fn check_finished(playlist: &Playlist<'_>, findings: &mut Findings) {
    if let Some((line, value)) = playlist.single("EXT-X-PLAYLIST-TYPE", Rule::PlaylistType, findings)
        && value != "VOD"
    {
        let message = format!("{} instead of VOD", quoted(value));
        findings.add(Rule::PlaylistType, playlist.file, Some(line), message);
    }
    playlist.single("EXT-X-ENDLIST", Rule::Endlist, findings);
}

fn check_media_sequence(playlist: &Playlist<'_>, entries: &[Entry<'_>], findings: &mut Findings) {
    let Some((line, value)) = playlist.single("EXT-X-MEDIA-SEQUENCE", Rule::MediaSequence, findings) else {
        return;
    };
    if whole(value) != Some(0) {
        let message = format!("{} instead of 0", quoted(value));
        findings.add(Rule::MediaSequence, playlist.file, Some(line), message);
    } else if entries.first().is_some_and(|entry| entry.uri_line < line) {
        findings.add(
            Rule::MediaSequence,
            playlist.file,
            Some(line),
            "after the first segment",
        );
    }
}

fn check_version(playlist: &Playlist<'_>, findings: &mut Findings) -> Option<u64> {
    let (line, version) = playlist.version(findings)?;
    let needs = VERSIONS.iter().filter(|(tag, _)| playlist.tags(tag).next().is_some());
    let needed = needs.map(|&(_, version)| version).max().unwrap_or(SMALLEST_VERSION);
    if version != needed {
        let message = format!("version {version}, where what is used needs {needed}");
        findings.add(Rule::Version, playlist.file, Some(line), message);
    }
    Some(version)
}

fn check_target(playlist: &Playlist<'_>, entries: &[Entry<'_>], findings: &mut Findings) -> Option<(usize, u32)> {
    let rule = Rule::TargetDuration;
    let (line, value) = playlist.single("EXT-X-TARGETDURATION", rule, findings)?;
    let Some(target) = whole(value)
        .and_then(|target| u32::try_from(target).ok())
        .filter(|&target| target > 0)
    else {
        let message = format!("{} is not a whole number of seconds from 1 up", quoted(value));
        findings.add(rule, playlist.file, Some(line), message);
        return None;
    };
    let limit = u64::from(target) * 1_000_000_000 + 500_000_000;
    for entry in entries {
        if let Some(nanoseconds) = entry.nanoseconds.filter(|&nanoseconds| nanoseconds >= limit) {
            let seconds = nanoseconds as f64 / 1e9;
            let message = format!("EXTINF {seconds} rounds to more than the target duration of {target}");
            findings.add(rule, playlist.file, Some(entry.line), message);
        }
    }
    Some((line, target))
}

fn entries<'a>(playlist: &Playlist<'a>, findings: &mut Findings) -> Vec<Entry<'a>> {
    let file = playlist.file;
    let mut entries = Vec::new();
    let mut pending: Option<(usize, &str)> = None;
    for line in &playlist.lines {
        match line.content {
            Content::Tag("EXTINF", value) => {
                if let Some((tag_line, _)) = pending.replace((line.number, value)) {
                    findings.add(Rule::Syntax, file, Some(tag_line), "no URI follows EXTINF");
                }
            }
            Content::Tag(..) => {}
            Content::Uri(uri) => {
                let Some((tag_line, value)) = pending.take() else {
                    let message = format!("{} has no EXTINF before it", quoted(uri));
                    findings.add(Rule::Syntax, file, Some(line.number), message);
                    continue;
                };
                let nanoseconds = value.split_once(',').and_then(|(seconds, _title)| nanoseconds(seconds));
                if nanoseconds.is_none() {
                    let message = format!("{} is not a duration in seconds and a comma", quoted(value));
                    findings.add(Rule::Extinf, file, Some(tag_line), message);
                }
                entries.push(Entry {
                    line: tag_line,
                    nanoseconds,
                    uri_line: line.number,
                    uri,
                });
            }
        }
    }
    if let Some((tag_line, _)) = pending {
        findings.add(Rule::Syntax, file, Some(tag_line), "no URI follows EXTINF");
    }
    if entries.is_empty() {
        findings.add(Rule::Syntax, file, None, "there is no segment");
    }
    entries
}
