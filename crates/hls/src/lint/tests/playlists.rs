//! The rules that the playlists alone can break.

use super::*;

#[test]
fn encoding() {
    use Rule::{Encoding, Extm3u};
    let bom = Tree::correct().edit(LOW, "#EXTM3U", "\u{feff}#EXTM3U");
    bom.finds(&[(Encoding, LOW, Some(1))]);
    Tree::correct()
        .edit(LOW, "#EXT-X-ENDLIST", "#\u{7}\n#EXT-X-ENDLIST")
        .finds(&[(Encoding, LOW, Some(14))]);
    // A CR alone ends no line; after an LF it would be a control character in the next.
    Tree::correct()
        .edit(MASTER, "#EXTM3U\n", "#EXTM3U\r#\n")
        .finds(&[(Encoding, MASTER, Some(1)), (Extm3u, MASTER, Some(1))]);
    let mut latin1 = Tree::correct().0[LOW].clone();
    latin1.extend(b"# caf\xe9\n");
    Tree::correct().put(LOW, latin1).finds(&[(Encoding, LOW, Some(15))]);
}

#[test]
fn lines_may_end_in_cr_lf() {
    let text = String::from_utf8(Tree::correct().0[LOW].clone()).unwrap();
    Tree::correct()
        .put(LOW, text.replace('\n', "\r\n").into_bytes())
        .finds(&[]);
}

#[test]
fn extm3u() {
    Tree::correct()
        .edit(LOW, "#EXTM3U\n", "")
        .finds(&[(Rule::Extm3u, LOW, Some(1))]);
    Tree::correct()
        .edit(MASTER, "#EXTM3U", "\n#EXTM3U")
        .finds(&[(Rule::Extm3u, MASTER, Some(1))]);
}

#[test]
fn syntax() {
    use Rule::Syntax;
    let stray = Tree::correct().edit(LOW, "#EXT-X-ENDLIST", "stray.ts\n#EXT-X-ENDLIST");
    stray.finds(&[(Syntax, LOW, Some(14))]);
    Tree::correct()
        .edit(LOW, "#EXT-X-ENDLIST", "#EXTINF:1,\n#EXT-X-ENDLIST")
        .finds(&[(Syntax, LOW, Some(14))]);
    Tree::correct()
        .edit(MASTER, "#EXT-X-STREAM-INF", "stray.m3u8\n#EXT-X-STREAM-INF")
        .finds(&[(Syntax, MASTER, Some(4))]);
    let text = String::from_utf8(Tree::correct().0[MASTER].clone()).unwrap();
    let dangling = format!("{text}{}\n", text.lines().nth(3).unwrap());
    Tree::correct()
        .put(MASTER, dangling.into())
        .finds(&[(Syntax, MASTER, Some(8))]);
    let empty = "#EXTM3U\n#EXT-X-VERSION:3\n#EXT-X-INDEPENDENT-SEGMENTS\n";
    Tree::correct()
        .put(MASTER, empty.into())
        .finds(&[(Syntax, MASTER, None)]);
}

#[test]
fn a_malformed_attribute_list_is_syntax_and_tells_nothing() {
    let tree = Tree::correct().edit(MASTER, "CODECS=\"mp4a.40.2\"", "CODECS=\"mp4a.40.2");
    tree.finds(&[
        (Rule::Syntax, MASTER, Some(4)),
        (Rule::Bandwidth, MASTER, Some(4)),
        (Rule::AverageBandwidth, MASTER, Some(4)),
        (Rule::Codecs, MASTER, Some(4)),
    ]);
}

