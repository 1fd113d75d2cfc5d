//! Segments of arbitrary bytes, and good ones with damage.

use proptest::{prelude::*, sample::Index};

use super::*;

/// What is done to a segment, whole packets at a time or one byte in one of them.
#[derive(Debug, Clone)]
enum Damage {
    Remove(Index),
    Repeat(Index, usize),
    Swap(Index, Index),
    Byte(Index, usize, u8),
    Cut(Index),
}

fn damage() -> impl Strategy<Value = Damage> {
    let index = any::<Index>;
    // Headers of packets, sections, PES and ADTS lie at the start of a packet.
    let at = prop_oneof![3 => 0..24_usize, 1 => 0..PACKET];
    prop_oneof![
        2 => index().prop_map(Damage::Remove),
        2 => (index(), 2..40_usize).prop_map(|(at, times)| Damage::Repeat(at, times)),
        1 => (index(), index()).prop_map(|(one, other)| Damage::Swap(one, other)),
        6 => (index(), at, any::<u8>()).prop_map(|(packet, at, byte)| Damage::Byte(packet, at, byte)),
        1 => index().prop_map(Damage::Cut),
    ]
}

fn damaged(segment: &[u8], damages: &[Damage]) -> Vec<u8> {
    let (packets, _) = segment.as_chunks::<PACKET>();
    let mut packets = packets.to_vec();
    let mut length = usize::MAX;
    for damage in damages {
        if packets.is_empty() {
            break;
        }
        match damage {
            Damage::Remove(at) => {
                packets.remove(at.index(packets.len()));
            }
            Damage::Repeat(at, times) => {
                let at = at.index(packets.len());
                let repeated = vec![packets[at]; *times];
                packets.splice(at..=at, repeated);
            }
            Damage::Swap(one, other) => {
                let (one, other) = (one.index(packets.len()), other.index(packets.len()));
                packets.swap(one, other);
            }
            Damage::Byte(packet, at, byte) => packet.get_mut(&mut packets)[*at] = *byte,
            Damage::Cut(at) => length = at.index(packets.len() * PACKET),
        }
    }
    let mut bytes = packets.concat();
    bytes.truncate(length);
    bytes
}

/// What must hold of whatever was measured.
fn check(segment: &[u8]) -> Result<(), TestCaseError> {
    let measured = match measure(segment) {
        Ok(measured) => measured,
        Err(error) => {
            let message = error.to_string();
            prop_assert!(message.len() < 200 && !message.contains(char::is_control), "{message}");
            return Ok(());
        }
    };
    let packets = segment.len() / PACKET;
    // Eight bytes are the smallest ADTS frame, and it can claim four AAC frames.
    prop_assert!((1..=segment.len() as u64 / 2).contains(&measured.frames));
    prop_assert!((7_350..=96_000).contains(&measured.sample_rate));
    prop_assert!(measured.channels <= 8 && (1..=4).contains(&measured.object_type));
    prop_assert!((1..=packets).contains(&measured.timestamps.len()));
    prop_assert_eq!(measured.timestamps[0].frame, 0);
    prop_assert!(
        measured
            .timestamps
            .iter()
            .all(|at| at.frame < measured.frames && at.pts < 1 << 33)
    );
    prop_assert!(measured.timestamps.is_sorted_by_key(|at| at.frame));
    prop_assert!(
        measured
            .change_at_frame
            .is_none_or(|frame| (1..measured.frames).contains(&frame))
    );
    prop_assert!(measured.counters.len() <= 16 && measured.breaks <= packets as u64);
    prop_assert!(
        measured
            .counters
            .iter()
            .all(|counter| counter.first < 16 && counter.next() < 16)
    );
    prop_assert_eq!(measured.breaks == 0, measured.first_break.is_none());
    Ok(())
}

proptest! {
    #[test]
    fn arbitrary_bytes_are_never_more_than_an_error(bytes in prop::collection::vec(any::<u8>(), 0..1000)) {
        prop_assert!(measure(&bytes).is_err());
    }

    #[test]
    fn arbitrary_payloads_are_measured_or_refused(
        payloads in prop::collection::vec(prop::collection::vec(any::<u8>(), 184), 0..8),
    ) {
        let mut muxer = muxer();
        let mut segment = muxer.tables();
        for payload in payloads {
            segment.extend(packets(AUDIO_PID, &mut muxer.audio_counter, &payload));
        }
        check(&segment)?;
    }

    #[test]
    fn arbitrary_tables_are_read_or_refused(
        pat in prop::collection::vec(any::<u8>(), 0..60),
        pmt in prop::collection::vec(any::<u8>(), 0..60),
    ) {
        let mut muxer = muxer();
        let (good_pat, audio) = (muxer.pat(), muxer.pes(Some(0), &Adts::default().frame()));
        check(&[&table(0, &mut 0, 0, &pat)[..], &audio].concat())?;
        check(&[&good_pat[..], &table(PMT_PID, &mut 0, 2, &pmt), &audio].concat())?;
    }

    #[test]
    fn damaged_segments_are_measured_or_refused(
        bytes in 9..400_usize,
        blocks in 1..=4_u8,
        crc in any::<bool>(),
        frames in 4..80_u64,
        damages in prop::collection::vec(damage(), 0..6),
    ) {
        let adts = Adts { bytes: bytes.max(10), crc, blocks, ..Adts::default() };
        let segment = Muxer::new(adts).segment(frames);
        check(&damaged(&segment, &damages))?;
        if damages.is_empty() {
            prop_assert_eq!(measure(&segment).unwrap().frames, frames - frames % u64::from(blocks));
        }
    }

    #[test]
    fn adts_frames_of_any_header_are_measured_or_refused(
        headers in prop::collection::vec((any::<[u8; 7]>(), 0..40_usize), 1..6),
    ) {
        let mut data = Vec::new();
        for (mut header, body) in headers {
            // A sync word and the true length, so that the next header is found.
            let [.., high, low] = (header.len() + body).to_be_bytes();
            header[0] = 0xff;
            header[1] = 0xf0 | header[1] & 0x09;
            header[3] = header[3] & 0xfc | high >> 3;
            header[4] = high << 5 | low >> 3;
            header[5] = low << 5 | header[5] & 0x1f;
            data.extend(header);
            data.resize(data.len() + body, 0);
        }
        let mut muxer = muxer();
        let segment = [muxer.tables(), muxer.pes(Some(0), &data)].concat();
        check(&segment)?;
    }
}
