//! Segue's values and rules. No I/O, no async: everything here can be tested with literals.

mod ladder;

pub use ladder::{DEFAULT_SEGMENT_SECONDS, Ladder, LadderError, Rung};