#[test]
fn unexpected_tag() {
    use Rule::UnexpectedTag;
    let end = "#EXT-X-ENDLIST";
    for tag in [
        "#EXT-X-DISCONTINUITY",
        "#EXT-X-KEY:METHOD=NONE",
        "#EXT-X-MEDIA:TYPE=AUDIO",
    ] {
        Tree::correct()
            .edit(LOW, end, &format!("{tag}\n{end}"))
            .finds(&[(UnexpectedTag, LOW, Some(14))]);
    }
    for tag in ["#EXT-X-ENDLIST", "#EXT-X-MEDIA:TYPE=AUDIO"] {
        let text = format!("#EXTM3U\n{tag}");
        Tree::correct()
            .edit(MASTER, "#EXTM3U", &text)
            .finds(&[(UnexpectedTag, MASTER, Some(2))]);
    }
}

#[test]
fn version() {
    use Rule::Version;
    Tree::correct()
        .edit(LOW, "#EXT-X-VERSION:3\n", "")
        .finds(&[(Version, LOW, None)]);
    Tree::correct()
        .edit(LOW, "#EXT-X-VERSION:3", "#EXT-X-VERSION:three")
        .finds(&[(Version, LOW, Some(2))]);
    let twice = Tree::correct().edit(LOW, "#EXT-X-VERSION:3", "#EXT-X-VERSION:3\n#EXT-X-VERSION:3");
    twice.finds(&[(Version, LOW, Some(3))]);
    Tree::correct()
        .edit(MASTER, "#EXT-X-VERSION:3", "#EXT-X-VERSION:4")
        .finds(&[(Version, MASTER, Some(2))]);
    // Too high a version in a media playlist leaves the master too low for it.
    let high = Tree::correct().edit(LOW, "#EXT-X-VERSION:3", "#EXT-X-VERSION:6");
    high.finds(&[(Version, LOW, Some(2)), (Version, MASTER, Some(2))]);
}

#[test]
fn features_raise_the_version_that_is_needed() {
    use Rule::{UnexpectedTag, Version};
    for (tag, version) in [("#EXT-X-BYTERANGE:188@0", 4), ("#EXT-X-MAP:URI=\"a\"", 6)] {
        let tree = Tree::correct().edit(LOW, "#EXT-X-ENDLIST", &format!("{tag}\n#EXT-X-ENDLIST"));
        tree.finds(&[(UnexpectedTag, LOW, Some(14)), (Version, LOW, Some(2))]);
        let stated = format!("#EXT-X-VERSION:{version}");
        let tree = tree
            .edit(LOW, "#EXT-X-VERSION:3", &stated)
            .edit(MASTER, "#EXT-X-VERSION:3", &stated);
        tree.finds(&[(UnexpectedTag, LOW, Some(14))]);
    }
}

#[test]
fn missing_file() {
    use Rule::MissingFile;
    Tree::correct().without(MASTER).finds(&[(MissingFile, MASTER, None)]);
    Tree::correct().without(HIGH).finds(&[(MissingFile, MASTER, Some(7))]);
    Tree::correct()
        .without("128k/segment_002.ts")
        .finds(&[(MissingFile, HIGH, Some(11))]);
}

#[test]
fn relative_uri() {
    use Rule::RelativeUri;
    for uri in [
        "../128k/segment_000.ts",
        "/etc/passwd",
        "https://example.org/a.ts",
        "file:a.ts",
        "a%2e.ts",
        "a.ts?b",
    ] {
        Tree::correct()
            .edit(LOW, "segment_000.ts", uri)
            .finds(&[(RelativeUri, LOW, Some(7))]);
    }
    Tree::correct()
        .edit(MASTER, LOW, "../64k/playlist.m3u8")
        .finds(&[(RelativeUri, MASTER, Some(5))]);
}

#[test]
fn target_duration() {
    use Rule::TargetDuration;
    // 281 frames are 6.525 seconds.
    let long = [segments(&[281, 70], &mut low())];
    Tree::of(&long.map(|low| ("64k", low))).finds(&[(TargetDuration, LOW, Some(6))]);
    for value in ["0", "6.0", "-6", "", "99999999999"] {
        let target = format!("#EXT-X-TARGETDURATION:{value}");
        Tree::correct()
            .edit(LOW, "#EXT-X-TARGETDURATION:6", &target)
            .finds(&[(TargetDuration, LOW, Some(3))]);
    }
    Tree::correct()
        .edit(LOW, "#EXT-X-TARGETDURATION:6\n", "")
        .finds(&[(TargetDuration, LOW, None)]);
}

