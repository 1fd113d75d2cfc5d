//! What ffprobe may print of a hostile file, and what no ffprobe would print.

use proptest::{
    prelude::*,
    sample::{Index, select},
};
use serde_json::{Value, json};

use super::*;
use crate::hostile::damaged;

/// As ffprobe 5.1 answers for an M4A with a cover, some packets left out.
const REAL: &str = r#"{
    "packets": [
        {
            "codec_type": "audio",
            "side_data_list": [
                {
                    "side_data_type": "Skip Samples",
                    "skip_samples": 1024,
                    "discard_padding": 0,
                    "skip_reason": 0,
                    "discard_reason": 0
                }
            ]
        },
        {
            "codec_type": "video"
        },
        {
            "codec_type": "audio"
        }
    ],
    "programs": [

    ],
    "streams": [
        {
            "codec_name": "aac",
            "codec_type": "audio",
            "codec_tag_string": "mp4a",
            "sample_rate": "44100",
            "channels": 2,
            "channel_layout": "stereo",
            "duration": "214.296780",
            "bit_rate": "128035",
            "disposition": {
                "attached_pic": 0
            },
            "tags": {
                "title": "Audio"
            }
        },
        {
            "codec_name": "png",
            "codec_type": "video",
            "codec_tag_string": "[0][0][0][0]",
            "duration": "214.296780",
            "disposition": {
                "attached_pic": 1
            }
        }
    ],
    "format": {
        "format_name": "mov,mp4,m4a,3gp,3g2,mj2",
        "duration": "214.297000",
        "bit_rate": "131466",
        "tags": {
            "title": "Für Élise",
            "artist": "Someone",
            "ALBUM": "Pieces"
        }
    }
}
"#;

static NAMES: [&str; 6] = ["title", "TITLE", "Title", "artist", "ARTIST", "album"];

/// What is shown of a failure, in bytes.
const LONGEST_MESSAGE: usize = 1_000;

fn check(answer: &[u8]) -> Result<(), TestCaseError> {
    let probe = match parse(answer) {
        Ok(probe) => probe,
        Err(error) => {
            let message = error.to_string();
            prop_assert!(message.len() <= LONGEST_MESSAGE && is_clean(&message), "{message:?}");
            return Ok(());
        }
    };
    prop_assert!(probe.sample_rate > 0 && matches!(probe.ladder_sample_rate(), 44_100 | 48_000));
    prop_assert!((1..=MAX_CHANNELS).contains(&probe.channels));
    prop_assert!(formats::decodes(&probe.codec));
    for name in [Some(&probe.container), probe.channel_layout.as_ref()]
        .into_iter()
        .flatten()
    {
        prop_assert!(name.chars().count() <= NAME_CHARS && is_clean(name), "{name:?}");
    }
    if let Some(seconds) = probe.duration_seconds {
        prop_assert!(seconds.is_finite() && seconds.is_sign_positive(), "{seconds}");
    }
    let Tags { title, artist, album } = &probe.tags;
    for tag in [title, artist, album].into_iter().flatten() {
        prop_assert!((1..=TAG_CHARS).contains(&tag.chars().count()), "{tag:?}");
        prop_assert!(is_clean(tag) && tag.trim() == tag, "{tag:?}");
    }
    prop_assert!(serde_json::to_string(&probe).is_ok());
    // The same file has the same title every time.
    prop_assert_eq!(parse(answer).ok(), Some(probe));
    Ok(())
}

fn is_clean(text: &str) -> bool {
    !text.contains(is_disruptive)
}

/// Some of it longer than anything that is kept.
fn text() -> impl Strategy<Value = String> {
    damaged("A title").prop_map(|bytes| String::from_utf8_lossy(&bytes).chars().take(2_000).collect())
}

/// A value of any type.
fn value() -> impl Strategy<Value = Value> {
    let nested = (1..100_usize).prop_map(|depth| (0..depth).fold(json!(1), |inside, _| json!([inside])));
    prop_oneof![
        4 => text().prop_map(Value::from),
        1 => text().prop_map(|text| Value::from(text.repeat(50))),
        1 => any::<i64>().prop_map(Value::from),
        1 => any::<u64>().prop_map(Value::from),
        1 => any::<f64>().prop_map(Value::from),
        1 => any::<bool>().prop_map(Value::from),
        1 => Just(Value::Null),
        1 => nested,
        1 => Just(json!({"codec_type": "audio"})),
    ]
}

/// The values that hold no others.
fn leaves(value: &mut Value) -> Vec<&mut Value> {
    let is_leaf = match &*value {
        Value::Array(list) => list.is_empty(),
        Value::Object(map) => map.is_empty(),
        _ => true,
    };
    if is_leaf {
        return vec![value];
    }
    match value {
        Value::Array(list) => list.iter_mut().flat_map(leaves).collect(),
        Value::Object(map) => map.values_mut().flat_map(leaves).collect(),
        _ => Vec::new(),
    }
}

/// What is no property.
mod plain {
    use super::*;

    #[test]
    fn the_example_is_read() {
        check(REAL.as_bytes()).unwrap();
        assert!(parse(REAL.as_bytes()).is_ok());
    }
}

proptest! {
    #[test]
    fn values_of_other_types_are_a_probe_or_a_refusal(
        changes in prop::collection::vec((any::<Index>(), value()), 1..4),
    ) {
        let mut answer: Value = serde_json::from_str(REAL).unwrap();
        for (at, value) in changes {
            **at.get_mut(&mut leaves(&mut answer)) = value;
        }
        check(answer.to_string().as_bytes())?;
    }

    #[test]
    fn a_damaged_answer_is_a_probe_or_a_refusal(answer in damaged(REAL)) {
        check(&answer)?;
    }

    #[test]
    fn hostile_values_where_ffprobe_writes_text_come_through_clean(
        tags in prop::collection::vec((select(&NAMES[..]), text()), 0..8),
        (container, layout, duration, bit_rate) in (text(), text(), text(), text()),
        codec in prop_oneof![4 => Just("flac".to_owned()), 1 => text()],
        sample_rate in prop_oneof![4 => Just("96000".to_owned()), 1 => text()],
        channels in 0..12_u32,
    ) {
        let (of_stream, of_format) = tags.split_at(tags.len() / 2);
        let tags = |tags: &[(&str, String)]| -> BTreeMap<String, String> {
            tags.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect()
        };
        let answer = json!({
            "streams": [{
                "codec_type": "audio", "codec_name": codec, "sample_rate": sample_rate, "channels": channels,
                "channel_layout": layout, "duration": duration, "bit_rate": bit_rate, "tags": tags(of_stream),
            }],
            "format": {"format_name": container, "duration": bit_rate, "tags": tags(of_format)},
        });
        check(answer.to_string().as_bytes())?;
    }
}
