use std::fmt;

use serde::{Serialize, Serializer};

/// What a correct tree must keep to. [`Rule::source`] says where each is written; where that is "Segue", no
/// specification asks for it but our listeners' players do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Rule {
    /// A playlist is UTF-8, without a byte order mark and without control characters. Lines end in LF or CR LF.
    Encoding,
    /// The first line of a playlist is `#EXTM3U`.
    Extm3u,
    /// Tags, attribute lists and URI lines follow one another as the grammar has it.
    Syntax,
    /// No tag of the other kind of playlist, and none that changes what a segment is: ours are whole, clear files.
    UnexpectedTag,
    /// `EXT-X-VERSION` stands once, and is the smallest that the playlist needs.
    Version,
    /// What a playlist names is there.
    MissingFile,
    /// URIs are plain relative paths, so that a tree can be moved and served from any base.
    RelativeUri,
    /// `EXT-X-TARGETDURATION` stands once, is at least 1, and no EXTINF rounds to more.
    TargetDuration,
    /// All renditions have the same target duration.
    SameTargetDuration,
    /// `EXT-X-PLAYLIST-TYPE:VOD` stands once.
    PlaylistType,
    /// `EXT-X-ENDLIST` stands once.
    Endlist,
    /// `EXT-X-MEDIA-SEQUENCE:0` stands once, before the first segment.
    MediaSequence,
    /// `EXT-X-INDEPENDENT-SEGMENTS` stands once in the master, and not again in media playlists.
    IndependentSegments,
    /// Variants are listed lowest first, each once.
    VariantOrder,
    /// `BANDWIDTH` is the measured peak.
    Bandwidth,
    /// `AVERAGE-BANDWIDTH` is the measured average.
    AverageBandwidth,
    /// `CODECS` is what the ADTS headers say.
    Codecs,
    /// Every EXTINF, and every sum of them, is what the frames last, within one frame.
    Extinf,
    /// The EXTINF lists of all renditions are identical.
    AlignedExtinf,
    /// Each segment begins at the same timestamp in all renditions.
    AlignedTimestamps,
    /// AAC-LC, 2 channels, 44.1 or 48 kHz; the same in all renditions and throughout each.
    SameFormat,
    /// A last segment under half a second is merged into the one before wherever the target duration allows it.
    Runt,
    /// Every segment holds audio.
    EmptySegment,
    /// Segments are well-formed MPEG-TS, PES and ADTS.
    TransportStream,
    /// Every segment has a PAT and a PMT before its audio, for one program with one AAC stream.
    Tables,
    /// Continuity counters run on, within segments and from each to the next.
    ContinuityCounter,
    /// Several frames share a PES packet: one each, as `-muxdelay 0` makes them, doubles what a 64k rendition costs.
    Packing,
    /// Timestamps run on with the frames, to one tick of 90 kHz, within segments and from each to the next.
    Timestamps,
}

impl Rule {
    /// Every rule, in the order in which this crate documents them.
    pub const ALL: [Rule; 28] = [
        Rule::Encoding,
        Rule::Extm3u,
        Rule::Syntax,
        Rule::UnexpectedTag,
        Rule::Version,
        Rule::MissingFile,
        Rule::RelativeUri,
        Rule::TargetDuration,
        Rule::SameTargetDuration,
        Rule::PlaylistType,
        Rule::Endlist,
        Rule::MediaSequence,
        Rule::IndependentSegments,
        Rule::VariantOrder,
        Rule::Bandwidth,
        Rule::AverageBandwidth,
        Rule::Codecs,
        Rule::Extinf,
        Rule::AlignedExtinf,
        Rule::AlignedTimestamps,
        Rule::SameFormat,
        Rule::Runt,
        Rule::EmptySegment,
        Rule::TransportStream,
        Rule::Tables,
        Rule::ContinuityCounter,
        Rule::Packing,
        Rule::Timestamps,
    ];

    /// Its stable name: `target-duration`.
    #[must_use]
    pub fn id(self) -> &'static str {
        self.described().0
    }

    /// The clause that asks for it: `RFC 8216 4.3.3.1`.
    #[must_use]
    pub fn source(self) -> &'static str {
        self.described().1
    }

    fn described(self) -> (&'static str, &'static str) {
        match self {
            Rule::Encoding => ("encoding", "RFC 8216 4.1"),
            Rule::Extm3u => ("extm3u", "RFC 8216 4.3.1.1"),
            Rule::Syntax => ("syntax", "RFC 8216 4.1, 4.2"),
            Rule::UnexpectedTag => ("unexpected-tag", "RFC 8216 4.1, 4.3; Segue"),
            Rule::Version => ("version", "RFC 8216 4.3.1.2, 7"),
            Rule::MissingFile => ("missing-file", "RFC 8216 6.2.1"),
            Rule::RelativeUri => ("relative-uri", "Segue"),
            Rule::TargetDuration => ("target-duration", "RFC 8216 4.3.3.1"),
            Rule::SameTargetDuration => ("same-target-duration", "RFC 8216 6.2.4"),
            Rule::PlaylistType => ("playlist-type", "RFC 8216 4.3.3.5"),
            Rule::Endlist => ("endlist", "RFC 8216 4.3.3.4"),
            Rule::MediaSequence => ("media-sequence", "RFC 8216 4.3.3.2"),
            Rule::IndependentSegments => ("independent-segments", "RFC 8216 4.3.5.1"),
            Rule::VariantOrder => ("variant-order", "Segue"),
            Rule::Bandwidth => ("bandwidth", "RFC 8216 4.1, 4.3.4.2"),
            Rule::AverageBandwidth => ("average-bandwidth", "RFC 8216 4.3.4.2"),
            Rule::Codecs => ("codecs", "RFC 8216 4.3.4.2; RFC 6381 3.3"),
            Rule::Extinf => ("extinf", "RFC 8216 4.3.2.1"),
            Rule::AlignedExtinf => ("aligned-extinf", "RFC 8216 6.2.4; Segue"),
            Rule::AlignedTimestamps => ("aligned-timestamps", "RFC 8216 6.2.4"),
            Rule::SameFormat => ("same-format", "Segue"),
            Rule::Runt => ("runt", "Segue"),
            Rule::EmptySegment => ("empty-segment", "RFC 8216 3"),
            Rule::TransportStream => ("transport-stream", "RFC 8216 3.2; ISO/IEC 13818-1 2.4.3"),
            Rule::Tables => ("tables", "RFC 8216 3.2; ISO/IEC 13818-1 2.4.4"),
            Rule::ContinuityCounter => ("continuity-counter", "RFC 8216 3; ISO/IEC 13818-1 2.4.3.3"),
            Rule::Packing => ("packing", "Segue"),
            Rule::Timestamps => ("timestamps", "RFC 8216 3; ISO/IEC 13818-1 2.4.3.7"),
        }
    }
}

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.id())
    }
}

/// As its [id](Rule::id).
impl Serialize for Rule {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.id())
    }
}
