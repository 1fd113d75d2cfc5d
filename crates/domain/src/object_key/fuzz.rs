//! Keys made of anything, and anything taken for a key.

use proptest::{prelude::*, sample::select};
use uuid::Uuid;

use super::*;
use crate::{JobId, Ladder, SessionId, hostile::damaged, protocol::WorkerId};

/// S3's limit, in bytes.
const LONGEST_KEY: usize = 1024;

fn text(example: &str) -> impl Strategy<Value = String> + use<> {
    damaged(example).prop_map(|bytes| String::from_utf8_lossy(&bytes).into_owned())
}

fn prefix() -> impl Strategy<Value = KeyPrefix> {
    let names = prop::collection::vec("[A-Za-z0-9_-]{1,8}(\\.[A-Za-z0-9_-]{0,8})?", 1..6);
    names.prop_map(|names| names.join("/").parse().unwrap())
}

fn rung() -> impl Strategy<Value = Rung> {
    (16..=320_u32).prop_map(|kilobits| format!("{kilobits}k").parse().unwrap())
}

fn file() -> impl Strategy<Value = TreeFile> {
    prop_oneof![
        Just(TreeFile::Master),
        rung().prop_map(TreeFile::Playlist),
        (rung(), 0..=MAX_SEGMENT).prop_map(|(rung, index)| TreeFile::Segment(rung, index)),
    ]
}

fn object() -> impl Strategy<Value = ObjectKey> {
    let ids = (any::<u128>(), any::<u128>()).prop_map(|(user, upload)| {
        (
            UserId::from_uuid(Uuid::from_u128(user)),
            UploadId::from_uuid(Uuid::from_u128(upload)),
        )
    });
    let source_type = select(vec!["aac", "flac", "m4a", "mp3", "ogg", "wav", "webm"]);
    let source = (ids.clone(), source_type).prop_map(|((user, upload), source_type)| ObjectKey::Source {
        user,
        upload,
        source_type: source_type.parse().unwrap(),
    });
    let tree = (ids, "[0-9a-z]{16}", file()).prop_map(|((user, upload), tree, file)| ObjectKey::Tree {
        user,
        upload,
        tree: tree.parse().unwrap(),
        file,
    });
    prop_oneof![1 => Just(ObjectKey::Marker), 4 => source, 8 => tree]
}

/// Whatever a server, a browser or a file system makes of it, it is this key.
fn is_plain(key: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_./".contains(&byte);
    key.len() <= LONGEST_KEY
        && key.bytes().all(plain)
        && !key.contains("..")
        && key.split('/').all(|name| !name.is_empty() && name != ".")
}

/// What reads as a value is the one spelling of that value.
fn spells_itself<T>(text: &str) -> Result<(), TestCaseError>
where
    T: FromStr + fmt::Display,
    T::Err: fmt::Display,
{
    match text.parse::<T>() {
        Ok(value) => prop_assert_eq!(value.to_string(), text),
        Err(error) => {
            let message = error.to_string();
            prop_assert!(
                message.len() < 4_000 && !message.contains(char::is_control),
                "{}",
                message
            );
        }
    }
    Ok(())
}

proptest! {
    #[test]
    fn every_key_is_read_as_it_was_written(prefix in prefix(), object in object()) {
        let key = prefix.key(&object);
        prop_assert!(is_plain(&key), "{key}");
        prop_assert_eq!(prefix.parse(&key), Some(object));
    }

    #[test]
    fn nothing_reads_as_a_key_that_is_not_spelled_as_we_spell(
        (prefix, text) in (prefix(), object()).prop_flat_map(|(prefix, object)| {
            let key = prefix.key(&object);
            (Just(prefix), text(&key))
        }),
    ) {
        if let Some(object) = prefix.parse(&text) {
            prop_assert_eq!(prefix.key(&object), &*text);
            prop_assert!(is_plain(&text), "{text}");
        }
    }

    #[test]
    fn no_upload_lies_under_the_prefix_of_another(prefix in prefix(), one in object(), other in object()) {
        let folder = |object: &ObjectKey| match object {
            ObjectKey::Marker => None,
            ObjectKey::Source { user, upload, .. } => Some(prefix.of_upload(*user, *upload)),
            ObjectKey::Tree { user, upload, tree, .. } => Some(prefix.of_tree(*user, *upload, tree)),
        };
        prop_assert!(prefix.key(&one).starts_with(&prefix.of_all()));
        if let Some(folder) = folder(&one) {
            prop_assert!(prefix.key(&one).starts_with(&folder));
            // The ids are drawn anew, so they are others.
            prop_assert!(!prefix.key(&other).starts_with(&folder));
        }
    }

    #[test]
    fn every_part_of_a_key_has_one_spelling(
        prefix in text("media/segue-2/a.b"),
        file in select(vec!["master.m3u8", "64k/playlist.m3u8", "320k/segment_00999.ts"]).prop_flat_map(text),
        tree in text("k3v9x0q2m4n6b8c1"),
        id in text("018bcfe5-6800-7fff-bfff-ffffffffffff"),
        rungs in text("16k,64k,128k,320k"),
        source_type in text("mp3"),
    ) {
        spells_itself::<KeyPrefix>(&prefix)?;
        spells_itself::<TreeFile>(&file)?;
        spells_itself::<TreeName>(&tree)?;
        spells_itself::<UploadId>(&id)?;
        spells_itself::<UserId>(&id)?;
        spells_itself::<JobId>(&id)?;
        spells_itself::<SessionId>(&id)?;
        spells_itself::<Ladder>(&rungs)?;
        spells_itself::<Rung>(&rungs)?;
        spells_itself::<SourceType>(&source_type)?;
        if let Ok(prefix) = prefix.parse::<KeyPrefix>() {
            prop_assert!(is_plain(&prefix.to_string()), "{prefix}");
        }
        for text in [tree, id] {
            if let Ok(worker) = WorkerId::try_from(text.clone()) {
                prop_assert_eq!(worker.as_str(), text);
            }
        }
    }

    #[test]
    fn the_type_of_any_filename_is_one_of_the_list(filename in text("My Song (live).final.MP3")) {
        if let Ok(source_type) = SourceType::of_filename(&filename) {
            let extension = source_type.extension();
            prop_assert_eq!(extension.parse(), Ok(source_type));
            let end = format!(".{extension}");
            prop_assert!(filename.to_ascii_lowercase().ends_with(&end));
        }
    }
}
