//! Tokens that clients send back or make up, and the order that a walk along the index relies on.

use proptest::prelude::*;

use super::*;
use crate::hostile::damaged;

fn text() -> impl Strategy<Value = String> {
    damaged("uploads/ü/1").prop_map(|bytes| String::from_utf8_lossy(&bytes).into_owned())
}

/// As RFC 3986 has it.
fn decode(text: &str) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut rest = text;
    while let Some(at) = rest.find('%') {
        bytes.extend(rest[..at].bytes());
        bytes.push(u8::from_str_radix(&rest[at + 1..at + 3], 16).unwrap());
        rest = &rest[at + 3..];
    }
    bytes.extend(rest.bytes());
    bytes
}

proptest! {
    #[test]
    fn a_token_leads_back_to_where_the_page_ended(text in text()) {
        for after in [After::Key(text.clone()), After::Prefix(text)] {
            let token = after.to_token();
            prop_assert!(token.bytes().all(|byte| byte.is_ascii_alphanumeric()));
            prop_assert_eq!(After::from_token(&token), Some(after));
        }
    }

    #[test]
    fn a_made_up_token_is_read_or_refused(
        bytes in prop_oneof![damaged("k75706c6f6164732f"), damaged("pc3bc")],
    ) {
        let token = String::from_utf8_lossy(&bytes);
        if let Some(after) = After::from_token(&token) {
            prop_assert_eq!(after.to_token(), token.to_ascii_lowercase());
        }
    }

    #[test]
    fn an_encoded_key_is_plain_and_decodes_to_itself(key in text()) {
        let encoded = encoder(Some(&EncodingType::from_static(EncodingType::URL)))(key.clone());
        prop_assert!(encoded.bytes().all(|byte| byte.is_ascii_graphic() && !b"<>&\"'".contains(&byte)));
        prop_assert_eq!(decode(&encoded), key.as_bytes());
        prop_assert_eq!(encoder(None)(key.clone()), key);
    }

    #[test]
    fn what_begins_with_a_prefix_lies_between_it_and_what_is_behind(
        prefix in "[ab\u{0}\u{7f}é\u{10ffff}]{0,4}",
        other in "[ab\u{0}\u{7f}é\u{10ffff}]{0,6}",
    ) {
        let first = object_key("bucket", &prefix);
        let key = object_key("bucket", &other);
        let is_between = first <= key && key < behind(&first);
        prop_assert_eq!(is_between, other.starts_with(&prefix));
        prop_assert!(behind(&first) <= object_key("bucket1", ""), "no other bucket's keys are among them");
    }
}
