//! Playlists as a worker would send them that a stranger's file has turned.

use proptest::prelude::*;

use super::*;
use crate::hostile::damaged;

const MEDIA: &str = "\
#EXTM3U
#EXT-X-VERSION:3
#EXT-X-TARGETDURATION:6
#EXT-X-PLAYLIST-TYPE:VOD
#EXT-X-MEDIA-SEQUENCE:0
#EXTINF:6.0139685,
segment_000.ts
#EXTINF:6.0139685,
segment_001.ts
# a comment
#EXT-X-KEY:METHOD=NONE
#EXTINF:1.6253968,
segment_002.ts
#EXT-X-ENDLIST
";
const MASTER: &str = "\
#EXTM3U\r
#EXT-X-VERSION:3\r
#EXT-X-INDEPENDENT-SEGMENTS\r
#EXT-X-STREAM-INF:BANDWIDTH=75250,AVERAGE-BANDWIDTH=70000,CODECS=\"mp4a.40.2\"\r
64k/playlist.m3u8\r
#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID=\"a\",NAME=\"b\",URI=\"64k/playlist.m3u8\"\r
#EXT-X-STREAM-INF:BANDWIDTH=150000,AVERAGE-BANDWIDTH=140000,CODECS=\"mp4a.40.2\"\r
128k/playlist.m3u8\r
";

/// The lines of a playlist to the most lenient of players: whatever ends a line anywhere ends one here.
fn lenient_lines(playlist: &str) -> impl Iterator<Item = &str> {
    let ends = |character: char| character.is_control() || "\u{2028}\u{2029}".contains(character);
    playlist.split(ends).map(str::trim).filter(|line| !line.is_empty())
}

fn text(example: &str) -> impl Strategy<Value = String> + use<> {
    // Few damages leave the first line alone; so those to what follows it are tried on their own as well.
    let (first, rest) = example.split_once('\n').unwrap();
    let first = format!("{first}\n").into_bytes();
    let kept = damaged(rest).prop_map(move |rest| [&first[..], &rest].concat());
    prop_oneof![1 => damaged(example), 4 => kept].prop_map(|bytes| String::from_utf8_lossy(&bytes).into_owned())
}

proptest! {
    #[test]
    fn what_passes_leads_nowhere_but_to_its_neighbours(
        playlist in prop_oneof![text(MEDIA), text(MASTER), text(&MEDIA.replace("#EXT-X-KEY:METHOD=NONE\n", ""))],
    ) {
        let lines = match UriLines::find(&playlist) {
            Ok(lines) => lines,
            Err(error) => {
                prop_assert!(error.to_string().len() < 100);
                return Ok(());
            }
        };
        let mut found = lines.uris().iter();
        for line in lenient_lines(&playlist) {
            if line.starts_with('#') {
                let name = line.split(':').next().unwrap_or_default();
                let is_tag = line.to_uppercase().starts_with("#EXT");
                prop_assert!(!is_tag || TAGS.contains(&name), "{line:?}");
            } else {
                prop_assert_eq!(found.next(), Some(&line), "a player sees what was not looked at");
                let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_./".contains(&byte);
                prop_assert!(line.bytes().all(is_plain), "{line:?}");
                prop_assert!(line.split('/').all(|name| !name.is_empty() && !name.starts_with('.')), "{line:?}");
            }
        }
        prop_assert_eq!(found.next(), None);
    }

    #[test]
    fn nothing_but_the_uris_is_replaced(playlist in text(&MEDIA.replace("#EXT-X-KEY:METHOD=NONE\n", ""))) {
        let Ok(lines) = UriLines::find(&playlist) else { return Ok(()) };
        let same: Vec<String> = lines.uris().iter().map(ToString::to_string).collect();
        prop_assert_eq!(lines.replaced(&same), &*playlist);

        let others: Vec<String> = (0..same.len()).map(|index| format!("other_{index}.ts")).collect();
        let replaced = lines.replaced(&others);
        let again = UriLines::find(&replaced).unwrap();
        prop_assert_eq!(again.uris(), &others[..]);
        prop_assert_eq!(again.replaced(&same), playlist);
    }
}
