/// Why a segment could not be measured. Packets are counted from 0, 188 bytes each.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TsError {
    /// No bytes at all.
    #[error("the segment is empty")]
    Empty,
    /// The last packet is cut short (ISO/IEC 13818-1, 2.4.3.2).
    #[error("{0} bytes are not a whole number of 188-byte packets")]
    NotWholePackets(usize),
    /// A packet does not begin with the sync byte 0x47 (ISO/IEC 13818-1, 2.4.3.3).
    #[error("packet {packet} does not begin with the sync byte")]
    Sync {
        /// The packet.
        packet: usize,
    },
    /// The adaptation field, its control bits, the error indicator or the scrambling bits make no sense here.
    #[error("packet {packet} has a malformed header")]
    Packet {
        /// The packet.
        packet: usize,
    },
    /// More PIDs than a single audio stream and its tables can need.
    #[error("more than 16 PIDs are in use")]
    TooManyPids,
    /// A PAT or PMT is malformed, spans packets, or fails its CRC (ISO/IEC 13818-1, 2.4.4).
    #[error("packet {packet} holds a malformed PAT or PMT")]
    Table {
        /// The packet.
        packet: usize,
    },
    /// A repeated PAT or PMT names another PID than the first did.
    #[error("the tables change in packet {packet}")]
    TablesChange {
        /// The packet.
        packet: usize,
    },
    /// No PAT, or only after the audio began (RFC 8216, 3.2).
    #[error("there is no PAT before the audio")]
    NoPat,
    /// No PMT, or only after the audio began (RFC 8216, 3.2).
    #[error("there is no PMT before the audio")]
    NoPmt,
    /// The PAT lists no program, or several (RFC 8216, 3.2: exactly one).
    #[error("the PAT lists {0} programs instead of one")]
    Programs(usize),
    /// The PMT does not list exactly one stream, of type 0x0F: AAC in ADTS framing (ISO/IEC 13818-1, table 2-34).
    #[error("the PMT does not list exactly one stream of AAC in ADTS framing")]
    NotOneAacStream,
    /// A PES header is malformed, is not that of an audio stream, or spans packets (ISO/IEC 13818-1, 2.4.3.6).
    #[error("packet {packet} holds a malformed PES header")]
    Pes {
        /// The packet.
        packet: usize,
    },
    /// A PES packet holds more or fewer bytes than its header says.
    #[error("the PES packet that ends before packet {packet} is not as long as its header says")]
    PesLength {
        /// The packet.
        packet: usize,
    },
    /// Something other than an ADTS header stands where one must be (ISO/IEC 13818-7, 6.2).
    #[error("packet {packet} holds a malformed ADTS header")]
    Adts {
        /// The packet.
        packet: usize,
    },
    /// The segment ends within an AAC frame.
    #[error("the last AAC frame is cut short")]
    FrameCutShort,
    /// The tables are there, but no AAC frame.
    #[error("the segment holds no AAC frame")]
    NoFrames,
    /// The first frame has no PTS, so that a player cannot place the segment.
    #[error("the first AAC frame has no timestamp")]
    NoTimestamp,
}
