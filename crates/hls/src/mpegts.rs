//! What one MPEG-TS segment really holds, read from its bytes: AAC frames, timestamps, continuity counters.
//!
//! It reads what an audio-only HLS segment may be (RFC 8216, 3.2): one program, one elementary stream of AAC in ADTS
//! framing. It looks at every packet once, keeps one small entry per PES packet, and takes no byte on trust.

mod adts;
mod counters;
mod error;
mod measure;
mod packet;
mod tables;
#[cfg(test)]
mod tests;

pub use counters::{Break, Counter};
pub use error::TsError;
pub use measure::{Measured, Timestamp, measure};
#[cfg(test)]
pub(crate) use tables::crc32;
