//! One codec, one sample rate and one channel layout for the whole ladder.

use std::fmt;

use crate::mpegts::Measured;

/// AAC-LC among the audio object types (ISO/IEC 14496-3, table 1.17).
const AAC_LC: u8 = 2;

/// What a player must set its decoder up for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Format {
    pub(super) sample_rate: u32,
    channels: u8,
    object_type: u8,
}

impl Format {
    pub(super) fn of(measured: &Measured) -> Self {
        Format {
            sample_rate: measured.sample_rate,
            channels: measured.channels,
            object_type: measured.object_type,
        }
    }

    /// Whether a ladder may be in this format.
    pub(super) fn is_ours(self) -> bool {
        matches!(self.sample_rate, 44_100 | 48_000) && self.channels == 2 && self.object_type == AAC_LC
    }

    /// The value of `CODECS` (RFC 6381, 3.3).
    pub(super) fn codecs(self) -> String {
        format!("mp4a.40.{}", self.object_type)
    }
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Format {
            sample_rate,
            channels,
            object_type,
        } = self;
        write!(
            f,
            "{sample_rate} Hz, {channels} channels, AAC object type {object_type}"
        )
    }
}
