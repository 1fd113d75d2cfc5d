//! The segments of one rendition, read one after another; what is kept of each is a few numbers.

use super::{
    findings::{Findings, quoted},
    format::Format,
    media::{Entry, Media},
    rule::Rule,
    timeline::{Clock, Durations},
    value::is_plain_path,
};
use crate::{
    mpegts::{Counter, Measured, TsError, measure},
    rendition::{Rendition, SAMPLES_PER_FRAME, Segment},
};

/// A last segment this short may honestly hold one frame in each PES packet.
const FEW_FRAMES: usize = 8;

/// One rendition, read.
pub(super) struct Walked {
    /// The segments that could be measured.
    pub(super) rendition: Rendition,
    /// Whether those are all of them.
    pub(super) complete: bool,
    /// That of the first segment that could be measured.
    pub(super) format: Option<Format>,
    /// One for each entry of the playlist.
    pub(super) marks: Vec<Mark>,
}

/// What is to be compared between renditions.
pub(super) struct Mark {
    /// Of the EXTINF.
    pub(super) line: usize,
    pub(super) nanoseconds: Option<u64>,
    /// None where the segment could not be measured.
    pub(super) first_pts: Option<u64>,
}

/// Reads every segment that `media` names, which lies in `folder` (empty, or ending in a slash) as `playlist`.
pub(super) fn walk<E>(
    folder: &str,
    playlist: &str,
    media: &Media<'_>,
    read: &mut impl FnMut(&str) -> Result<Option<Vec<u8>>, E>,
    findings: &mut Findings,
) -> Result<Walked, E> {
    let mut walk = Walk {
        playlist,
        findings,
        running: None,
        counters: Vec::new(),
        segments: Vec::new(),
    };
    let mut marks = Vec::with_capacity(media.entries.len());
    for entry in &media.entries {
        let path = format!("{folder}{}", entry.uri);
        // Refused before it is read: nothing that a playlist says may lead out of the tree.
        let bytes = if is_plain_path(entry.uri) {
            let bytes = read(&path)?;
            if bytes.is_none() {
                let message = format!("{} is not there", quoted(entry.uri));
                walk.findings
                    .add(Rule::MissingFile, playlist, Some(entry.uri_line), message);
            }
            bytes
        } else {
            let message = format!("{} is no plain relative path", quoted(entry.uri));
            walk.findings
                .add(Rule::RelativeUri, playlist, Some(entry.uri_line), message);
            None
        };
        marks.push(Mark {
            line: entry.line,
            nanoseconds: entry.nanoseconds,
            first_pts: walk.segment(entry, &path, bytes.as_deref()),
        });
    }
    walk.check_runt(media);
    let Walk { segments, running, .. } = walk;
    let format = running.map(|running| running.format);
    Ok(Walked {
        complete: segments.len() == marks.len(),
        rendition: Rendition {
            name: folder.trim_end_matches('/').to_owned(),
            sample_rate: format.map_or(0, |format| format.sample_rate),
            segments,
        },
        format,
        marks,
    })
}

struct Walk<'a> {
    playlist: &'a str,
    findings: &'a mut Findings,
    running: Option<Running>,
    /// As the last segment left them; empty after one that could not be measured.
    counters: Vec<Counter>,
    segments: Vec<Segment>,
}

/// What the first segment sets and the others go on from.
struct Running {
    format: Format,
    clock: Clock,
    durations: Durations,
}

