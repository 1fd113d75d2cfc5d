mod fuzz;

use super::*;
use crate::testing::{AUDIO_PID, Adts, Muxer, PMT_PID, packets, table};

const PACKET: usize = 188;

fn muxer() -> Muxer {
    Muxer::new(Adts::default())
}

/// A segment with the packet header's byte `at` of packet `index` changed.
fn with_byte(segment: &[u8], index: usize, at: usize, change: impl FnOnce(u8) -> u8) -> Vec<u8> {
    let mut segment = segment.to_vec();
    let byte = &mut segment[index * PACKET + at];
    *byte = change(*byte);
    segment
}

#[test]
fn a_segment_is_measured() {
    let measured = measure(&muxer().segment(30)).unwrap();
    assert_eq!(measured.frames, 30);
    assert_eq!(
        (measured.sample_rate, measured.channels, measured.object_type),
        (44_100, 2, 2)
    );
    assert_eq!(measured.change_at_frame, None);
    assert_eq!(
        measured.timestamps,
        [(0, 126_000), (14, 155_257), (28, 184_514)].map(|(frame, pts)| Timestamp { frame, pts })
    );
    assert_eq!(measured.first_pts(), 126_000);
    let pids: Vec<_> = measured.counters.iter().map(|counter| counter.pid).collect();
    assert_eq!(pids, [0, PMT_PID, AUDIO_PID]);
    assert_eq!((measured.breaks, measured.first_break), (0, None));
}

#[test]
fn counters_and_timestamps_run_on_into_the_next_segment() {
    let mut muxer = muxer();
    let [first, second] = [20, 20].map(|frames| measure(&muxer.segment(frames)).unwrap());
    for (before, after) in first.counters.iter().zip(&second.counters) {
        assert_eq!((before.pid, before.next()), (after.pid, after.first));
    }
    assert_eq!(second.first_pts(), 126_000 + 41_796); // 20 frames are 41,795.9 ticks
}

#[test]
fn two_segments_put_together_are_one() {
    let mut muxer = muxer();
    let merged = [muxer.segment(258), muxer.segment(3)].concat();
    let measured = measure(&merged).unwrap();
    assert_eq!((measured.frames, measured.breaks), (261, 0));
}

#[test]
fn frames_may_straddle_pes_packets() {
    let mut muxer = muxer();
    let stream = Adts::default().frame().repeat(3); // 570 bytes; frames begin at 0, 190 and 380
    let mut segment = muxer.tables();
    // The second PES packet begins four bytes into the second frame's header.
    segment.extend(muxer.pes(Some(1000), &stream[..194]));
    segment.extend(muxer.pes(Some(5180), &stream[194..]));
    let measured = measure(&segment).unwrap();
    assert_eq!(measured.frames, 3);
    assert_eq!(measured.timestamps[1], Timestamp { frame: 2, pts: 5180 });
}

#[test]
fn headers_with_crc_and_frames_of_several_blocks_are_counted() {
    let crc = Adts {
        crc: true,
        ..Adts::default()
    };
    assert_eq!(measure(&Muxer::new(crc).segment(30)).unwrap().frames, 30);
    let blocks = Adts {
        blocks: 4,
        ..Adts::default()
    };
    let measured = measure(&Muxer::new(blocks).segment(64)).unwrap();
    assert_eq!(measured.frames, 64);
    assert_eq!(measured.timestamps[1].frame, 56);
}

#[test]
fn a_change_of_parameters_midway_is_noted() {
    let mut muxer = muxer();
    let mut segment = muxer.segment(5);
    muxer.adts.sample_rate = 48_000;
    segment.extend(muxer.segment(5));
    let measured = measure(&segment).unwrap();
    assert_eq!((measured.sample_rate, measured.change_at_frame), (44_100, Some(5)));
}

#[test]
fn a_lost_packet_is_a_break() {
    let mut segment = Muxer::new(Adts {
        bytes: 184,
        ..Adts::default()
    })
    .segment(14);
    // Without its fifth packet the PES packet is too short; so it is made anew, with a counter that skips one.
    segment = with_byte(&segment, 5, 3, |byte| byte & 0xf0 | 9);
    let measured = measure(&segment).unwrap();
    let found = Break {
        packet: 5,
        pid: AUDIO_PID,
        expected: 3,
        found: 9,
    };
    assert_eq!(measured.first_break, Some(found));
    assert_eq!(measured.breaks, 2); // there, and back to the old count after it
}

#[test]
fn a_packet_may_be_sent_twice_but_not_three_times() {
    let segment = muxer().segment(14);
    let (before, after) = segment.split_at(4 * PACKET);
    let repeated = &before[3 * PACKET..];
    let twice = measure(&[before, repeated, after].concat()).unwrap();
    assert_eq!((twice.frames, twice.breaks), (14, 0));
    let thrice = measure(&[before, repeated, repeated, after].concat());
    assert!(thrice.is_err(), "its payload no longer fits: {thrice:?}");
}

