//! The transport stream packet (ISO/IEC 13818-1, 2.4.3.2).

pub(super) const PACKET: usize = 188;
pub(super) const PAT_PID: u16 = 0;
pub(super) const NULL_PID: u16 = 0x1fff;
/// PIDs below this one carry tables that the standards reserve; an SDT, for one, is on 0x11.
pub(super) const FIRST_FREE_PID: u16 = 0x20;

const SYNC: u8 = 0x47;

/// One packet, its header taken apart.
pub(super) struct Packet<'a> {
    pub(super) pid: u16,
    /// A PES packet or a table begins in this packet's payload.
    pub(super) unit_start: bool,
    /// Four bits; counts the packets of this PID that have a payload.
    pub(super) counter: u8,
    /// None where there is only an adaptation field.
    pub(super) payload: Option<&'a [u8]>,
}

pub(super) enum PacketError {
    Sync,
    Header,
}

impl<'a> Packet<'a> {
    pub(super) fn parse(bytes: &'a [u8; PACKET]) -> Result<Self, PacketError> {
        if bytes[0] != SYNC {
            return Err(PacketError::Sync);
        }
        let pid = u16::from(bytes[1] & 0x1f) << 8 | u16::from(bytes[2]);
        let transport_error = bytes[1] & 0x80 != 0;
        let scrambled = bytes[3] & 0xc0 != 0;
        if transport_error || scrambled {
            return Err(PacketError::Header);
        }
        let payload = match bytes[3] & 0x30 {
            0x10 => Some(&bytes[4..]),
            0x20 => None,
            0x30 => {
                // At least one byte of payload must follow the adaptation field.
                let start = 5 + usize::from(bytes[4]);
                Some(
                    bytes
                        .get(start..)
                        .filter(|rest| !rest.is_empty())
                        .ok_or(PacketError::Header)?,
                )
            }
            _ => return Err(PacketError::Header),
        };
        Ok(Packet {
            pid,
            unit_start: bytes[1] & 0x40 != 0,
            counter: bytes[3] & 0x0f,
            payload,
        })
    }
}
