use super::{
    adts::{NotAdts, Reader},
    counters::{Break, Counter, Counters, Step},
    error::TsError,
    packet::{FIRST_FREE_PID, NULL_PID, PACKET, PAT_PID, Packet, PacketError},
    tables::{self, TableError},
};

/// Everything measured in one MPEG-TS segment that holds one stream of AAC in ADTS framing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Measured {
    /// AAC frames, of 1024 samples each.
    pub frames: u64,
    /// In Hz.
    pub sample_rate: u32,
    /// The `channel_configuration` as a number of channels; 0 where only the stream itself would tell.
    pub channels: u8,
    /// The MPEG-4 audio object type: 2 is AAC-LC.
    pub object_type: u8,
    /// The first frame whose sample rate, channels or object type differ from those of the first, if any does.
    pub change_at_frame: Option<u64>,
    /// The timestamps, in order; there is at least one, and the first is that of frame 0.
    pub timestamps: Vec<Timestamp>,
    /// One for each PID that carries payload, in order of appearance.
    pub counters: Vec<Counter>,
    /// How many continuity counters do not follow from the one before.
    pub breaks: u64,
    /// The first of them.
    pub first_break: Option<Break>,
}

impl Measured {
    /// The PTS of the first frame, in ticks of 90 kHz.
    #[must_use]
    pub fn first_pts(&self) -> u64 {
        self.timestamps.first().map_or(0, |timestamp| timestamp.pts)
    }
}

/// One PTS, and the frame it is that of: the first to begin in its PES packet (ISO/IEC 13818-1, 2.4.3.7).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Timestamp {
    /// Counted from 0 within the segment.
    pub frame: u64,
    /// In ticks of 90 kHz, 33 bits; it starts again from 0 every 26.5 hours.
    pub pts: u64,
}

/// Measures `segment`, in one pass. Tables may appear again midway, as they do where a runt was appended to its
/// predecessor. What a decoder can get over (a broken counter, changed parameters) is noted, the rest is an error.
pub fn measure(segment: &[u8]) -> Result<Measured, TsError> {
    if segment.is_empty() {
        return Err(TsError::Empty);
    }
    let (packets, []) = segment.as_chunks::<PACKET>() else {
        return Err(TsError::NotWholePackets(segment.len()));
    };
    let mut walk = Walk::default();
    for (index, bytes) in packets.iter().enumerate() {
        let packet = Packet::parse(bytes).map_err(|error| match error {
            PacketError::Sync => TsError::Sync { packet: index },
            PacketError::Header => TsError::Packet { packet: index },
        })?;
        walk.packet(index, &packet)?;
    }
    walk.finish(packets.len())
}

#[derive(Default)]
struct Walk<'a> {
    counters: Counters<'a>,
    breaks: u64,
    first_break: Option<Break>,
    pmt_pid: Option<u16>,
    audio_pid: Option<u16>,
    /// What the current PES packet still owes, in bytes; none where its header leaves the length open.
    pes_left: Option<usize>,
    /// A PTS whose frame has not begun yet.
    pending_pts: Option<u64>,
    timestamps: Vec<Timestamp>,
    adts: Reader,
}

impl<'a> Walk<'a> {
    fn packet(&mut self, index: usize, packet: &Packet<'a>) -> Result<(), TsError> {
        match self.counters.follow(index, packet)? {
            Step::Next => {}
            Step::Duplicate => return Ok(()),
            Step::Broken(found) => {
                self.breaks += 1;
                self.first_break = self.first_break.or(Some(found));
            }
        }
        let Some(payload) = packet.payload else {
            return Ok(());
        };
        match packet.pid {
            pid if (pid == PAT_PID || Some(pid) == self.pmt_pid) && !packet.unit_start => {
                Err(TsError::Table { packet: index })
            }
            PAT_PID => Self::learn(&mut self.pmt_pid, index, tables::pmt_pid(payload)),
            pid if Some(pid) == self.pmt_pid => Self::learn(&mut self.audio_pid, index, tables::audio_pid(payload)),
            pid if Some(pid) == self.audio_pid => self.audio(index, packet.unit_start, payload),
            NULL_PID | 0..FIRST_FREE_PID => Ok(()),
            _ if self.pmt_pid.is_none() => Err(TsError::NoPat),
            _ if self.audio_pid.is_none() => Err(TsError::NoPmt),
            // Something that no table names: players pass over it, and its counter is followed above.
            _ => Ok(()),
        }
    }

