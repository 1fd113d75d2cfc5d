//! ADTS framing (ISO/IEC 13818-7, 6.2; ISO/IEC 14496-3, 1.A.2.2): frames one after another, each with a header that says
//! how long it is. They pay no heed to packets, so the reader is fed whatever bytes come next.

const HEADER: usize = 7;
const HEADER_WITH_CRC: usize = 9;
const SAMPLE_RATES: [u32; 13] = [
    96_000, 88_200, 64_000, 48_000, 44_100, 32_000, 24_000, 22_050, 16_000, 12_000, 11_025, 8_000, 7_350,
];

/// What must stay the same from frame to frame for a decoder to go on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Parameters {
    pub(super) sample_rate: u32,
    pub(super) channels: u8,
    pub(super) object_type: u8,
}

/// The parts of a header that matter here.
struct Header {
    parameters: Parameters,
    /// The whole frame, header included, in bytes.
    length: usize,
    /// Each is one AAC frame of 1024 samples; an ADTS frame may hold up to four.
    blocks: u64,
}

/// The bytes where a header must be are not one.
pub(super) struct NotAdts;

/// Counts frames in a stream that arrives in pieces.
#[derive(Default)]
pub(super) struct Reader {
    header: [u8; HEADER],
    /// How much of `header` has arrived.
    held: usize,
    /// What is left of the current frame, in bytes.
    left: usize,
    /// Frames begun so far.
    pub(super) frames: u64,
    /// Those of the first frame.
    pub(super) parameters: Option<Parameters>,
    /// The first frame whose parameters are others than those of the first.
    pub(super) change: Option<u64>,
}

impl Reader {
    /// Reads on. The answer is the number of frames that had begun before, if one begins in `bytes`.
    pub(super) fn feed(&mut self, mut bytes: &[u8]) -> Result<Option<u64>, NotAdts> {
        let mut begun = None;
        while !bytes.is_empty() {
            if self.left > 0 {
                let skipped = self.left.min(bytes.len());
                self.left -= skipped;
                bytes = &bytes[skipped..];
                continue;
            }
            if self.held == 0 && begun.is_none() {
                begun = Some(self.frames);
            }
            let taken = (HEADER - self.held).min(bytes.len());
            self.header[self.held..self.held + taken].copy_from_slice(&bytes[..taken]);
            self.held += taken;
            bytes = &bytes[taken..];
            if self.held == HEADER {
                self.begin(&parse(self.header).ok_or(NotAdts)?);
            }
        }
        Ok(begun)
    }

    /// Whether the stream may end here.
    pub(super) fn between_frames(&self) -> bool {
        self.held == 0 && self.left == 0
    }

    fn begin(&mut self, header: &Header) {
        match self.parameters {
            None => self.parameters = Some(header.parameters),
            Some(first) if first != header.parameters => self.change = self.change.or(Some(self.frames)),
            Some(_) => {}
        }
        self.held = 0;
        self.left = header.length - HEADER;
        self.frames += header.blocks;
    }
}

fn parse(header: [u8; HEADER]) -> Option<Header> {
    let [sync, flags, format, rest @ ..] = header;
    let layer = flags & 0x06;
    if sync != 0xff || flags & 0xf0 != 0xf0 || layer != 0 {
        return None;
    }
    let length = usize::from(rest[0] & 0x03) << 11 | usize::from(rest[1]) << 3 | usize::from(rest[2] >> 5);
    let protection_absent = flags & 0x01 != 0;
    if length <= if protection_absent { HEADER } else { HEADER_WITH_CRC } {
        return None;
    }
    let configuration = (format & 0x01) << 2 | rest[0] >> 6;
    Some(Header {
        parameters: Parameters {
            sample_rate: *SAMPLE_RATES.get(usize::from(format >> 2 & 0x0f))?,
            // Configuration 7 is 7.1 (ISO/IEC 14496-3, table 1.19).
            channels: if configuration == 7 { 8 } else { configuration },
            // ADTS counts the audio object types from 0, everything else from 1.
            object_type: (format >> 6) + 1,
        },
        length,
        blocks: u64::from(rest[3] & 0x03) + 1,
    })
}