impl Walk<'_> {
    /// The answer is the segment's first timestamp, if it could be measured.
    fn segment(&mut self, entry: &Entry<'_>, path: &str, bytes: Option<&[u8]>) -> Option<u64> {
        let measured = bytes.and_then(|bytes| {
            measure(bytes)
                .inspect_err(|&error| self.findings.add(rule_of(error), path, None, error.to_string()))
                .ok()
        });
        let Some((bytes, measured)) = bytes.zip(measured) else {
            self.counters.clear();
            if let Some(running) = &mut self.running {
                running.clock.forget();
            }
            return None;
        };
        self.check_counters(path, &measured);
        self.check_packing(path, &measured);
        self.check_format_and_time(entry, path, &measured);
        self.segments.push(Segment {
            name: entry.uri.to_owned(),
            bytes: bytes.len() as u64,
            frames: measured.frames,
        });
        Some(measured.first_pts())
    }

    fn check_counters(&mut self, path: &str, measured: &Measured) {
        if let Some(first) = measured.first_break {
            let message = format!(
                "packet {} of PID {:#x} counts {} where {} must follow ({} such breaks)",
                first.packet, first.pid, first.found, first.expected, measured.breaks
            );
            self.findings.add(Rule::ContinuityCounter, path, None, message);
        }
        for counter in &measured.counters {
            let Some(before) = self.counters.iter_mut().find(|before| before.pid == counter.pid) else {
                self.counters.push(*counter);
                continue;
            };
            if counter.first != before.next() {
                let message = format!(
                    "PID {:#x} begins at {}, where {} must follow the segment before",
                    counter.pid,
                    counter.first,
                    before.next()
                );
                self.findings.add(Rule::ContinuityCounter, path, None, message);
            }
            *before = *counter;
        }
    }

    fn check_packing(&mut self, path: &str, measured: &Measured) {
        let packets = measured.timestamps.len();
        if packets >= FEW_FRAMES && packets as u64 == measured.frames {
            let message = format!("each of its {packets} frames has a PES packet of its own");
            self.findings.add(Rule::Packing, path, None, message);
        }
    }

    fn check_format_and_time(&mut self, entry: &Entry<'_>, path: &str, measured: &Measured) {
        let format = Format::of(measured);
        let running = self.running.get_or_insert_with(|| {
            if !format.is_ours() {
                let message = format!("{format}; a ladder is AAC-LC (2), 2 channels, 44100 or 48000 Hz");
                self.findings.add(Rule::SameFormat, path, None, message);
            }
            Running {
                format,
                clock: Clock::new(format.sample_rate),
                durations: Durations::new(format.sample_rate),
            }
        });
        if format != running.format {
            let message = format!("{format}, after {}", running.format);
            self.findings.add(Rule::SameFormat, path, None, message);
        }
        if let Some(frame) = measured.change_at_frame {
            let message = format!("sample rate, channels or object type change at frame {frame}");
            self.findings.add(Rule::SameFormat, path, None, message);
        }
        if let Some((timestamp, late)) = running.clock.follow(&measured.timestamps, measured.frames) {
            let message = format!(
                "PTS {} of frame {} is {late} ticks later than the frames before it make it",
                timestamp.pts, timestamp.frame
            );
            self.findings.add(Rule::Timestamps, path, None, message);
        }
        if let Some(nanoseconds) = entry.nanoseconds
            && let Some(off) = running.durations.follow(nanoseconds, measured.frames)
        {
            let seconds = nanoseconds as f64 / 1e9;
            let frames = measured.frames;
            let message = format!("EXTINF {seconds} for {frames} frames puts the segment's end {off:+.6} s off");
            self.findings
                .add(Rule::Extinf, self.playlist, Some(entry.line), message);
        }
    }

    fn check_runt(&mut self, media: &Media<'_>) {
        let ([.., before, last], [.., last_entry]) = (&self.segments[..], &media.entries[..]) else {
            return;
        };
        let (Some((_, target)), Some(running)) = (media.target, &self.running) else {
            return;
        };
        if self.segments.len() < media.entries.len() {
            return;
        }
        // Doubled on both sides, so that half a second stays a whole number.
        let sample_rate = u128::from(running.format.sample_rate);
        let twice = |frames: u64| u128::from(frames) * u128::from(2 * SAMPLES_PER_FRAME);
        let is_short = twice(last.frames) < sample_rate;
        let fits = twice(before.frames + last.frames) < (2 * u128::from(target) + 1) * sample_rate;
        if is_short && fits {
            let message = format!("a last segment of {} frames belongs into the one before", last.frames);
            self.findings
                .add(Rule::Runt, self.playlist, Some(last_entry.line), message);
        }
    }
}

fn rule_of(error: TsError) -> Rule {
    match error {
        TsError::Empty | TsError::NoFrames => Rule::EmptySegment,
        TsError::NoPat
        | TsError::NoPmt
        | TsError::Table { .. }
        | TsError::TablesChange { .. }
        | TsError::Programs(_)
        | TsError::NotOneAacStream => Rule::Tables,
        TsError::NoTimestamp => Rule::Timestamps,
        TsError::NotWholePackets(_)
        | TsError::Sync { .. }
        | TsError::Packet { .. }
        | TsError::TooManyPids
        | TsError::Pes { .. }
        | TsError::PesLength { .. }
        | TsError::Adts { .. }
        | TsError::FrameCutShort => Rule::TransportStream,
    }
}
