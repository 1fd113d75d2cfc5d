//! The rules that tie the playlists to the segments, and the renditions to one another.

use super::*;

#[test]
fn bandwidth() {
    use Rule::Bandwidth;
    for wrong in [
        ":BANDWIDTH=64000,X-WAS",
        ":BANDWIDTH=64e3,X-WAS",
        ":BANDWIDTH=+1,X-WAS",
        ":X-WAS",
    ] {
        Tree::correct()
            .edit(MASTER, ":BANDWIDTH", wrong)
            .finds(&[(Bandwidth, MASTER, Some(4))]);
    }
}

#[test]
fn average_bandwidth() {
    use Rule::AverageBandwidth;
    for wrong in [
        "AVERAGE-BANDWIDTH=64000,X-WAS",
        "AVERAGE-BANDWIDTH=\"1\",X-WAS",
        "X-WAS",
    ] {
        Tree::correct()
            .edit(MASTER, "AVERAGE-BANDWIDTH", wrong)
            .finds(&[(AverageBandwidth, MASTER, Some(4))]);
    }
}

#[test]
fn codecs() {
    for wrong in ["CODECS=\"mp4a.40.5\"", "CODECS=mp4a.40.2", "X-CODECS=\"mp4a.40.2\""] {
        Tree::correct()
            .edit(MASTER, "CODECS=\"mp4a.40.2\"", wrong)
            .finds(&[(Rule::Codecs, MASTER, Some(4))]);
    }
}

#[test]
fn extinf() {
    use Rule::Extinf;
    // One rendition, so that no other differs from it.
    let tree = Tree::of(&[("64k", segments(&FRAMES, &mut low()))]);
    // One frame more than the segment holds; it also shifts every later boundary, and is reported once.
    tree.clone()
        .edit(LOW, "#EXTINF:5.9907484", "#EXTINF:6.0139685")
        .finds(&[(Extinf, LOW, Some(6))]);
    for malformed in ["#EXTINF:six", "#EXTINF:", "#EXTINF:-5.99", "#EXTINF:5.99;"] {
        tree.clone()
            .edit(LOW, "#EXTINF:5.9907484", malformed)
            .finds(&[(Extinf, LOW, Some(6))]);
    }
    // 12 ms too long each time: no boundary is a frame off by itself, but the second one is.
    let drifting = tree
        .edit(LOW, "#EXTINF:5.9907484", "#EXTINF:6.0027484")
        .edit(LOW, "6.0139685", "6.0259685");
    drifting.finds(&[(Extinf, LOW, Some(8))]);
}

#[test]
fn aligned_extinf() {
    use Rule::AlignedExtinf;
    // Less than a frame, so that it is true enough for the segment.
    Tree::correct()
        .edit(HIGH, "6.0139685", "6.0139686")
        .finds(&[(AlignedExtinf, HIGH, Some(8))]);
    with_high(segments(&FRAMES[..3], &mut high())).finds(&[(AlignedExtinf, HIGH, None)]);
    let cut_elsewhere = with_high(segments(&[258, 258, 259, 70], &mut high()));
    cut_elsewhere.finds(&[
        (AlignedExtinf, HIGH, Some(8)),
        (AlignedExtinf, HIGH, Some(10)),
        (Rule::AlignedTimestamps, HIGH, Some(10)),
    ]);
}

#[test]
fn aligned_timestamps() {
    let mut late = high();
    late.start_pts += 1;
    let lines = [6, 8, 10, 12].map(|line| (Rule::AlignedTimestamps, HIGH, Some(line)));
    with_high(segments(&FRAMES, &mut late)).finds(&lines);
}

#[test]
fn same_format() {
    use Rule::SameFormat;
    let high = |change: fn(&mut Adts)| {
        let mut muxer = high();
        change(&mut muxer.adts);
        segments(&FRAMES, &mut muxer)
    };
    with_high(high(|adts| adts.channels = 1)).finds(&[(SameFormat, "128k/segment_000.ts", None)]);
    let main_profile = with_high(high(|adts| adts.object_type = 1));
    main_profile.finds(&[
        (SameFormat, "128k/segment_000.ts", None),
        (Rule::Codecs, MASTER, Some(6)),
    ]);
    let report = with_high(high(|adts| adts.sample_rate = 48_000)).lint();
    assert!(
        report
            .findings
            .iter()
            .any(|f| f.rule == SameFormat && f.file == HIGH && f.line.is_none())
    );
}

