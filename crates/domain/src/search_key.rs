//! What a search looks in.

use unicode_normalization::{UnicodeNormalization, char::is_combining_mark};

const LONGEST: usize = 2_000;

/// One text of title, artist, album and filename, folded so that case and accents do not matter. Parts are set apart
/// by line breaks, which no search text holds, so that nothing is found across two of them.
#[must_use]
pub fn search_key<'a>(parts: impl IntoIterator<Item = &'a str>) -> String {
    let folded: Vec<_> = parts.into_iter().map(fold).filter(|part| !part.is_empty()).collect();
    let mut key = folded.join("\n");
    key.truncate(key.floor_char_boundary(LONGEST));
    key
}

/// What a library sorts a title by: folded like a search key, so that case and accents do not matter.
#[must_use]
pub fn title_key(title: &str) -> String {
    let mut key = fold(title);
    key.truncate(key.floor_char_boundary(LONGEST));
    key
}

/// What an e-mail address is compared by, so that no two accounts differ in case or in composed letters only.
#[must_use]
pub fn email_key(email: &str) -> String {
    email.trim().nfc().flat_map(char::to_lowercase).collect()
}

/// The pattern that finds a text within search keys, for `LIKE … ESCAPE '\'`. `None`: an empty search finds all.
#[must_use]
pub fn search_pattern(text: &str) -> Option<String> {
    let mut folded = fold(text);
    if folded.is_empty() {
        return None;
    }
    // SQLite refuses patterns beyond some length, and no key is longer than this.
    folded.truncate(folded.floor_char_boundary(LONGEST));
    let mut pattern = String::from("%");
    for character in folded.chars() {
        if matches!(character, '%' | '_' | '\\') {
            pattern.push('\\');
        }
        pattern.push(character);
    }
    pattern.push('%');
    Some(pattern)
}

/// NFKD, without marks, in lower case, with single spaces.
fn fold(text: &str) -> String {
    let plain: String = text
        .nfkd()
        .filter(|character| !is_combining_mark(*character))
        .flat_map(char::to_lowercase)
        // Lower-casing decomposes some letters again: İ becomes i and a dot.
        .filter(|character| !is_combining_mark(*character))
        .map(|character| if character.is_control() { ' ' } else { character })
        .collect();
    plain.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn case_accents_and_forms_do_not_matter() {
        let key = search_key(["Für Élise", "", "ＬＯＵＤ  music\t", "İstanbul.mp3"]);
        assert_eq!(key, "fur elise\nloud music\nistanbul.mp3");
        assert_eq!(search_pattern("ÉLISE").unwrap(), "%elise%");
        assert_eq!(search_pattern("e\u{301}lise").unwrap(), "%elise%");
    }

    #[test]
    fn patterns_in_a_search_are_text() {
        assert_eq!(search_pattern(r"100%_\").unwrap(), r"%100\%\_\\%");
        assert_eq!(search_pattern(" \u{301}\n"), None);
    }

    #[test]
    fn titles_sort_by_their_letters() {
        let mut titles = ["b", "Á", "a  b", "C"];
        titles.sort_by_key(|title| title_key(title));
        assert_eq!(titles, ["Á", "a  b", "b", "C"]);
    }

    #[test]
    fn an_address_has_one_key() {
        assert_eq!(email_key(" Ann.Öz@Example.ORG "), "ann.öz@example.org");
        assert_eq!(email_key("o\u{308}@example.org"), email_key("Ö@example.org"));
        assert_ne!(email_key("o@example.org"), email_key("ö@example.org"));
    }

    #[test]
    fn a_key_has_a_length_limit() {
        let key = search_key([&*"ß".repeat(5_000)]);
        assert!(key.len() <= LONGEST && key.len() > LONGEST - 4);
        assert!(!search_key(["a\0b"]).contains('\0'));
        assert!(search_pattern(&"a".repeat(60_000)).unwrap().len() <= LONGEST + 2);
    }
}
