//! Playlists with other URIs in them: how segments become presigned URLs on their way to a player.
//!
//! A playlist comes from a worker that read a stranger's file. What passes here is served under our own name, so it may
//! point to nothing but its neighbours.

/// A playlist and where its URI lines are (RFC 8216, 4.1).
#[derive(Debug, Clone)]
pub struct UriLines<'a> {
    /// What stands before each URI,
    before: Vec<&'a str>,
    uris: Vec<&'a str>,
    /// and what follows the last.
    after: &'a str,
}

/// Not a playlist that may be passed on. Lines count from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotPlain {
    /// It does not begin with `#EXTM3U`.
    #[error("it is no playlist")]
    NoPlaylist,
    /// A URI that is more than a path of plain names.
    #[error("line {0} leads elsewhere than to a neighbouring file")]
    Uri(usize),
    /// A tag that our playlists do not have, such as a key or a map.
    #[error("line {0} has a tag that is none of ours")]
    Tag(usize),
    /// A character that a player may take for the end of a line, and what follows it for a URI.
    #[error("line {0} holds a control character or a line separator")]
    Control(usize),
}

/// The tags that our playlists have. A closed list: others name keys, maps, further playlists and lists of what else to
/// play, each in an attribute of its own, and players do not agree on how an attribute is spelled.
const TAGS: [&str; 9] = [
    "#EXTM3U",
    "#EXT-X-VERSION",
    "#EXT-X-INDEPENDENT-SEGMENTS",
    "#EXT-X-STREAM-INF",
    "#EXT-X-TARGETDURATION",
    "#EXT-X-PLAYLIST-TYPE",
    "#EXT-X-MEDIA-SEQUENCE",
    "#EXTINF",
    "#EXT-X-ENDLIST",
];

impl<'a> UriLines<'a> {
    /// Finds them. Every URI must be a relative path of plain names, as in `segment_000.ts` or `64k/playlist.m3u8`, and
    /// every tag one that our playlists have; none of those has a URI in it.
    pub fn find(playlist: &'a str) -> Result<Self, NotPlain> {
        if playlist.lines().next() != Some("#EXTM3U") {
            return Err(NotPlain::NoPlaylist);
        }
        let (mut before, mut uris) = (Vec::new(), Vec::new());
        let (mut start, mut position) = (0, 0);
        for (index, line) in playlist.split_inclusive('\n').enumerate() {
            let text = line.strip_suffix('\n').unwrap_or(line);
            let text = text.strip_suffix('\r').unwrap_or(text);
            if text.contains(ends_a_line) {
                return Err(NotPlain::Control(index + 1));
            }
            if text.starts_with('#') {
                if !is_comment(text) && !TAGS.contains(&text.split(':').next().unwrap_or_default()) {
                    return Err(NotPlain::Tag(index + 1));
                }
            } else if !text.is_empty() {
                if !text.split('/').all(is_plain_name) {
                    return Err(NotPlain::Uri(index + 1));
                }
                before.push(&playlist[start..position]);
                uris.push(text);
                start = position + text.len();
            }
            position += line.len();
        }
        Ok(Self {
            before,
            uris,
            after: &playlist[start..],
        })
    }

    /// The URIs, in their order.
    #[must_use]
    pub fn uris(&self) -> &[&'a str] {
        &self.uris
    }

    /// The playlist with `urls` in place of its own, one for each, and everything else as it was.
    ///
    /// # Panics
    ///
    /// If there are more or fewer of them.
    #[must_use]
    pub fn replaced(&self, urls: &[String]) -> String {
        assert_eq!(urls.len(), self.uris.len(), "each URI has its replacement");
        let rest: usize = self.before.iter().map(|text| text.len()).sum();
        let length: usize = urls.iter().map(String::len).sum();
        let mut text = String::with_capacity(rest + length + self.after.len());
        for (before, url) in self.before.iter().zip(urls) {
            text.push_str(before);
            text.push_str(url);
        }
        text.push_str(self.after);
        text
    }
}

/// To some player. By RFC 8216 (4.1) only LF and CR LF do, and no control character may be in a playlist.
fn ends_a_line(character: char) -> bool {
    character.is_control() || matches!(character, '\u{2028}' | '\u{2029}')
}

/// Tags begin with `#EXT`, and there are players that do not insist on capitals.
fn is_comment(line: &str) -> bool {
    !line.get(..4).is_some_and(|start| start.eq_ignore_ascii_case("#EXT"))
}

/// Neither empty nor hidden, and nothing in it that a URL or a playlist would read as more than a name.
fn is_plain_name(name: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
    !name.is_empty() && !name.starts_with('.') && name.bytes().all(plain)
}

