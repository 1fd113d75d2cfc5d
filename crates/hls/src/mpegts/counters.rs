//! Continuity counters (ISO/IEC 13818-1, 2.4.3.3): each PID counts its packets with payload, modulo 16.

use super::{
    error::TsError,
    packet::{NULL_PID, Packet},
};

/// The PAT, the PMT, the audio and an SDT make four; what needs more than this is no segment of ours, and a bound
/// keeps the search for a PID short in arbitrary bytes.
const MOST_PIDS: usize = 16;

/// The continuity counter of one PID at both ends of a segment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Counter {
    /// The packet identifier.
    pub pid: u16,
    /// The counter of its first packet with payload.
    pub first: u8,
    /// The counter of its last packet with payload.
    pub last: u8,
}

impl Counter {
    /// The counter that the next packet of this PID must have, in this segment or in the one that follows.
    #[must_use]
    pub fn next(&self) -> u8 {
        (self.last + 1) & 0x0f
    }
}

/// A packet whose continuity counter does not follow from the one before it: packets were lost or put together wrongly.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Break {
    /// The packet, counted from 0.
    pub packet: usize,
    /// Its packet identifier.
    pub pid: u16,
    /// The counter it should have had.
    pub expected: u8,
    /// The counter it has.
    pub found: u8,
}

pub(super) enum Step {
    Next,
    /// The packet repeats the one before it on its PID, as it once may; its payload must not be used again.
    Duplicate,
    Broken(Break),
}

/// The counters of all PIDs of one segment, in order of appearance.
#[derive(Default)]
pub(super) struct Counters<'a> {
    counters: Vec<Counter>,
    /// Beside each counter: the last payload, and whether it has been repeated already.
    last: Vec<(&'a [u8], bool)>,
}

impl<'a> Counters<'a> {
    /// Follows one packet. A `discontinuity_indicator` excuses a break to a decoder, but not here: the counters of our
    /// segments run on (RFC 8216, 3).
    pub(super) fn follow(&mut self, index: usize, packet: &Packet<'a>) -> Result<Step, TsError> {
        let Some(payload) = packet.payload else {
            return Ok(Step::Next);
        };
        if packet.pid == NULL_PID {
            return Ok(Step::Next);
        }
        let Some(at) = self.counters.iter().position(|counter| counter.pid == packet.pid) else {
            if self.counters.len() == MOST_PIDS {
                return Err(TsError::TooManyPids);
            }
            self.counters.push(Counter {
                pid: packet.pid,
                first: packet.counter,
                last: packet.counter,
            });
            self.last.push((payload, false));
            return Ok(Step::Next);
        };
        let counter = &mut self.counters[at];
        let (last_payload, repeated) = &mut self.last[at];
        if packet.counter == counter.last && !*repeated && payload == *last_payload {
            *repeated = true;
            return Ok(Step::Duplicate);
        }
        let expected = counter.next();
        counter.last = packet.counter;
        (*last_payload, *repeated) = (payload, false);
        if packet.counter == expected {
            return Ok(Step::Next);
        }
        Ok(Step::Broken(Break {
            packet: index,
            pid: packet.pid,
            expected,
            found: packet.counter,
        }))
    }

    pub(super) fn into_inner(self) -> Vec<Counter> {
        self.counters
    }
}
