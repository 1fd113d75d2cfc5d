//! A rendition as it was measured: what each segment holds, and the bit rates that follow from it.

/// Samples per channel in one AAC-LC frame (ISO/IEC 14496-3, 4.5.1.1).
pub const SAMPLES_PER_FRAME: u64 = 1024;

/// One segment of a rendition, as measured from its bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Segment {
    /// Its file name, relative to the media playlist: `segment_000.ts`.
    pub name: String,
    /// Its size in bytes, container included.
    pub bytes: u64,
    /// The AAC frames it holds, each of [`SAMPLES_PER_FRAME`] samples.
    pub frames: u64,
}

impl Segment {
    /// How long it plays at `sample_rate` (Hz), in seconds.
    #[must_use]
    pub fn seconds(&self, sample_rate: u32) -> f64 {
        seconds(self.frames, sample_rate)
    }
}

/// One rung of the ladder, encoded: its segments, in playing order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rendition {
    /// The rung, which is also the folder: `64k`.
    pub name: String,
    /// In Hz; not zero.
    pub sample_rate: u32,
    /// In playing order.
    pub segments: Vec<Segment>,
}

impl Rendition {
    /// How long it plays, in seconds.
    #[must_use]
    pub fn seconds(&self) -> f64 {
        seconds(
            self.segments.iter().map(|segment| segment.frames).sum(),
            self.sample_rate,
        )
    }

    /// The size of all its segments, in bytes.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        self.segments.iter().map(|segment| segment.bytes).sum()
    }

    /// The value of `BANDWIDTH` (RFC 8216, 4.3.4.2), in bits per second, rounded up: the largest bit rate over any
    /// contiguous run of segments that lasts 0.5 to 1.5 target durations.
    ///
    /// Where no run qualifies (a rendition shorter than half a target) it is the rate of the whole. It is never below
    /// [`average_bandwidth`](Self::average_bandwidth): a runt that no run of this length can hold might otherwise make
    /// the peak the smaller of the two.
    #[must_use]
    pub fn peak_bandwidth(&self, target_seconds: u32) -> u64 {
        let target = u128::from(target_seconds) * u128::from(self.sample_rate);
        let mut peak = self.average_bandwidth();
        for start in 0..self.segments.len() {
            let mut run = Run::default();
            for segment in &self.segments[start..] {
                run.extend(segment);
                // Doubled on both sides, so that the halves of "0.5 to 1.5" stay whole numbers.
                if run.samples() * 2 > target * 3 {
                    break;
                }
                if run.samples() * 2 >= target {
                    peak = peak.max(run.bits_per_second(self.sample_rate));
                }
            }
        }
        peak
    }

    /// The value of `AVERAGE-BANDWIDTH` (RFC 8216, 4.3.4.2), in bits per second, rounded up: all bits by all seconds.
    /// Zero for a rendition that holds no frame.
    #[must_use]
    pub fn average_bandwidth(&self) -> u64 {
        let mut whole = Run::default();
        for segment in &self.segments {
            whole.extend(segment);
        }
        whole.bits_per_second(self.sample_rate)
    }
}

/// Neighbouring segments, summed. Wide enough that no count read from a file can overflow it.
#[derive(Default)]
struct Run {
    bytes: u128,
    frames: u128,
}

impl Run {
    fn extend(&mut self, segment: &Segment) {
        self.bytes += u128::from(segment.bytes);
        self.frames += u128::from(segment.frames);
    }

    fn samples(&self) -> u128 {
        self.frames * u128::from(SAMPLES_PER_FRAME)
    }

    fn bits_per_second(&self, sample_rate: u32) -> u64 {
        if self.frames == 0 {
            return 0;
        }
        let rate = (self.bytes * 8 * u128::from(sample_rate)).div_ceil(self.samples());
        u64::try_from(rate).unwrap_or(u64::MAX)
    }
}

fn seconds(frames: u64, sample_rate: u32) -> f64 {
    frames as f64 * SAMPLES_PER_FRAME as f64 / f64::from(sample_rate)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// At 1024 Hz a frame lasts one second, so that the sums can be read off.
    fn rendition(segments: &[(u64, u64)]) -> Rendition {
        let segments = segments.iter().enumerate().map(|(index, &(frames, bytes))| Segment {
            name: format!("segment_{index:03}.ts"),
            bytes,
            frames,
        });
        Rendition {
            name: "64k".into(),
            sample_rate: 1024,
            segments: segments.collect(),
        }
    }

    #[test]
    fn the_peak_is_the_densest_segment() {
        let rendition = rendition(&[(6, 600), (6, 1200), (6, 600)]);
        assert_eq!(rendition.peak_bandwidth(6), 1600);
        assert_eq!(rendition.average_bandwidth(), 1067); // 1066.7, rounded up
        assert_eq!(rendition.bytes(), 2400);
        assert!((rendition.seconds() - 18.0).abs() < 1e-9);
    }

    #[test]
    fn a_runt_alone_is_too_short_to_be_the_peak_but_counts_with_its_neighbour() {
        // The runt by itself would be 80,000 b/s; with the segment before it, 7 seconds of 11,600 bytes.
        let rendition = rendition(&[(6, 1200), (6, 1600), (1, 10_000)]);
        assert_eq!(rendition.peak_bandwidth(6), 13_258); // 13,257.1
    }

    #[test]
    fn runs_of_exactly_half_and_one_and_a_half_targets_count() {
        assert_eq!(rendition(&[(6, 600), (3, 3000), (6, 600)]).peak_bandwidth(6), 8000);
        assert_eq!(rendition(&[(2, 10), (7, 9000), (2, 10)]).peak_bandwidth(6), 10_286);
        // 10 seconds are more than 1.5 targets: no run holds the second segment, and the average stands in.
        let long = rendition(&[(6, 60), (10, 10_000)]);
        assert_eq!(long.peak_bandwidth(6), long.average_bandwidth());
    }

    #[test]
    fn a_rendition_shorter_than_half_a_target_is_measured_whole() {
        let rendition = rendition(&[(1, 100), (1, 300)]);
        assert_eq!(rendition.peak_bandwidth(6), 1600);
        assert_eq!(rendition.average_bandwidth(), 1600);
    }

    #[test]
    fn a_rendition_without_frames_has_no_bandwidth() {
        assert_eq!(rendition(&[]).peak_bandwidth(6), 0);
        assert_eq!(rendition(&[(0, 188)]).average_bandwidth(), 0);
    }
}