#[cfg(test)]
mod fuzz;

#[cfg(test)]
mod tests {
    use super::*;

    const MEDIA: &str = "\
#EXTM3U
#EXT-X-VERSION:3
#EXT-X-TARGETDURATION:6
#EXT-X-PLAYLIST-TYPE:VOD
#EXT-X-MEDIA-SEQUENCE:0
#EXTINF:6.0139685,
segment_000.ts
#EXTINF:1.6253968,
segment_001.ts
#EXT-X-ENDLIST
";

    #[test]
    fn segments_are_replaced_and_nothing_else() {
        let lines = UriLines::find(MEDIA).unwrap();
        assert_eq!(lines.uris(), ["segment_000.ts", "segment_001.ts"]);
        let urls = ["http://bucket/a?sig=1".to_owned(), "http://bucket/b?sig=2".to_owned()];
        let expected = "\
#EXTM3U
#EXT-X-VERSION:3
#EXT-X-TARGETDURATION:6
#EXT-X-PLAYLIST-TYPE:VOD
#EXT-X-MEDIA-SEQUENCE:0
#EXTINF:6.0139685,
http://bucket/a?sig=1
#EXTINF:1.6253968,
http://bucket/b?sig=2
#EXT-X-ENDLIST
";
        assert_eq!(lines.replaced(&urls), expected);
    }

    #[test]
    fn lines_end_as_they_did() {
        let text = "#EXTM3U\r\n\r\n#EXTINF:6,\r\na.ts\r\n# a comment\r\n#EXTINF:6,\r\nb.ts";
        let lines = UriLines::find(text).unwrap();
        let urls = ["A".to_owned(), "B".to_owned()];
        let expected = "#EXTM3U\r\n\r\n#EXTINF:6,\r\nA\r\n# a comment\r\n#EXTINF:6,\r\nB";
        assert_eq!(lines.replaced(&urls), expected);
        assert_eq!(UriLines::find("#EXTM3U\n").unwrap().replaced(&[]), "#EXTM3U\n");
    }

    #[test]
    fn a_master_names_its_renditions() {
        let text = "#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=75250,CODECS=\"mp4a.40.2\"\n64k/playlist.m3u8\n";
        assert_eq!(UriLines::find(text).unwrap().uris(), ["64k/playlist.m3u8"]);
    }

    #[test]
    fn what_leads_elsewhere_is_refused() {
        for uri in [
            "http://example.org/a.ts",
            "//example.org/a.ts",
            "/a.ts",
            "../a.ts",
            "a/../b.ts",
            "./a.ts",
            "a//b.ts",
            "a.ts?x=1",
            "a.ts#x",
            "javascript:x",
            "a%2Fb.ts",
            "a b.ts",
            " a.ts",
            "ä.ts",
        ] {
            let text = format!("#EXTM3U\n#EXTINF:6,\n{uri}\n");
            assert_eq!(UriLines::find(&text).unwrap_err(), NotPlain::Uri(3), "{uri:?}");
        }
        for tag in [
            "#EXT-X-KEY:METHOD=AES-128,URI=\"http://example.org\"",
            "#EXT-X-MAP:uri=\"a\"",
            "#EXT-X-MEDIA:TYPE=AUDIO,URI=\"b\"",
            "#EXT-X-KEY:METHOD=AES-128,URI =\"http://example.org\"",
            "#EXT-X-DATERANGE:ID=\"a\",CLASS=\"com.apple.hls.interstitial\",X-ASSET-LIST=\"http://example.org\"",
            "#EXT-X-DISCONTINUITY",
            "#ext-x-map:uri=\"a\"",
            "#EXTINF :6,",
        ] {
            let text = format!("#EXTM3U\n{tag}\n");
            assert_eq!(UriLines::find(&text).unwrap_err(), NotPlain::Tag(2), "{tag}");
        }
        // A player that ends a line there goes to example.org.
        for end in ["\r", "\u{2028}", "\u{2029}", "\u{b}", "\u{c}", "\u{85}", "\0"] {
            for line in [
                format!("#EXTINF:6,{end}http://example.org/a.ts"),
                format!("a{end}b.ts"),
                format!("# {end}x"),
            ] {
                let text = format!("#EXTM3U\n{line}\n");
                assert_eq!(UriLines::find(&text).unwrap_err(), NotPlain::Control(2), "{line:?}");
            }
        }
        for text in ["", "\n#EXTM3U\n", "<html>", "#EXTM3U8\n"] {
            assert_eq!(UriLines::find(text).unwrap_err(), NotPlain::NoPlaylist, "{text:?}");
        }
    }
}
