//! What clients send where a list is asked for.

use proptest::prelude::*;
use serde_json::{Value, json};

#[path = "../../../../../domain/src/hostile.rs"]
mod hostile;

use super::*;
use hostile::damaged;

const ID: &str = "018bcfe5-6801-7000-8000-000000000000";
/// `{"place":{"title":"fur elise"},"id":"018bcfe5-…"}` as clients carry it.
const CURSOR: &str =
    "eyJwbGFjZSI6eyJ0aXRsZSI6ImZ1ciBlbGlzZSJ9LCJpZCI6IjAxOGJjZmU1LTY4MDEtNzAwMC04MDAwLTAwMDAwMDAwMDAwMCJ9";

fn text(example: &str) -> impl Strategy<Value = String> + use<> {
    damaged(example).prop_map(|bytes| String::from_utf8_lossy(&bytes).into_owned())
}

/// A title as people write them, or worse: with the letters of an escape, and as long as a title may be.
fn title() -> impl Strategy<Value = String> {
    let marks = ("[\"\\\\ü]{1,3}", 600..2_100_usize);
    prop_oneof![
        2 => text("Für Élise \"WoO 59\" \\u0000"),
        1 => marks.prop_map(|(marks, times)| marks.repeat(times)),
    ]
}

fn made(place: &Value) -> LibraryCursor {
    serde_json::from_value(json!({"place": place, "id": ID})).unwrap()
}

/// What is no property.
mod plain {
    use super::*;

    #[test]
    fn the_example_is_read() {
        assert_eq!(cursor(CURSOR).unwrap(), made(&json!({"title": "fur elise"})));
    }

    #[test]
    fn a_title_may_hold_the_letters_of_an_escape() {
        let made = made(&json!({"title": "a\\u0000b"}));
        assert_eq!(cursor(&text_of(&made).unwrap()).unwrap(), made);
    }
}

proptest! {
    #[test]
    fn a_cursor_that_a_page_ends_in_begins_the_next(title in title(), bits in any::<u64>()) {
        // As the database sorts by.
        let key = domain::title_key(&title);
        for place in [json!("id"), json!({"title": key}), json!({"seconds": bits})] {
            let made = made(&place);
            let text = text_of(&made).unwrap();
            prop_assert!(text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte)), "{text}");
            let read = cursor(&text);
            prop_assert!(read.is_ok(), "{} bytes are refused: {text}", text.len());
            prop_assert_eq!(read.unwrap(), made);
        }
    }

    #[test]
    fn a_made_up_cursor_is_read_or_refused(
        text in text(CURSOR),
        json in damaged(r#"{"place":{"title":"fur elise"},"id":"018bcfe5-6801-7000-8000-000000000000"}"#),
        seconds in damaged(r#"{"place":{"seconds":4643985272004935680},"id":"018bcfe5-6801-7000-8000-000000000000"}"#),
    ) {
        let encoded = |json: &[u8]| base64_simd::URL_SAFE_NO_PAD.encode_to_string(json);
        for text in [text, encoded(&json), encoded(&seconds)] {
            let Ok(read) = cursor(&text) else { continue };
            prop_assert!(text.len() <= LONGEST_CURSOR);
            let again = text_of(&read).unwrap();
            prop_assert_eq!(cursor(&again).unwrap(), read);
        }
    }

    #[test]
    fn what_a_list_is_refused_for_is_said_in_one_short_line(
        search in text("Für Élise"),
        wanted in prop_oneof![text("ready"), text("title_descending"), text("200")],
    ) {
        let refused = [
            checked_search(&search).err(),
            state(&wanted).err(),
            sort(&wanted).err(),
            limit(&wanted).err(),
        ];
        for refused in refused.into_iter().flatten() {
            let message = refused.to_string();
            prop_assert!(message.len() < 400 && !message.contains(char::is_control), "{message:?}");
        }
        if let Ok(state) = state(&wanted) {
            prop_assert_eq!(state.as_str(), &*wanted);
        }
        if let Ok(limit) = limit(&wanted) {
            prop_assert!((1..=MOST).contains(&limit));
        }
    }
}
