//! The ladder: the list of renditions to make.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

/// The segment length that the whole stream is cut to unless told otherwise, in seconds.
pub const DEFAULT_SEGMENT_SECONDS: u32 = 6;

const SEGMENT_SECONDS: std::ops::RangeInclusive<u32> = 1..=30;
const BITS_PER_SECOND: std::ops::RangeInclusive<u32> = 16_000..=320_000;
const MAX_RUNGS: usize = 8;

/// One rung of the ladder: an AAC-LC rendition at a nominal bit rate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Rung {
    bits_per_second: u32,
}

impl Rung {
    /// The nominal bit rate asked of the encoder, in bits per second. What a playlist says is measured instead.
    #[must_use]
    pub fn bits_per_second(self) -> u32 {
        self.bits_per_second
    }
}

/// The name of the rendition, which is also its folder in the tree: `64k`.
impl fmt::Display for Rung {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}k", self.bits_per_second / 1000)
    }
}

impl FromStr for Rung {
    type Err = LadderError;

    fn from_str(text: &str) -> Result<Self, LadderError> {
        let not_a_rung = || LadderError::NotARung(text.chars().take(32).flat_map(char::escape_debug).collect());
        let digits = text.strip_suffix('k').ok_or_else(not_a_rung)?;
        // u32::from_str also takes "+64" and "064", which would name the same folder twice.
        if digits.starts_with('0') || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(not_a_rung());
        }
        let kilobits: u32 = digits.parse().map_err(|_| not_a_rung())?;
        let bits_per_second = kilobits.checked_mul(1000).filter(|bits| BITS_PER_SECOND.contains(bits));
        bits_per_second
            .map(|bits_per_second| Rung { bits_per_second })
            .ok_or(LadderError::AbsurdRung(kilobits))
    }
}

impl TryFrom<String> for Rung {
    type Error = LadderError;

    fn try_from(text: String) -> Result<Self, LadderError> {
        text.parse()
    }
}

impl From<Rung> for String {
    fn from(rung: Rung) -> Self {
        rung.to_string()
    }
}

/// The renditions to make, in ascending order, and the length of their segments.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "LadderParts")]
pub struct Ladder {
    rungs: Vec<Rung>,
    segment_seconds: u32,
}

/// A ladder before it is checked.
#[derive(Deserialize)]
struct LadderParts {
    rungs: Vec<Rung>,
    segment_seconds: u32,
}

impl TryFrom<LadderParts> for Ladder {
    type Error = LadderError;

    fn try_from(parts: LadderParts) -> Result<Self, LadderError> {
        Self::new(parts.rungs, parts.segment_seconds)
    }
}

impl Ladder {
    /// A ladder of at least one rung, strictly ascending, with segments of 1 to 30 seconds.
    pub fn new(rungs: Vec<Rung>, segment_seconds: u32) -> Result<Self, LadderError> {
        if rungs.is_empty() {
            return Err(LadderError::Empty);
        }
        if rungs.len() > MAX_RUNGS {
            return Err(LadderError::TooManyRungs(rungs.len()));
        }
        for pair in rungs.windows(2) {
            if pair[0] == pair[1] {
                return Err(LadderError::Duplicate(pair[0]));
            }
            if pair[0] > pair[1] {
                return Err(LadderError::NotAscending {
                    before: pair[0],
                    after: pair[1],
                });
            }
        }
        if !SEGMENT_SECONDS.contains(&segment_seconds) {
            return Err(LadderError::SegmentSeconds(segment_seconds));
        }
        Ok(Ladder { rungs, segment_seconds })
    }

    /// The same rungs, cut to segments of another length.
    pub fn with_segment_seconds(self, segment_seconds: u32) -> Result<Self, LadderError> {
        Ladder::new(self.rungs, segment_seconds)
    }

    /// The rungs, lowest first.
    #[must_use]
    pub fn rungs(&self) -> &[Rung] {
        &self.rungs
    }

    /// The target duration of every segment, in seconds.
    #[must_use]
    pub fn segment_seconds(&self) -> u32 {
        self.segment_seconds
    }
}

/// 64k, 128k, 192k and 256k in 6-second segments.
impl Default for Ladder {
    fn default() -> Self {
        let rungs = [64_000, 128_000, 192_000, 256_000].map(|bits_per_second| Rung { bits_per_second });
        Ladder {
            rungs: rungs.to_vec(),
            segment_seconds: DEFAULT_SEGMENT_SECONDS,
        }
    }
}

