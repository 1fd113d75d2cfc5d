//! The segments of one rendition, looked at one after another; what is kept of each is a few numbers.

use super::{
    findings::{Findings, quoted},
    format::Format,
    media::Media,
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

/// What is known of the segments of one rendition without its playlist.
#[derive(Default)]
pub(super) struct Inspection {
    /// What the first segment sets and the others go on from.
    running: Option<(Format, Clock)>,
    /// As the last segment left them; empty after one that could not be measured.
    counters: Vec<Counter>,
    segments: Vec<Looked>,
}

struct Looked {
    name: String,
    /// None where it could not be measured, or is not there.
    facts: Option<Facts>,
}

#[derive(Clone, Copy)]
struct Facts {
    bytes: u64,
    frames: u64,
    first_pts: u64,
}

/// One rendition, its segments held against its playlist.
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

impl Inspection {
    /// Reads every segment that `media` names, which lies in `folder` (empty, or ending in a slash) as `playlist`.
    pub(super) fn read<E>(
        folder: &str,
        playlist: &str,
        media: &Media<'_>,
        read: &mut impl FnMut(&str) -> Result<Option<Vec<u8>>, E>,
        findings: &mut Findings,
    ) -> Result<Self, E> {
        let mut inspection = Inspection::default();
        for entry in &media.entries {
            let path = format!("{folder}{}", entry.uri);
            // Refused before it is read: nothing that a playlist says may lead out of the tree.
            let bytes = if is_plain_path(entry.uri) {
                let bytes = read(&path)?;
                if bytes.is_none() {
                    let message = format!("{} is not there", quoted(entry.uri));
                    findings.add(Rule::MissingFile, playlist, Some(entry.uri_line), message);
                }
                bytes
            } else {
                let message = format!("{} is no plain relative path", quoted(entry.uri));
                findings.add(Rule::RelativeUri, playlist, Some(entry.uri_line), message);
                None
            };
            inspection.look(&path, entry.uri, bytes.as_deref(), findings);
        }
        Ok(inspection)
    }

    /// Those of the segments looked at that `media` names, where it names them.
    pub(super) fn in_order_of(mut self, playlist: &str, media: &Media<'_>, findings: &mut Findings) -> Self {
        let mut looked = std::mem::take(&mut self.segments).into_iter();
        for entry in &media.entries {
            let next = looked.next().filter(|looked| looked.name == entry.uri);
            self.segments.push(next.unwrap_or_else(|| {
                let message = format!("{} is not what was made here", quoted(entry.uri));
                findings.add(Rule::MissingFile, playlist, Some(entry.uri_line), message);
                Looked {
                    name: entry.uri.to_owned(),
                    facts: None,
                }
            }));
        }
        self
    }

    /// Looks at the segment that comes next in playing order; `path` names it in findings.
    pub(super) fn look(&mut self, path: &str, name: &str, bytes: Option<&[u8]>, findings: &mut Findings) {
        let facts = self.facts(path, bytes, findings);
        self.segments.push(Looked {
            name: name.to_owned(),
            facts,
        });
    }

    fn facts(&mut self, path: &str, bytes: Option<&[u8]>, findings: &mut Findings) -> Option<Facts> {
        let measured = bytes.and_then(|bytes| {
            measure(bytes)
                .inspect_err(|&error| findings.add(rule_of(error), path, None, error.to_string()))
                .ok()
        });
        let Some((bytes, measured)) = bytes.zip(measured) else {
            self.counters.clear();
            if let Some((_, clock)) = &mut self.running {
                clock.forget();
            }
            return None;
        };
        self.check_counters(path, &measured, findings);
        check_packing(path, &measured, findings);
        self.check_format_and_time(path, &measured, findings);
        Some(Facts {
            bytes: bytes.len() as u64,
            frames: measured.frames,
            first_pts: measured.first_pts(),
        })
    }

    fn check_counters(&mut self, path: &str, measured: &Measured, findings: &mut Findings) {
        if let Some(first) = measured.first_break {
            let message = format!(
                "packet {} of PID {:#x} counts {} where {} must follow ({} such breaks)",
                first.packet, first.pid, first.found, first.expected, measured.breaks
            );
            findings.add(Rule::ContinuityCounter, path, None, message);
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
                findings.add(Rule::ContinuityCounter, path, None, message);
            }
            *before = *counter;
        }
    }

    fn check_format_and_time(&mut self, path: &str, measured: &Measured, findings: &mut Findings) {
        let format = Format::of(measured);
        let (running, clock) = self.running.get_or_insert_with(|| {
            if !format.is_ours() {
                let message = format!("{format}; a ladder is AAC-LC (2), 2 channels, 44100 or 48000 Hz");
                findings.add(Rule::SameFormat, path, None, message);
            }
            (format, Clock::new(format.sample_rate))
        });
        if format != *running {
            let message = format!("{format}, after {running}");
            findings.add(Rule::SameFormat, path, None, message);
        }
        if let Some(frame) = measured.change_at_frame {
            let message = format!("sample rate, channels or object type change at frame {frame}");
            findings.add(Rule::SameFormat, path, None, message);
        }
        if let Some((timestamp, late)) = clock.follow(&measured.timestamps, measured.frames) {
            let message = format!(
                "PTS {} of frame {} is {late} ticks later than the frames before it make it",
                timestamp.pts, timestamp.frame
            );
            findings.add(Rule::Timestamps, path, None, message);
        }
    }
}

