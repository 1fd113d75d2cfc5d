//! What may be a key.

use crate::ObjectError;

/// S3's limit, in bytes of UTF-8.
const LONGEST: usize = 1024;

/// Refuses what some server, browser or proxy between us would read as another key: URL libraries resolve `.` and `..`
/// segments, even escaped ones, and strip leading slashes.
pub(crate) fn check(key: &str) -> Result<(), ObjectError> {
    let reason = if key.is_empty() {
        "it is empty"
    } else if key.split('/').any(|segment| segment == "." || segment == "..") {
        "it has a segment `.` or `..`"
    } else {
        return check_prefix(key);
    };
    Err(bad(key, reason))
}

/// The same for the beginning of a key, which may be empty, or end in the middle of a segment.
pub(crate) fn check_prefix(prefix: &str) -> Result<(), ObjectError> {
    let reason = if prefix.len() > LONGEST {
        "it is longer than 1,024 bytes"
    } else if prefix.starts_with('/') {
        "it begins with a slash"
    } else if prefix.chars().any(char::is_control) {
        "it has control characters"
    } else {
        return Ok(());
    };
    Err(bad(prefix, reason))
}

fn bad(key: &str, reason: &'static str) -> ObjectError {
    ObjectError::BadKey {
        key: key.chars().take(100).collect(),
        reason,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hostile_keys_are_refused_before_anything_is_sent() {
        for key in [
            "",
            "/",
            "/a",
            "//a",
            ".",
            "..",
            "../a",
            "a/..",
            "a/../b",
            "a/./b",
            "a\0b",
            "a\nb",
            "a\r\nHost: b",
            "a\u{7f}b",
            "a\u{85}b",
            &"a".repeat(1025),
            &"ü".repeat(513),
        ] {
            assert!(matches!(check(key), Err(ObjectError::BadKey { .. })), "{key:?}");
        }
    }

    #[test]
    fn odd_keys_are_keys() {
        for key in [
            "a",
            "a//b",
            "a/",
            "...",
            "a/...b",
            "a b",
            "a+b%2F",
            "ü/✓.ts",
            "a?b#c&d=e",
            "a\\..\\b",
            "\"<a>'&amp;",
        ] {
            assert_eq!(check(key), Ok(()), "{key:?}");
        }
        assert_eq!(check(&"a".repeat(1024)), Ok(()));
        assert_eq!(check_prefix(""), Ok(()));
        assert!(check_prefix("/").is_err());
    }
}
