//! What uploads are called, and the two folded columns that are written with it.

use domain::{search_key, title_key};

/// The most of a name that is kept, in bytes: beyond that it is no name.
const LONGEST: usize = 2_000;

/// A text as both databases take it: PostgreSQL has none with NUL in it. What stands for one is longer.
pub(crate) fn storable(text: &str) -> String {
    let mut text = text[..text.floor_char_boundary(LONGEST)].replace('\0', "\u{fffd}");
    text.truncate(text.floor_char_boundary(LONGEST));
    text
}

/// The names of an upload. Whoever writes one of them writes both keys.
pub(crate) struct NameKeys {
    /// For `search_key`.
    pub(crate) search: String,
    /// For `title_key`.
    pub(crate) title: String,
}

impl NameKeys {
    pub(crate) fn new(title: Option<&str>, artist: Option<&str>, album: Option<&str>, filename: &str) -> Self {
        let parts = [title, artist, album, Some(filename)];
        Self {
            search: search_key(parts.into_iter().flatten()),
            title: title_key(title.unwrap_or(filename)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_has_no_title_sorts_by_its_filename() {
        let keys = NameKeys::new(None, Some("Björk"), None, "Jóga.mp3");
        assert_eq!(keys.title, "joga.mp3");
        assert_eq!(keys.search, "bjork\njoga.mp3");
        assert_eq!(NameKeys::new(Some("Jóga"), None, None, "1.mp3").title, "joga");
    }

    #[test]
    fn what_is_stored_has_an_end_and_no_nul() {
        assert_eq!(storable("a\0b"), "a\u{fffd}b");
        assert_eq!(storable(&"ä".repeat(2_000)).len(), LONGEST);
        assert_eq!(storable(&"\0".repeat(2_000)), "\u{fffd}".repeat(666));
    }
}