/// The rungs as they are written on a command line: `64k,128k,192k,256k`.
impl fmt::Display for Ladder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, rung) in self.rungs.iter().enumerate() {
            write!(f, "{}{rung}", if index == 0 { "" } else { "," })?;
        }
        Ok(())
    }
}

impl FromStr for Ladder {
    type Err = LadderError;

    fn from_str(text: &str) -> Result<Self, LadderError> {
        if text.is_empty() {
            return Err(LadderError::Empty);
        }
        let rungs = text.split(',').map(str::parse).collect::<Result<Vec<Rung>, _>>()?;
        Ladder::new(rungs, DEFAULT_SEGMENT_SECONDS)
    }
}

/// Why a ladder was refused. Each message says what to write instead.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[expect(missing_docs, reason = "the messages are the documentation")]
pub enum LadderError {
    #[error("the ladder is empty; write it as 64k,128k,192k,256k")]
    Empty,
    #[error("`{0}` is not a rung; write whole kilobits a second followed by k, as in 64k")]
    NotARung(String),
    #[error("a rung of {0}k is out of range; AAC-LC stereo takes 16k to 320k")]
    AbsurdRung(u32),
    #[error("{0} rungs are more than the 8 that a ladder may have")]
    TooManyRungs(usize),
    #[error("the rung {0} is listed twice")]
    Duplicate(Rung),
    #[error("the rungs must ascend, but {before} comes before {after}")]
    NotAscending { before: Rung, after: Rung },
    #[error("segments of {0} seconds are out of range; choose 1 to 30, best 6")]
    SegmentSeconds(u32),
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(text: &str) -> LadderError {
        text.parse::<Ladder>().expect_err("must be refused")
    }

    #[test]
    fn the_default_ladder_reads_as_it_is_written() {
        let ladder: Ladder = "64k,128k,192k,256k".parse().unwrap();
        assert_eq!(ladder, Ladder::default());
        assert_eq!(ladder.to_string(), "64k,128k,192k,256k");
        assert_eq!(ladder.segment_seconds(), 6);
        assert_eq!(ladder.rungs()[0].bits_per_second(), 64_000);
    }

    #[test]
    fn one_rung_is_a_ladder() {
        assert_eq!("96k".parse::<Ladder>().unwrap().to_string(), "96k");
    }

    #[test]
    fn an_empty_ladder_is_refused() {
        assert_eq!(refusal(""), LadderError::Empty);
        assert_eq!(Ladder::new(vec![], 6), Err(LadderError::Empty));
    }

    #[test]
    fn what_is_not_a_rung_is_refused() {
        for text in [
            "64",
            "k",
            "64K",
            " 64k",
            "+64k",
            "064k",
            "6.4k",
            "-64k",
            "64k,",
            ",64k",
            "99999999999k",
            "../etck",
        ] {
            assert!(matches!(refusal(text), LadderError::NotARung(_)), "{text}");
        }
    }

    #[test]
    fn a_refusal_is_one_short_line() {
        let message = refusal(&"64\n\u{202e}".repeat(1_000)).to_string();
        assert!(message.starts_with(r"`64\n\u{202e}64"), "{message}");
        assert!(message.len() < 300, "{message}");
    }

    #[test]
    fn absurd_rates_are_refused() {
        for (text, kilobits) in [
            ("1k", 1),
            ("15k", 15),
            ("321k", 321),
            ("4294967k", 4_294_967),
            ("4294968k", 4_294_968),
        ] {
            assert_eq!(refusal(text), LadderError::AbsurdRung(kilobits));
        }
        assert!("16k,320k".parse::<Ladder>().is_ok());
    }

    #[test]
    fn duplicates_and_descents_are_refused() {
        assert_eq!(refusal("64k,64k").to_string(), "the rung 64k is listed twice");
        assert_eq!(
            refusal("128k,64k").to_string(),
            "the rungs must ascend, but 128k comes before 64k"
        );
    }

    #[test]
    fn more_than_eight_rungs_are_refused() {
        let nine = "16k,32k,48k,64k,80k,96k,112k,128k,144k";
        assert_eq!(refusal(nine), LadderError::TooManyRungs(9));
    }

    #[test]
    fn segment_seconds_out_of_range_are_refused() {
        for seconds in [0, 31, u32::MAX] {
            let refused = Ladder::default().with_segment_seconds(seconds);
            assert_eq!(refused, Err(LadderError::SegmentSeconds(seconds)));
        }
        assert_eq!(Ladder::default().with_segment_seconds(4).unwrap().segment_seconds(), 4);
    }
}