    fn learn(known: &mut Option<u16>, packet: usize, found: Result<u16, TableError>) -> Result<(), TsError> {
        let found = found.map_err(|error| match error {
            TableError::Malformed => TsError::Table { packet },
            TableError::Programs(count) => TsError::Programs(count),
            TableError::NotOneAacStream => TsError::NotOneAacStream,
        })?;
        if *known.get_or_insert(found) == found {
            Ok(())
        } else {
            Err(TsError::TablesChange { packet })
        }
    }

    fn audio(&mut self, packet: usize, unit_start: bool, payload: &[u8]) -> Result<(), TsError> {
        let data = if unit_start {
            self.end_pes(packet)?;
            let pes = Pes::parse(payload).ok_or(TsError::Pes { packet })?;
            self.pes_left = pes.length;
            self.pending_pts = pes.pts;
            pes.data
        } else {
            payload
        };
        if let Some(left) = &mut self.pes_left {
            *left = left
                .checked_sub(data.len())
                .ok_or(TsError::PesLength { packet: packet + 1 })?;
        }
        let begun = self.adts.feed(data).map_err(|NotAdts| TsError::Adts { packet })?;
        if let Some(frame) = begun {
            match self.pending_pts.take() {
                Some(pts) => self.timestamps.push(Timestamp { frame, pts }),
                None if frame == 0 => return Err(TsError::NoTimestamp),
                None => {}
            }
        }
        Ok(())
    }

    fn end_pes(&mut self, packet: usize) -> Result<(), TsError> {
        match self.pes_left.take() {
            None | Some(0) => Ok(()),
            Some(_) => Err(TsError::PesLength { packet }),
        }
    }

    fn finish(mut self, packets: usize) -> Result<Measured, TsError> {
        if self.pmt_pid.is_none() {
            return Err(TsError::NoPat);
        }
        if self.audio_pid.is_none() {
            return Err(TsError::NoPmt);
        }
        self.end_pes(packets)?;
        if !self.adts.between_frames() {
            return Err(TsError::FrameCutShort);
        }
        let parameters = self.adts.parameters.ok_or(TsError::NoFrames)?;
        Ok(Measured {
            frames: self.adts.frames,
            sample_rate: parameters.sample_rate,
            channels: parameters.channels,
            object_type: parameters.object_type,
            change_at_frame: self.adts.change,
            timestamps: self.timestamps,
            counters: self.counters.into_inner(),
            breaks: self.breaks,
            first_break: self.first_break,
        })
    }
}

/// The head of a PES packet (ISO/IEC 13818-1, 2.4.3.6). It must lie within one transport packet, as it does in the
/// output of every common muxer.
struct Pes<'a> {
    pts: Option<u64>,
    /// Bytes of audio, if the header says how many.
    length: Option<usize>,
    /// The first of them.
    data: &'a [u8],
}

impl<'a> Pes<'a> {
    fn parse(payload: &'a [u8]) -> Option<Self> {
        let &[
            0,
            0,
            1,
            0xc0..=0xdf,
            high,
            low,
            marker,
            flags,
            header_length,
            ref rest @ ..,
        ] = payload
        else {
            return None;
        };
        if marker & 0xc0 != 0x80 {
            return None;
        }
        let (header, data) = rest.split_at_checked(usize::from(header_length))?;
        let pts = match flags >> 6 {
            0 => None,
            2 | 3 => Some(pts(*header.first_chunk()?)?),
            _ => return None,
        };
        let length = match usize::from(high) << 8 | usize::from(low) {
            0 => None,
            // The length counts what follows it: three bytes of flags, the header, the audio.
            length => Some(length.checked_sub(3 + header.len())?),
        };
        Some(Pes { pts, length, data })
    }
}

/// 33 bits in five bytes, with a marker bit after each of the three parts (ISO/IEC 13818-1, 2.4.3.7).
fn pts(bytes: [u8; 5]) -> Option<u64> {
    if bytes[0] & bytes[2] & bytes[4] & 1 == 0 {
        return None;
    }
    let high = u64::from(bytes[0] >> 1 & 0x07);
    let middle = u64::from(bytes[1]) << 7 | u64::from(bytes[2] >> 1);
    let low = u64::from(bytes[3]) << 7 | u64::from(bytes[4] >> 1);
    Some(high << 30 | middle << 15 | low)
}
