//! HLS playlists: measured segments in, m3u8 text out; and the conformance lint. No I/O.
//!
//! Clauses are cited from RFC 8216, from its successor draft-pantos-hls-rfc8216bis ("bis"), from ISO/IEC 13818-1 (the
//! transport stream), and from ISO/IEC 13818-7 and 14496-3 (AAC and its ADTS framing).

#[cfg(test)]
#[path = "../../domain/src/hostile.rs"]
mod hostile;
mod lint;
pub mod mpegts;
mod playlist;
mod rendition;
mod rewrite;
#[cfg(test)]
mod testing;

pub use lint::{Finding, PassingLint, RenditionSummary, Report, Rule, lint};
pub use playlist::{MASTER, MEDIA_PLAYLIST, master_playlist, media_playlist};
pub use rendition::{Rendition, SAMPLES_PER_FRAME, Segment};
pub use rewrite::{NotPlain, UriLines};
