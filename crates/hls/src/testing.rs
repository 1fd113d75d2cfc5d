//! A small MPEG-TS and ADTS writer, so that the tests need no encoder. The AAC inside is filler: nothing here decodes it.

use crate::mpegts::crc32;

pub(crate) const PMT_PID: u16 = 0x1000;
pub(crate) const AUDIO_PID: u16 = 0x100;
const PACKET: usize = 188;

/// The form of the ADTS frames of a [`Muxer`].
#[derive(Clone)]
pub(crate) struct Adts {
    pub(crate) sample_rate: u32,
    pub(crate) channels: u8,
    pub(crate) object_type: u8,
    /// A whole frame, header included.
    pub(crate) bytes: usize,
    pub(crate) crc: bool,
    /// AAC frames in each ADTS frame.
    pub(crate) blocks: u8,
}

impl Default for Adts {
    fn default() -> Self {
        Adts {
            sample_rate: 44_100,
            channels: 2,
            object_type: 2,
            bytes: 190,
            crc: false,
            blocks: 1,
        }
    }
}

impl Adts {
    pub(crate) fn frame(&self) -> Vec<u8> {
        const SAMPLE_RATES: [u32; 6] = [96_000, 88_200, 64_000, 48_000, 44_100, 32_000];
        let rate = SAMPLE_RATES.iter().position(|&rate| rate == self.sample_rate).unwrap();
        let [.., high, low] = self.bytes.to_be_bytes();
        let mut frame = vec![
            0xff,
            0xf0 | u8::from(!self.crc),
            (self.object_type - 1) << 6 | u8::try_from(rate).unwrap() << 2 | self.channels >> 2,
            self.channels << 6 | high >> 3,
            high << 5 | low >> 3,
            low << 5 | 0x1f,
            0xfc | (self.blocks - 1),
        ];
        // Filler that looks like a header, so that a reader which loses its place finds false ones.
        frame.resize(self.bytes, 0xff);
        frame
    }
}

/// Writes segment after segment; counters and timestamps run on from each to the next.
#[derive(Clone)]
pub(crate) struct Muxer {
    pub(crate) adts: Adts,
    pub(crate) frames_per_pes: u64,
    /// The PTS of the very first frame; ffmpeg's is 1.4 s.
    pub(crate) start_pts: u64,
    /// AAC frames written so far.
    pub(crate) frames: u64,
    pub(crate) pat_counter: u8,
    pub(crate) pmt_counter: u8,
    pub(crate) audio_counter: u8,
}

impl Muxer {
    pub(crate) fn new(adts: Adts) -> Self {
        Muxer {
            adts,
            frames_per_pes: 14,
            start_pts: 126_000,
            frames: 0,
            pat_counter: 0,
            pmt_counter: 0,
            audio_counter: 0,
        }
    }

    pub(crate) fn segment(&mut self, frames: u64) -> Vec<u8> {
        let mut bytes = self.tables();
        let mut left = frames / u64::from(self.adts.blocks);
        while left > 0 {
            let count = left.min(self.frames_per_pes);
            let data = self.adts.frame().repeat(usize::try_from(count).unwrap());
            let pts = self.next_pts();
            bytes.extend(self.pes(Some(pts), &data));
            self.frames += count * u64::from(self.adts.blocks);
            left -= count;
        }
        bytes
    }

    pub(crate) fn next_pts(&self) -> u64 {
        let rate = u64::from(self.adts.sample_rate);
        (self.start_pts + (self.frames * 1024 * 90_000 + rate / 2) / rate) % (1 << 33)
    }

    pub(crate) fn tables(&mut self) -> Vec<u8> {
        [self.pat(), self.pmt()].concat()
    }

    pub(crate) fn pat(&mut self) -> Vec<u8> {
        let [high, low] = PMT_PID.to_be_bytes();
        table(0, &mut self.pat_counter, 0x00, &[0, 1, 0xe0 | high, low])
    }

    pub(crate) fn pmt(&mut self) -> Vec<u8> {
        let [high, low] = AUDIO_PID.to_be_bytes();
        let body = [0xe0 | high, low, 0xf0, 0, 0x0f, 0xe0 | high, low, 0xf0, 0];
        table(PMT_PID, &mut self.pmt_counter, 0x02, &body)
    }

    pub(crate) fn pes(&mut self, pts: Option<u64>, data: &[u8]) -> Vec<u8> {
        let header = pts.map_or(vec![0x80, 0, 0], |pts| {
            let part = |shift: u32| u8::try_from(pts >> shift & 0x7f).unwrap() << 1;
            let top = u8::try_from(pts >> 30 & 0x07).unwrap();
            let byte = |shift: u32| u8::try_from(pts >> shift & 0xff).unwrap();
            vec![
                0x80,
                0x80,
                5,
                0x21 | top << 1,
                byte(22),
                1 | part(15),
                byte(7),
                1 | part(0),
            ]
        });
        let length = u16::try_from(header.len() + data.len()).unwrap().to_be_bytes();
        let pes = [&[0, 0, 1, 0xc0], &length[..], &header, data].concat();
        packets(AUDIO_PID, &mut self.audio_counter, &pes)
    }
}

/// One packet that holds one table.
pub(crate) fn table(pid: u16, counter: &mut u8, id: u8, body: &[u8]) -> Vec<u8> {
    let length = u8::try_from(5 + body.len() + 4).unwrap();
    let mut section = [&[id, 0xb0, length, 0, 1, 0xc1, 0, 0], body].concat();
    section.extend(crc32(&section).to_be_bytes());
    let mut payload = [&[0], &section[..]].concat();
    payload.resize(PACKET - 4, 0xff);
    packets(pid, counter, &payload)
}

/// `unit` cut into packets, the last one filled up by its adaptation field.
pub(crate) fn packets(pid: u16, counter: &mut u8, unit: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::new();
    for (index, payload) in unit.chunks(PACKET - 4).enumerate() {
        let [high, low] = pid.to_be_bytes();
        let start = if index == 0 { 0x40 } else { 0 };
        let filler = PACKET - 4 - payload.len();
        let control = if filler > 0 { 0x30 } else { 0x10 };
        bytes.extend([0x47, start | high, low, control | *counter]);
        match filler {
            0 => {}
            1 => bytes.push(0),
            _ => {
                bytes.extend([u8::try_from(filler - 1).unwrap(), 0]);
                bytes.resize(bytes.len() + filler - 2, 0xff);
            }
        }
        bytes.extend(payload);
        *counter = (*counter + 1) & 0x0f;
    }
    bytes
}