#[test]
fn same_target_duration() {
    let tree = Tree::correct().edit(HIGH, "#EXT-X-TARGETDURATION:6", "#EXT-X-TARGETDURATION:7");
    tree.finds(&[(Rule::SameTargetDuration, HIGH, Some(3))]);
}

#[test]
fn playlist_type() {
    use Rule::PlaylistType;
    Tree::correct()
        .edit(LOW, "TYPE:VOD", "TYPE:EVENT")
        .finds(&[(PlaylistType, LOW, Some(4))]);
    Tree::correct()
        .edit(LOW, "#EXT-X-PLAYLIST-TYPE:VOD\n", "")
        .finds(&[(PlaylistType, LOW, None)]);
}

#[test]
fn endlist() {
    Tree::correct()
        .edit(LOW, "#EXT-X-ENDLIST\n", "")
        .finds(&[(Rule::Endlist, LOW, None)]);
    let twice = Tree::correct().edit(LOW, "#EXT-X-ENDLIST\n", "#EXT-X-ENDLIST\n#EXT-X-ENDLIST\n");
    twice.finds(&[(Rule::Endlist, LOW, Some(15))]);
}

#[test]
fn media_sequence() {
    use Rule::MediaSequence;
    let tag = "#EXT-X-MEDIA-SEQUENCE:0\n";
    Tree::correct().edit(LOW, tag, "").finds(&[(MediaSequence, LOW, None)]);
    Tree::correct()
        .edit(LOW, tag, "#EXT-X-MEDIA-SEQUENCE:1\n")
        .finds(&[(MediaSequence, LOW, Some(5))]);
    let late = Tree::correct()
        .edit(LOW, tag, "")
        .edit(LOW, "#EXT-X-ENDLIST\n", &format!("{tag}#EXT-X-ENDLIST\n"));
    late.finds(&[(MediaSequence, LOW, Some(13))]);
}

#[test]
fn independent_segments() {
    use Rule::IndependentSegments;
    let tag = "#EXT-X-INDEPENDENT-SEGMENTS\n";
    Tree::correct()
        .edit(MASTER, tag, "")
        .finds(&[(IndependentSegments, MASTER, None)]);
    Tree::correct()
        .edit(MASTER, tag, &tag.repeat(2))
        .finds(&[(IndependentSegments, MASTER, Some(4))]);
    Tree::correct()
        .edit(LOW, "#EXTM3U\n", &format!("#EXTM3U\n{tag}"))
        .finds(&[(IndependentSegments, LOW, Some(2))]);
}

#[test]
fn variant_order() {
    use Rule::VariantOrder;
    let text = String::from_utf8(Tree::correct().0[MASTER].clone()).unwrap();
    let lines: Vec<_> = text.lines().collect();
    let upside_down = [&lines[..3], &lines[5..7], &lines[3..5]].concat().join("\n") + "\n";
    Tree::correct()
        .put(MASTER, upside_down.into())
        .finds(&[(VariantOrder, MASTER, Some(6))]);
    let text = String::from_utf8(Tree::correct().0[MASTER].clone()).unwrap();
    let variant: Vec<_> = text.lines().skip(5).collect();
    let twice = format!("{text}{}\n", variant.join("\n"));
    Tree::correct()
        .put(MASTER, twice.into())
        .finds(&[(VariantOrder, MASTER, Some(9))]);
}

#[test]
fn variants_of_equal_bandwidth_pass() {
    let silence = || segments(&FRAMES, &mut low());
    Tree::of(&[("64k", silence()), ("128k", silence())]).finds(&[]);
}
