//! Trees of which nothing can be relied on.

use std::sync::LazyLock;

use proptest::prelude::*;

use super::*;
use crate::{hostile::damaged, lint::timeline, mpegts::Timestamp};

/// A finding as it is printed, in bytes: a path may be 255 long, and is then named twice.
const LONGEST_FINDING: usize = 2_000;

/// Correct, and of few bytes: a playlist that names a segment a thousand times has it measured as often.
static TREE: LazyLock<Tree> = LazyLock::new(|| {
    let frames = [30, 31, 30];
    Tree::of(&[
        ("64k", segments(&frames, &mut low())),
        ("128k", segments(&frames, &mut high())),
    ])
});

fn playlist(file: &str) -> &'static str {
    str::from_utf8(&TREE.0[file]).unwrap()
}

/// The report, which is short and clean whatever the tree.
fn check(tree: &Tree) -> Result<Report, TestCaseError> {
    let report = tree.lint();
    prop_assert!(report.findings.len() <= Rule::ALL.len() * 21);
    for finding in &report.findings {
        let printed = finding.to_string();
        prop_assert!(
            printed.len() <= LONGEST_FINDING && !printed.contains(char::is_control),
            "{printed:?}"
        );
    }
    prop_assert!(report.seconds.is_finite() && report.seconds >= 0.0);
    for rendition in &report.renditions {
        prop_assert!(rendition.name.len() <= 255);
        prop_assert!(rendition.bandwidth == 0 || rendition.average_bandwidth <= rendition.bandwidth);
    }
    prop_assert!(serde_json::to_string(&report).is_ok());
    prop_assert!(tree.lint() == report, "another report of the same tree");
    Ok(report)
}

/// What is no property.
mod plain {
    use super::*;

    #[test]
    fn the_example_is_correct() {
        assert!(TREE.lint().passed(), "{:#?}", TREE.lint().findings);
    }

    #[test]
    fn a_list_without_end_takes_no_time() {
        let attributes: Vec<String> = (0..50_000).map(|index| format!("A{index}=1,")).collect();
        let variants: Vec<String> = (0..50_000)
            .map(|index| format!("#EXT-X-STREAM-INF:\n{index}\n"))
            .collect();
        let master = playlist(MASTER).replacen("BANDWIDTH=", &format!("{}BANDWIDTH=", attributes.concat()), 1);
        let begun = std::time::Instant::now();
        let tree = TREE.clone().put(MASTER, (master + &variants.concat()).into());
        check(&tree).unwrap();
        assert!(begun.elapsed().as_secs() < 10, "{:?}", begun.elapsed());
    }
}

proptest! {
    // Each case lints several trees.
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn a_damaged_master_is_findings_and_nothing_worse(master in damaged(playlist(MASTER))) {
        check(&TREE.clone().put(MASTER, master))?;
    }

    #[test]
    fn a_damaged_media_playlist_is_findings_and_nothing_worse(
        (file, media) in prop_oneof![Just(LOW), Just(HIGH)].prop_flat_map(|file| (Just(file), damaged(playlist(file)))),
    ) {
        check(&TREE.clone().put(file, media.clone()))?;
        // As a worker lints, which is asked for nothing but playlists by these names.
        let mut passing = PassingLint::default();
        passing.segment("64k", "segment_000.ts", &TREE.0["64k/segment_000.ts"]);
        passing.segment("64k", "segment_000.ts", &media);
        let damaged = TREE.clone().put(file, media);
        let Ok(report) = passing.finish(|path| Ok::<_, Infallible>(damaged.0.get(path).cloned()));
        prop_assert!(!report.passed());
    }

    #[test]
    fn files_in_each_others_place_are_findings(
        from in any::<prop::sample::Index>(),
        to in any::<prop::sample::Index>(),
    ) {
        let files: Vec<&String> = TREE.0.keys().collect();
        let (from, to) = (from.get(&files), to.get(&files));
        let report = check(&TREE.clone().put(to, TREE.0[*from].clone()))?;
        prop_assert!(report.passed() == (from == to) || is_media(from) && is_media(to), "{from} as {to}");
    }

    #[test]
    fn arbitrary_playlists_are_findings_and_nothing_worse(
        master in "([#A-Z0-9:=\",./-]|#EXT-X-STREAM-INF:BANDWIDTH=|64k/playlist.m3u8|\n|.){0,200}",
        media in "(#EXTINF:|#EXT-X-TARGETDURATION:|[0-9.,]{1,20}|segment_000.ts|\n|.){0,200}",
        bytes in prop::collection::vec(any::<u8>(), 0..200),
    ) {
        prop_assert!(!check(&TREE.clone().put(LOW, media.into()))?.passed());
        prop_assert!(!check(&TREE.clone().put(HIGH, bytes))?.passed());
        prop_assert!(!check(&TREE.clone().put(MASTER, master.into()))?.passed());
    }

    #[test]
    fn damaged_segments_are_findings_and_nothing_worse(
        damage in prop::collection::vec((any::<prop::sample::Index>(), 0..8_usize, any::<u8>()), 1..12),
        index in 0..3_usize,
    ) {
        let file = format!("128k/segment_{index:03}.ts");
        let mut segment = TREE.0[&file].clone();
        for (packet, at, byte) in damage {
            let at = packet.index(segment.len() / 188) * 188 + at;
            segment[at] = byte;
        }
        let changes_nothing = segment == TREE.0[&file];
        let report = check(&TREE.clone().put(&file, segment))?;
        prop_assert!(!changes_nothing || report.passed());
    }

    #[test]
    fn clocks_take_any_number(
        sample_rate in 1..=96_000_u32,
        follows in prop::collection::vec((any::<u64>(), any::<u64>(), 0..1_u64 << 33, any::<u64>()), 0..8),
    ) {
        let mut clock = timeline::Clock::new(sample_rate);
        let mut durations = timeline::Durations::new(sample_rate);
        for (frame, frames, pts, nanoseconds) in follows {
            if let Some((at, late)) = clock.follow(&[Timestamp { frame, pts }], frames) {
                prop_assert!(at.pts == pts && late.abs() <= 1 << 32);
            }
            prop_assert!(durations.follow(nanoseconds, frames).is_none_or(f64::is_finite));
        }
    }
}

/// The two media playlists of the example differ in nothing.
fn is_media(file: &str) -> bool {
    file == LOW || file == HIGH
}