#[test]
fn a_format_that_changes_midway_is_found() {
    use Rule::SameFormat;
    let mut muxer = high();
    let mut changing = segments(&FRAMES[..3], &mut muxer);
    muxer.adts.channels = 1;
    changing.push(muxer.segment(FRAMES[3]));
    with_high(changing).finds(&[(SameFormat, "128k/segment_003.ts", None)]);
    let mut muxer = high();
    let mut within = segments(&FRAMES[..3], &mut muxer);
    let first_half = muxer.segment(35);
    muxer.adts.channels = 1;
    within.push([first_half, muxer.segment(35)].concat());
    with_high(within).finds(&[(SameFormat, "128k/segment_003.ts", None)]);
}

#[test]
fn runt() {
    let ladder = |frames: &[u64]| Tree::of(&[("64k", segments(frames, &mut low()))]);
    ladder(&[258, 1]).finds(&[(Rule::Runt, LOW, Some(8))]);
    ladder(&[258, 21]).finds(&[(Rule::Runt, LOW, Some(8))]);
    // 0.511 s is no runt; 6.014 + 0.488 s no longer rounds to 6; and one segment has none before it.
    ladder(&[258, 22]).finds(&[]);
    ladder(&[259, 21]).finds(&[]);
    ladder(&[1]).finds(&[]);
}

#[test]
fn empty_segment() {
    use Rule::EmptySegment;
    let file = "128k/segment_001.ts";
    Tree::correct()
        .put(file, Vec::new())
        .finds(&[(EmptySegment, file, None)]);
    Tree::correct()
        .put(file, high().tables())
        .finds(&[(EmptySegment, file, None)]);
}

#[test]
fn transport_stream() {
    let file = "128k/segment_001.ts";
    let whole = Tree::correct().0[file].clone();
    for damaged in [
        whole[..whole.len() - 1].to_vec(),
        whole[1..].to_vec(),
        whole[..whole.len() - 188].to_vec(),
        vec![0; 188],
    ] {
        Tree::correct()
            .put(file, damaged)
            .finds(&[(Rule::TransportStream, file, None)]);
    }
}

#[test]
fn tables() {
    let file = "128k/segment_001.ts";
    let whole = Tree::correct().0[file].clone();
    let (pat, rest) = whole.split_at(188);
    let without_pmt = [pat, &rest[188..]].concat();
    for damaged in [rest.to_vec(), without_pmt] {
        Tree::correct().put(file, damaged).finds(&[(Rule::Tables, file, None)]);
    }
}

#[test]
fn continuity_counter() {
    use Rule::ContinuityCounter;
    // As from ffmpeg's `segment` muxer: every file begins to count anew.
    let mut muxer = high();
    let mut fresh = segments(&FRAMES[..1], &mut muxer);
    muxer.audio_counter = (muxer.audio_counter + 3) & 0x0f;
    fresh.extend(segments(&FRAMES[1..], &mut muxer));
    with_high(fresh).finds(&[(ContinuityCounter, "128k/segment_001.ts", None)]);

    let mut muxer = high();
    let first_half = muxer.segment(129);
    muxer.pmt_counter += 1;
    let mut within = vec![[first_half, muxer.segment(129)].concat()];
    within.extend(segments(&FRAMES[1..], &mut muxer));
    with_high(within).finds(&[(ContinuityCounter, "128k/segment_000.ts", None)]);
}

#[test]
fn packing() {
    let mut muxer = high();
    let mut loose = segments(&FRAMES[..3], &mut muxer);
    muxer.frames_per_pes = 1;
    loose.push(muxer.segment(FRAMES[3]));
    with_high(loose).finds(&[(Rule::Packing, "128k/segment_003.ts", None)]);
}

#[test]
fn timestamps() {
    use Rule::{AlignedTimestamps, Timestamps};
    let mut muxer = high();
    let mut jumping = segments(&FRAMES[..3], &mut muxer);
    muxer.start_pts += 2;
    jumping.push(muxer.segment(FRAMES[3]));
    let segment = "128k/segment_003.ts";
    with_high(jumping).finds(&[(Timestamps, segment, None), (AlignedTimestamps, HIGH, Some(12))]);

    let mut muxer = high();
    let mut within = segments(&FRAMES[..3], &mut muxer);
    let first_half = muxer.segment(35);
    muxer.start_pts -= 90;
    within.push([first_half, muxer.segment(35)].concat());
    with_high(within).finds(&[(Timestamps, segment, None)]);
}

#[test]
fn after_a_segment_that_cannot_be_measured_the_next_is_judged_by_itself() {
    let tree = Tree::correct().put("64k/segment_001.ts", vec![0; 188]);
    tree.finds(&[(Rule::TransportStream, "64k/segment_001.ts", None)]);
    assert_eq!(tree.lint().renditions[0].segments, 3);
}
