//! Time, told three ways that must agree: AAC frames counted, timestamps in the segments, durations in the playlist.

use crate::{mpegts::Timestamp, rendition::SAMPLES_PER_FRAME};

const TICKS_PER_SECOND: i128 = 90_000;
const PTS_WRAP: i128 = 1 << 33;
const NANOSECONDS_PER_SECOND: i128 = 1_000_000_000;
/// EXTINF is printed to about a microsecond, so one that is a whole frame off may read as a hair less.
const PRINTED_TO: i128 = 1_000;

/// Timestamps against frames. Every one is held against the first, so that no drift can hide in the tolerance.
pub(super) struct Clock {
    sample_rate: i128,
    /// A timestamp and the frames since it, once there was one.
    anchor: Option<(i128, i128)>,
}

impl Clock {
    pub(super) fn new(sample_rate: u32) -> Self {
        Clock {
            sample_rate: i128::from(sample_rate),
            anchor: None,
        }
    }

    /// Follows one segment. The answer is the first timestamp that is more than one tick off, and by how many it is
    /// late. From there the count begins anew, so that one jump is reported once.
    pub(super) fn follow(&mut self, timestamps: &[Timestamp], frames: u64) -> Option<(Timestamp, i128)> {
        let mut off = None;
        for &timestamp in timestamps {
            let (frame, pts) = (i128::from(timestamp.frame), i128::from(timestamp.pts));
            let (anchor, before) = *self.anchor.get_or_insert((pts, -frame));
            // In ticks times the sample rate, where both clocks are whole numbers.
            let expected = (before + frame) * i128::from(SAMPLES_PER_FRAME) * TICKS_PER_SECOND;
            let wrap = PTS_WRAP * self.sample_rate;
            let late = ((pts - anchor) * self.sample_rate - expected + wrap / 2).rem_euclid(wrap) - wrap / 2;
            if late.abs() > self.sample_rate {
                off = off.or(Some((timestamp, late / self.sample_rate)));
                self.anchor = Some((pts, -frame));
            }
        }
        if let Some((_, before)) = &mut self.anchor {
            *before += i128::from(frames);
        }
        off
    }

    /// After a segment that could not be measured nobody knows where the next should begin.
    pub(super) fn forget(&mut self) {
        self.anchor = None;
    }
}

/// Durations in the playlist against frames: each, and their sums, so that nothing drifts over hours.
pub(super) struct Durations {
    sample_rate: i128,
    /// How much longer the playlist has been than the frames so far, in nanoseconds times the sample rate.
    surplus: i128,
}

impl Durations {
    pub(super) fn new(sample_rate: u32) -> Self {
        Durations {
            sample_rate: i128::from(sample_rate),
            surplus: 0,
        }
    }

    /// Follows one segment. The answer is by how many seconds the playlist is too long, where that is a frame or more,
    /// for the segment alone or for all so far. From there the sum begins anew, so that one wrong duration is reported
    /// once.
    pub(super) fn follow(&mut self, nanoseconds: u64, frames: u64) -> Option<f64> {
        let frame = i128::from(SAMPLES_PER_FRAME) * NANOSECONDS_PER_SECOND;
        let alone = i128::from(nanoseconds) * self.sample_rate - i128::from(frames) * frame;
        self.surplus += alone;
        let limit = frame - PRINTED_TO * self.sample_rate;
        let off = [alone, self.surplus]
            .into_iter()
            .find(|surplus| surplus.abs() >= limit)?;
        self.surplus = 0;
        Some(off as f64 / (NANOSECONDS_PER_SECOND * self.sample_rate) as f64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(frame: u64, pts: u64) -> Timestamp {
        Timestamp { frame, pts }
    }

    #[test]
    fn timestamps_may_be_one_tick_off_and_no_more() {
        // Seven frames at 44.1 kHz are 14,628.57 ticks.
        for (pts, late) in [(14_627, Some(-1)), (14_628, None), (14_629, None), (14_630, Some(1))] {
            let found = Clock::new(44_100).follow(&[at(0, 0), at(7, pts)], 14);
            assert_eq!(found.map(|(_, late)| late), late, "{pts}");
        }
    }

    #[test]
    fn a_jump_is_reported_once() {
        let mut clock = Clock::new(48_000); // a frame is 1920 ticks
        assert_eq!(clock.follow(&[at(0, 126_000)], 10), None);
        assert_eq!(clock.follow(&[at(0, 145_200 + 100)], 10), Some((at(0, 145_300), 100)));
        assert_eq!(clock.follow(&[at(0, 164_500)], 10), None);
    }

    #[test]
    fn timestamps_start_again_from_zero_after_33_bits() {
        let mut clock = Clock::new(48_000);
        assert_eq!(clock.follow(&[at(0, (1 << 33) - 1920), at(1, 0)], 2), None);
        assert_eq!(clock.follow(&[at(0, 1920)], 1), None);
    }

    #[test]
    fn a_slow_drift_of_timestamps_is_found() {
        let mut clock = Clock::new(48_000);
        let found: Vec<_> = (0..4)
            .filter_map(|n| clock.follow(&[at(0, n * (19_200 + 1))], 10))
            .collect();
        assert_eq!(found, [(at(0, 38_402), 2)]);
    }

    #[test]
    fn durations_may_be_less_than_a_frame_off_but_not_add_up() {
        let mut durations = Durations::new(48_000); // a frame is 21.333 ms
        assert_eq!(durations.follow(6_020_000_000, 282), None); // 4 ms too long
        assert_eq!(durations.follow(6_032_000_000, 282), None); // 20 ms in all
        let off = durations.follow(6_020_000_000, 282).unwrap(); // 24 ms in all
        assert!((off - 0.024).abs() < 1e-9);
        assert_eq!(durations.follow(6_016_000_000, 282), None);
        assert!(durations.follow(5_994_666_600, 282).is_some()); // one frame short, as printed
    }

    #[test]
    fn a_frame_too_many_is_found_though_the_sum_hides_it() {
        let mut durations = Durations::new(48_000);
        assert_eq!(durations.follow(6_011_000_000, 282), None); // 5 ms too short
        let off = durations.follow(6_037_333_333, 282).unwrap(); // a frame too long, 16 ms in all
        assert!((off - 0.021_333_333).abs() < 1e-9);
    }
}