#[test]
fn packets_without_payload_do_not_count() {
    let segment = muxer().segment(14);
    let mut filler = vec![0xff; PACKET];
    filler[..6].copy_from_slice(&[0x47, 0x01, 0x00, 0x2f, 183, 0]);
    let (before, after) = segment.split_at(4 * PACKET);
    let measured = measure(&[before, &filler, after].concat()).unwrap();
    assert_eq!((measured.frames, measured.breaks), (14, 0));
}

#[test]
fn what_is_no_transport_stream_is_refused() {
    let segment = muxer().segment(14);
    assert_eq!(measure(&[]), Err(TsError::Empty));
    assert_eq!(measure(&segment[1..]), Err(TsError::NotWholePackets(segment.len() - 1)));
    assert_eq!(
        measure(&with_byte(&segment, 3, 0, |_| 0x48)),
        Err(TsError::Sync { packet: 3 })
    );
    assert_eq!(
        measure(&with_byte(&segment, 3, 1, |byte| byte | 0x80)),
        Err(TsError::Packet { packet: 3 })
    );
    assert_eq!(
        measure(&with_byte(&segment, 3, 3, |byte| byte | 0xc0)),
        Err(TsError::Packet { packet: 3 })
    );
    assert_eq!(
        measure(&with_byte(&segment, 3, 3, |byte| byte & 0xcf)),
        Err(TsError::Packet { packet: 3 })
    );
}

#[test]
fn the_tables_must_come_first_and_be_whole() {
    let mut muxer = muxer();
    let (pat, pmt) = (muxer.pat(), muxer.pmt());
    let audio = muxer.pes(Some(0), &Adts::default().frame());
    assert_eq!(measure(&[&audio[..], &pat, &pmt].concat()), Err(TsError::NoPat));
    assert_eq!(measure(&[&pmt[..], &audio].concat()), Err(TsError::NoPat));
    assert_eq!(measure(&[&pat[..], &audio].concat()), Err(TsError::NoPmt));
    assert_eq!(measure(&[&pat[..], &pmt].concat()), Err(TsError::NoFrames));
    let segment = [pat, pmt, audio].concat();
    assert_eq!(
        measure(&with_byte(&segment, 1, 20, |byte| !byte)),
        Err(TsError::Table { packet: 1 })
    );
    assert!(measure(&segment).is_ok());
}

#[test]
fn other_programs_and_streams_are_refused() {
    let mut muxer = muxer();
    let two_programs = table(0, &mut 0, 0, &[0, 1, 0xf0, 0, 0, 2, 0xf0, 1]);
    assert_eq!(measure(&two_programs), Err(TsError::Programs(2)));
    let video = table(PMT_PID, &mut 0, 2, &[0xe1, 0, 0xf0, 0, 0x1b, 0xe1, 0, 0xf0, 0]);
    assert_eq!(measure(&[muxer.pat(), video].concat()), Err(TsError::NotOneAacStream));
    let moved = table(PMT_PID, &mut 1, 2, &[0xe1, 0, 0xf0, 0, 0x0f, 0xe1, 1, 0xf0, 0]);
    let mut muxer = self::muxer();
    assert_eq!(
        measure(&[muxer.segment(1), moved].concat()),
        Err(TsError::TablesChange { packet: 4 })
    );
}

#[test]
fn broken_pes_and_adts_are_refused() {
    let frame = Adts::default().frame();
    let with_pes = |pes: &[u8]| measure(&[muxer().tables(), packets(AUDIO_PID, &mut 0, pes)].concat());
    assert_eq!(with_pes(&[0, 0, 2, 0xc0]), Err(TsError::Pes { packet: 2 }));
    assert_eq!(
        with_pes(&[0, 0, 1, 0xe0, 0, 3, 0x80, 0, 0]),
        Err(TsError::Pes { packet: 2 })
    );
    let with_data = |pts, data: &[u8]| {
        let mut muxer = muxer();
        measure(&[muxer.tables(), muxer.pes(pts, data)].concat())
    };
    assert_eq!(with_data(Some(0), &frame[..100]), Err(TsError::FrameCutShort));
    assert_eq!(with_data(Some(0), &frame[..5]), Err(TsError::FrameCutShort));
    assert_eq!(with_data(Some(0), &frame[1..]), Err(TsError::Adts { packet: 2 }));
    assert_eq!(with_data(None, &frame), Err(TsError::NoTimestamp));
    assert_eq!(with_data(Some(0), &[]), Err(TsError::NoFrames));
    let segment = muxer().segment(14);
    let cut = &segment[..segment.len() - PACKET];
    assert_eq!(
        measure(cut),
        Err(TsError::PesLength {
            packet: cut.len() / PACKET
        })
    );
}

#[test]
fn the_timestamp_takes_all_33_bits() {
    let mut muxer = muxer();
    muxer.start_pts = (1 << 33) - 1000;
    let measured = measure(&muxer.segment(20)).unwrap();
    assert_eq!(measured.timestamps[0].pts, (1 << 33) - 1000);
    assert_eq!(measured.timestamps[1].pts, 29_257 - 1000);
}
