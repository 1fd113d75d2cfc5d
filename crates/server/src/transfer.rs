//! How a file comes into the bucket: in one request or in parts, and how long the URLs for it work.

use std::time::Duration;

/// The largest file that is sent in one request.
const LARGEST_SINGLE: u64 = 16 << 20;
const SMALLEST_PART: u64 = 8 << 20;
/// Parts to aim at: a tenth of what S3 takes, so that one page lists them all.
const PARTS: u64 = 1_000;
const MIB: u64 = 1 << 20;

const SHORTEST_LIFE: Duration = Duration::from_mins(15);
const LONGEST_LIFE: Duration = Duration::from_hours(24);
/// What a slow line sends in a second: 1 Mbit.
const SLOWEST: u64 = 125_000;

/// How long a URL to PUT so many bytes works: a request that began in time may end later, but a slow line must also
/// get to begin.
pub(crate) fn lifetime(bytes: u64) -> Duration {
    Duration::from_secs(bytes.div_ceil(SLOWEST)).clamp(SHORTEST_LIFE, LONGEST_LIFE)
}

/// A file in parts: all of one length, but for the last.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Parts {
    /// Of the whole file, in bytes.
    pub(crate) size: u64,
    /// In bytes.
    pub(crate) part_size: u64,
}

impl Parts {
    /// `None`: a file of this size goes in one request.
    pub(crate) fn plan(size: u64) -> Option<Self> {
        let part_size = size.div_ceil(PARTS).next_multiple_of(MIB).max(SMALLEST_PART);
        (size > LARGEST_SINGLE).then_some(Self { size, part_size })
    }

    pub(crate) fn count(self) -> u64 {
        self.size.div_ceil(self.part_size)
    }

    /// Of a part, in bytes. `None`: there is no such part.
    pub(crate) fn length(self, number: u16) -> Option<u64> {
        let start = u64::from(number).checked_sub(1)?.checked_mul(self.part_size)?;
        let rest = self.size.checked_sub(start).filter(|rest| *rest > 0)?;
        Some(rest.min(self.part_size))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn up_to_16_mib_a_file_goes_in_one_request() {
        assert_eq!(Parts::plan(16 << 20), None);
        let parts = Parts::plan((16 << 20) + 1).unwrap();
        assert_eq!((parts.part_size, parts.count()), (8 << 20, 3));
        let lengths = [0, 1, 2, 3, 4].map(|number| parts.length(number));
        assert_eq!(lengths, [None, Some(8 << 20), Some(8 << 20), Some(1), None]);
    }

    #[test]
    fn there_are_never_more_parts_than_s3_takes() {
        for size in [2 << 30, 8_000 << 20, (8_000 << 20) + 1, 1 << 40, 5 << 40] {
            let parts = Parts::plan(size).unwrap();
            assert!(parts.count() <= PARTS, "{parts:?}");
            assert_eq!(parts.part_size % MIB, 0);
            let last = u16::try_from(parts.count()).unwrap();
            let rest = parts.length(last).unwrap();
            assert_eq!((parts.count() - 1) * parts.part_size + rest, size);
            assert_eq!(parts.length(last + 1), None);
        }
    }

    #[test]
    fn a_url_lives_long_enough_for_a_slow_line() {
        assert_eq!(lifetime(1), Duration::from_mins(15));
        assert_eq!(lifetime(8 << 20), Duration::from_mins(15));
        assert_eq!(lifetime(225_000_000), Duration::from_mins(30));
        assert_eq!(lifetime(1 << 40), Duration::from_hours(24));
    }
}
