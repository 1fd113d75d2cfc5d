//! The two tables that lead to the audio (ISO/IEC 13818-1, 2.4.4): the PAT names the PMT's PID, the PMT the audio's.
//!
//! A table that spans packets is refused: for one program with one stream neither comes near 183 bytes.

const PAT_TABLE: u8 = 0x00;
const PMT_TABLE: u8 = 0x02;
const HEADER: usize = 8;
const CRC: usize = 4;

pub(super) enum TableError {
    Malformed,
    Programs(usize),
    NotOneAacStream,
}

/// The PID of the PMT of the only program.
pub(super) fn pmt_pid(payload: &[u8]) -> Result<u16, TableError> {
    let body = section(payload, PAT_TABLE)?;
    if body.len() % 4 != 0 {
        return Err(TableError::Malformed);
    }
    // Program number 0 would name the network information table, which is no program.
    let programs = body.chunks_exact(4).filter(|entry| entry[..2] != [0, 0]);
    let pids: Vec<u16> = programs.map(|entry| pid(entry[2], entry[3])).collect();
    match pids[..] {
        [pid] => Ok(pid),
        _ => Err(TableError::Programs(pids.len())),
    }
}

/// The PID of the only elementary stream, which must be AAC in ADTS framing.
pub(super) fn audio_pid(payload: &[u8]) -> Result<u16, TableError> {
    const ADTS_AAC: u8 = 0x0f;
    let body = section(payload, PMT_TABLE)?;
    let &[_, _, high, low, ref rest @ ..] = body else {
        return Err(TableError::Malformed);
    };
    let mut rest = rest.get(length(high, low)..).ok_or(TableError::Malformed)?;
    let mut streams = Vec::new();
    while let &[kind, pid_high, pid_low, length_high, length_low, ref more @ ..] = rest {
        streams.push((kind, pid(pid_high, pid_low)));
        rest = more
            .get(length(length_high, length_low)..)
            .ok_or(TableError::Malformed)?;
    }
    if !rest.is_empty() {
        return Err(TableError::Malformed);
    }
    match streams[..] {
        [(ADTS_AAC, pid)] => Ok(pid),
        _ => Err(TableError::NotOneAacStream),
    }
}

/// What is between the header and the CRC of the section that begins in `payload`, once both hold.
fn section(payload: &[u8], table: u8) -> Result<&[u8], TableError> {
    let (&pointer, rest) = payload.split_first().ok_or(TableError::Malformed)?;
    let section = rest.get(usize::from(pointer)..).ok_or(TableError::Malformed)?;
    let &[id, high, low, ..] = section else {
        return Err(TableError::Malformed);
    };
    let section = section.get(..3 + length(high, low)).ok_or(TableError::Malformed)?;
    if id != table || section.len() < HEADER + CRC || crc32(section) != 0 {
        return Err(TableError::Malformed);
    }
    Ok(&section[HEADER..section.len() - CRC])
}

fn pid(high: u8, low: u8) -> u16 {
    u16::from(high & 0x1f) << 8 | u16::from(low)
}

fn length(high: u8, low: u8) -> usize {
    usize::from(high & 0x0f) << 8 | usize::from(low)
}

/// The CRC of ISO/IEC 13818-1, annex A. It is zero over a section that ends in its own CRC. Bit by bit, since a segment
/// has a few hundred bytes of tables.
pub(crate) fn crc32(bytes: &[u8]) -> u32 {
    bytes.iter().fold(u32::MAX, |crc, &byte| {
        (0..8).fold(crc ^ u32::from(byte) << 24, |crc, _| {
            let carry = crc & 0x8000_0000 != 0;
            (crc << 1) ^ if carry { 0x04c1_1db7 } else { 0 }
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_crc_is_the_one_of_the_standard() {
        // The check value published for CRC-32/MPEG-2.
        assert_eq!(crc32(b"123456789"), 0x0376_e6e7);
    }
}