fn check_packing(path: &str, measured: &Measured, findings: &mut Findings) {
    let packets = measured.timestamps.len();
    if packets >= FEW_FRAMES && packets as u64 == measured.frames {
        let message = format!("each of its {packets} frames has a PES packet of its own");
        findings.add(Rule::Packing, path, None, message);
    }
}

impl Walked {
    /// Holds the segments in `folder` against `playlist`, whose entries they are, one for one.
    pub(super) fn new(
        folder: &str,
        playlist: &str,
        media: &Media<'_>,
        inspection: Inspection,
        findings: &mut Findings,
    ) -> Self {
        let format = inspection.running.map(|(format, _)| format);
        let sample_rate = format.map_or(0, |format| format.sample_rate);
        let mut durations = Durations::new(sample_rate);
        let mut segments = Vec::with_capacity(media.entries.len());
        let mut marks = Vec::with_capacity(media.entries.len());
        for (entry, Looked { name, facts }) in media.entries.iter().zip(inspection.segments) {
            marks.push(Mark {
                line: entry.line,
                nanoseconds: entry.nanoseconds,
                first_pts: facts.map(|facts| facts.first_pts),
            });
            let Some(Facts { bytes, frames, .. }) = facts else {
                continue;
            };
            if let Some(nanoseconds) = entry.nanoseconds
                && let Some(off) = durations.follow(nanoseconds, frames)
            {
                let seconds = nanoseconds as f64 / 1e9;
                let message = format!("EXTINF {seconds} for {frames} frames puts the segment's end {off:+.6} s off");
                findings.add(Rule::Extinf, playlist, Some(entry.line), message);
            }
            segments.push(Segment { name, bytes, frames });
        }
        let walked = Walked {
            complete: segments.len() == marks.len(),
            rendition: Rendition {
                name: folder.trim_end_matches('/').to_owned(),
                sample_rate,
                segments,
            },
            format,
            marks,
        };
        walked.check_runt(playlist, media, findings);
        walked
    }

    fn check_runt(&self, playlist: &str, media: &Media<'_>, findings: &mut Findings) {
        let ([.., before, last], [.., last_entry]) = (&self.rendition.segments[..], &media.entries[..]) else {
            return;
        };
        let (Some((_, target)), Some(format), true) = (media.target, self.format, self.complete) else {
            return;
        };
        // Doubled on both sides, so that half a second stays a whole number.
        let sample_rate = u128::from(format.sample_rate);
        let twice = |frames: u64| u128::from(frames) * u128::from(2 * SAMPLES_PER_FRAME);
        let is_short = twice(last.frames) < sample_rate;
        let fits = twice(before.frames + last.frames) < (2 * u128::from(target) + 1) * sample_rate;
        if is_short && fits {
            let message = format!("a last segment of {} frames belongs into the one before", last.frames);
            findings.add(Rule::Runt, playlist, Some(last_entry.line), message);
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
