//! What the report says, of good trees and of very bad ones.

use serde_json::json;

use super::*;

#[test]
fn a_correct_tree_passes() {
    let report = Tree::correct().lint();
    assert!(report.passed(), "{:#?}", report.findings);
    assert!((report.seconds - 845.0 * 1024.0 / 44_100.0).abs() < 1e-9);
    let low = &report.renditions[0];
    assert_eq!((low.name.as_str(), low.segments), ("64k", 4));
    let master = Tree::correct().0[MASTER].clone();
    let stated = format!(
        "BANDWIDTH={},AVERAGE-BANDWIDTH={},",
        low.bandwidth, low.average_bandwidth
    );
    assert!(String::from_utf8(master).unwrap().contains(&stated));
}

#[test]
fn a_runt_put_into_the_segment_before_passes() {
    let mut frames = low();
    let merged = [frames.segment(258), frames.segment(5)].concat();
    let report = Tree::of(&[("64k", vec![merged])]).lint();
    assert!(report.passed(), "{:#?}", report.findings);
}

#[test]
fn segments_may_be_gone_before_their_playlists_exist() {
    let late = |muxer: &mut Muxer| {
        muxer.segment(1);
        segments(&FRAMES, muxer)
    };
    let mono = Adts {
        channels: 1,
        ..Adts::default()
    };
    for tree in [
        Tree::correct(),
        Tree::correct().put("64k/segment_001.ts", Vec::new()),
        Tree::correct().put("64k/segment_001.ts", vec![0x47; 188]),
        Tree::correct().edit(LOW, "#EXTINF:6", "#EXTINF:5"),
        Tree::correct().edit(MASTER, "BANDWIDTH=", "BANDWIDTH=1"),
        Tree::of(&[("64k", segments(&[258, 1], &mut low()))]),
        with_high(late(&mut high())),
        with_high(segments(&FRAMES, &mut Muxer::new(mono))),
        with_high([segments(&FRAMES[..1], &mut high()), segments(&FRAMES[1..], &mut high())].concat()),
        with_high(segments(&FRAMES[..3], &mut high())),
        Tree::correct().without(LOW),
        Tree::correct().without(MASTER),
    ] {
        let sorted = |mut report: Report| {
            report.findings.sort_by_key(ToString::to_string);
            report
        };
        assert_eq!(sorted(tree.lint_in_passing()), sorted(tree.lint()));
    }
}

#[test]
fn a_playlist_that_names_other_segments_than_passed_is_found() {
    let tree = Tree::correct().edit(LOW, "segment_002.ts", "segment_007.ts");
    let found: Vec<_> = tree.lint_in_passing().findings;
    assert_eq!(found.len(), 1, "{found:#?}");
    assert_eq!((found[0].rule, found[0].line), (Rule::MissingFile, Some(11)));
}

#[test]
fn a_broken_tree_makes_a_short_report() {
    let entries = "#EXTINF:6,\nnot-there.ts\n".repeat(6000);
    let tree = Tree::correct().edit(LOW, "#EXT-X-ENDLIST", &format!("{entries}#EXT-X-ENDLIST"));
    let tree = tree.edit(LOW, "segment_000.ts", &"a".repeat(1 << 20));
    let findings = tree.lint().findings;
    let missing: Vec<_> = findings.iter().filter(|f| f.rule == Rule::MissingFile).collect();
    assert_eq!(missing.len(), 21);
    assert_eq!(missing[20].message, "and 5980 more like these");
    assert_eq!((missing[20].file.as_str(), missing[20].line), (LOW, None));
    assert!(findings.iter().map(|f| f.to_string().len()).sum::<usize>() < 10_000);
}

#[test]
fn errors_of_reading_are_passed_on() {
    assert_eq!(lint(|_| Err::<Option<Vec<u8>>, _>("disk on fire")), Err("disk on fire"));
    let tree = Tree::correct();
    let read = |path: &str| {
        if path.contains("segment") {
            Err("gone")
        } else {
            Ok(tree.0.get(path).cloned())
        }
    };
    assert_eq!(lint(read), Err("gone"));
}

#[test]
fn a_finding_reads_as_a_compiler_would_print_it() {
    let report = Tree::correct().edit(LOW, "TYPE:VOD", "TYPE:EVENT").lint();
    assert_eq!(
        report.findings[0].to_string(),
        "64k/playlist.m3u8:4: playlist-type: `EVENT` instead of VOD (RFC 8216 4.3.3.5)"
    );
    let report = Tree::correct().without(MASTER).lint();
    assert_eq!(
        report.findings[0].to_string(),
        "master.m3u8: missing-file: the master playlist is not there (RFC 8216 6.2.1)"
    );
}

#[test]
fn a_finding_in_json_carries_its_source() {
    let report = Tree::correct().without(HIGH).lint();
    let expected = json!({
        "rule": "missing-file",
        "source": "RFC 8216 6.2.1",
        "file": "master.m3u8",
        "line": 7,
        "message": "`128k/playlist.m3u8` is not there",
    });
    assert_eq!(serde_json::to_value(&report).unwrap()["findings"], json!([expected]));
}

#[test]
fn every_rule_has_an_id_of_its_own_in_kebab_case_and_a_source() {
    for (index, rule) in Rule::ALL.into_iter().enumerate() {
        assert_eq!(Rule::ALL.iter().position(|other| other.id() == rule.id()), Some(index));
        assert!(
            rule.id()
                .bytes()
                .all(|byte| byte == b'-' || byte.is_ascii_lowercase() || byte.is_ascii_digit())
        );
        assert!(!rule.source().is_empty());
    }
}
