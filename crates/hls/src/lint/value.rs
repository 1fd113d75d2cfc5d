//! The values in tags (RFC 8216, 4.2): whole and decimal numbers, attribute lists, URIs.

/// A longer path is no name of ours, and would only swell the findings.
const LONGEST_PATH: usize = 255;
/// RFC 8216 and its successor know fewer than twenty for any tag; each is compared with those before it.
const MOST_ATTRIBUTES: usize = 64;

/// A decimal-integer.
pub(super) fn whole(text: &str) -> Option<u64> {
    // u64::from_str also takes a plus sign.
    let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    digits.then(|| text.parse().ok())?
}

/// A decimal-floating-point number of seconds, in nanoseconds. Digits beyond the ninth are cut off.
pub(super) fn nanoseconds(text: &str) -> Option<u64> {
    let (seconds, fraction) = text.split_once('.').unwrap_or((text, "0"));
    whole(seconds).filter(|_| !fraction.is_empty() && fraction.bytes().all(|byte| byte.is_ascii_digit()))?;
    let fraction = format!("{:0<9}", &fraction[..fraction.len().min(9)]);
    whole(seconds)?
        .checked_mul(1_000_000_000)?
        .checked_add(whole(&fraction)?)
}

/// An attribute-list, as names and raw values.
#[derive(Default)]
pub(super) struct Attributes<'a>(Vec<(&'a str, &'a str)>);

impl<'a> Attributes<'a> {
    /// None where the text is no attribute-list, names an attribute twice, or has more than any tag takes.
    pub(super) fn parse(mut text: &'a str) -> Option<Self> {
        let mut list: Vec<(&str, &str)> = Vec::new();
        loop {
            let (name, rest) = text.split_once('=')?;
            let legal = |byte: u8| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'-';
            let is_new = list.len() < MOST_ATTRIBUTES && list.iter().all(|&(other, _)| other != name);
            if name.is_empty() || !name.bytes().all(legal) || !is_new {
                return None;
            }
            let end = match rest.strip_prefix('"') {
                Some(quoted) => quoted.find('"')? + 2,
                None => rest.find(',').unwrap_or(rest.len()),
            };
            let (value, rest) = rest.split_at(end);
            if value.is_empty() {
                return None;
            }
            list.push((name, value));
            if rest.is_empty() {
                return Some(Attributes(list));
            }
            text = rest.strip_prefix(',')?;
        }
    }

    /// The value as it stands, with its quotes if it has any.
    pub(super) fn get(&self, name: &str) -> Option<&'a str> {
        self.0
            .iter()
            .find(|&&(other, _)| other == name)
            .map(|&(_, value)| value)
    }
}

/// Whether `uri` is a plain path below the playlist that names it. This is stricter than a relative reference (RFC 3986,
/// 4.2), and on purpose: what passes means the same to a browser, to a file system and to a bucket, and cannot climb.
pub(super) fn is_plain_path(uri: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-');
    uri.len() <= LONGEST_PATH
        && !uri.contains("..")
        && uri
            .split('/')
            .all(|part| !part.is_empty() && part != "." && part.bytes().all(plain))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seconds_are_read_without_rounding() {
        assert_eq!(nanoseconds("6"), Some(6_000_000_000));
        assert_eq!(nanoseconds("5.9907484"), Some(5_990_748_400));
        assert_eq!(nanoseconds("0.0232199549999"), Some(23_219_954));
        for malformed in [
            "",
            ".",
            "6.",
            ".5",
            "-1",
            "+1",
            "1e3",
            "6,0",
            "nan",
            "1.2.3",
            "99999999999999999999",
            "6.é",
        ] {
            assert_eq!(nanoseconds(malformed), None, "{malformed}");
        }
    }

    #[test]
    fn attribute_lists_are_read() {
        let attributes = Attributes::parse("BANDWIDTH=1,CODECS=\"a,b=c\",X-Y=z").unwrap();
        assert_eq!(attributes.get("BANDWIDTH"), Some("1"));
        assert_eq!(attributes.get("CODECS"), Some("\"a,b=c\""));
        assert_eq!(attributes.get("X-Y"), Some("z"));
        for malformed in [
            "",
            "A",
            "A=",
            "=1",
            "A=1,",
            "A=1 ,B=2, C=3",
            "a=1",
            "A=\"1",
            "A=\"1\"2",
            "A=1,A=2",
        ] {
            assert!(Attributes::parse(malformed).is_none(), "{malformed}");
        }
        let of_length = |length: usize| {
            (0..length)
                .map(|index| format!("A{index}=1"))
                .collect::<Vec<_>>()
                .join(",")
        };
        assert!(Attributes::parse(&of_length(MOST_ATTRIBUTES)).is_some());
        assert!(Attributes::parse(&of_length(MOST_ATTRIBUTES + 1)).is_none());
    }

    #[test]
    fn only_plain_paths_are_plain() {
        for plain in ["segment_000.ts", "64k/playlist.m3u8", "a/b/c", ".a", "a."] {
            assert!(is_plain_path(plain), "{plain}");
        }
        for other in [
            "",
            "/etc/passwd",
            "../x",
            "64k/../../x",
            "./x",
            "a//b",
            "a..b",
            "a/",
            "https://example.org/x",
            "//example.org/x",
            "data:x",
            "a%2f..",
            "a\\b",
            "a?b",
            "a#b",
            "a b",
            "é",
            "x\0",
        ] {
            assert!(!is_plain_path(other), "{other}");
        }
        assert!(!is_plain_path(&"a".repeat(256)));
    }
}
