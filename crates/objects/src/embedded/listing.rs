//! Listing objects: a page is one walk along the index from where the last one ended.

use std::{ops::Bound, str, sync::Arc};

use s3s::{
    S3Response, S3Result,
    dto::{CommonPrefix, EncodingType, ListObjectsV2Input, ListObjectsV2Output, Object, ObjectStorageClass},
    s3_error,
};

use super::{
    error::StoreError,
    index::{Snapshot, object_key},
    record::{ObjectRecord, Record},
    s3::{etag, time},
    store::Store,
};

const LONGEST_PAGE: usize = 1000;

/// Where a page begins.
#[derive(Debug, Clone, PartialEq, Eq)]
enum After {
    Key(String),
    /// Behind all keys that begin so.
    Prefix(String),
}

enum Entry {
    Object(String, ObjectRecord),
    Prefix(String),
}

pub(super) async fn list_objects_v2(
    store: &Arc<Store>,
    input: ListObjectsV2Input,
) -> S3Result<S3Response<ListObjectsV2Output>> {
    let limit = page_length(input.max_keys)?;
    let prefix = input.prefix.clone().unwrap_or_default();
    let delimiter = input.delimiter.clone().filter(|delimiter| !delimiter.is_empty());
    let after = match (&input.continuation_token, &input.start_after) {
        (Some(token), _) => Some(After::from_token(token).ok_or_else(|| {
            s3_error!(
                InvalidArgument,
                "the continuation token is not one that this server gave"
            )
        })?),
        (None, Some(key)) => Some(After::Key(key.clone())),
        (None, None) => None,
    };
    let bucket = input.bucket.clone();
    let (entries, is_truncated) = store
        .read(move |snapshot| page(snapshot, &bucket, &prefix, delimiter.as_deref(), after, limit))
        .await?;
    let next = entries.last().filter(|_| is_truncated).map(|entry| match entry {
        Entry::Object(key, _) => After::Key(key.clone()),
        Entry::Prefix(prefix) => After::Prefix(prefix.clone()),
    });
    let encode = encoder(input.encoding_type.as_ref());
    let (mut contents, mut common_prefixes) = (Vec::new(), Vec::new());
    let key_count = i32::try_from(entries.len()).ok();
    for entry in entries {
        match entry {
            Entry::Object(key, object) => contents.push(Object {
                key: Some(encode(key)),
                size: i64::try_from(object.size).ok(),
                e_tag: Some(etag(object.etag)),
                last_modified: Some(time(object.modified)),
                storage_class: Some(ObjectStorageClass::from_static(ObjectStorageClass::STANDARD)),
                ..Object::default()
            }),
            Entry::Prefix(prefix) => common_prefixes.push(CommonPrefix {
                prefix: Some(encode(prefix)),
            }),
        }
    }
    Ok(S3Response::new(ListObjectsV2Output {
        name: Some(input.bucket),
        prefix: input.prefix.map(&encode),
        delimiter: input.delimiter.map(&encode),
        start_after: input.start_after.map(&encode),
        max_keys: i32::try_from(limit).ok(),
        key_count,
        is_truncated: Some(is_truncated),
        continuation_token: input.continuation_token,
        next_continuation_token: next.map(|next| next.to_token()),
        contents: Some(contents),
        common_prefixes: Some(common_prefixes),
        encoding_type: input.encoding_type,
        ..ListObjectsV2Output::default()
    }))
}

/// How many entries are wanted; at most 1,000 are given.
pub(super) fn page_length(asked: Option<i32>) -> S3Result<usize> {
    let Some(asked) = asked else { return Ok(LONGEST_PAGE) };
    match usize::try_from(asked) {
        Ok(asked) => Ok(asked.min(LONGEST_PAGE)),
        Err(_) => Err(s3_error!(InvalidArgument, "a page cannot have fewer than no entries")),
    }
}

/// XML cannot hold every character that a key can; a client that has such keys asks for them URL-encoded.
pub(super) fn encoder(asked: Option<&EncodingType>) -> impl Fn(String) -> String + use<> {
    let is_asked = asked.is_some_and(|asked| asked.as_str() == EncodingType::URL);
    move |text| {
        if !is_asked {
            return text;
        }
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.~/".contains(&byte);
        let mut encoded = String::with_capacity(text.len());
        for byte in text.bytes() {
            if plain(byte) {
                encoded.push(char::from(byte));
            } else {
                encoded.push('%');
                encoded.push_str(&hex(&[byte]).to_ascii_uppercase());
            }
        }
        encoded
    }
}

/// At most `limit` entries, and whether there are more.
fn page(
    snapshot: &Snapshot,
    bucket: &str,
    prefix: &str,
    delimiter: Option<&str>,
    after: Option<After>,
    limit: usize,
) -> Result<(Vec<Entry>, bool), StoreError> {
    snapshot.require_bucket(bucket)?;
    let objects = snapshot.objects()?;
    let in_bucket = object_key(bucket, "").len();
    let first = object_key(bucket, prefix);
    let end = behind(&first);
    let mut start = Bound::Included(first.clone());
    if let Some(after) = after {
        let bound = match after {
            After::Key(key) => Bound::Excluded(object_key(bucket, &key)),
            After::Prefix(prefix) => Bound::Included(behind(&object_key(bucket, &prefix))),
        };
        let (Bound::Included(bytes) | Bound::Excluded(bytes)) = &bound else {
            return Ok((Vec::new(), false));
        };
        if *bytes >= first {
            start = bound;
        }
    }
    let mut entries: Vec<Entry> = Vec::new();
    'seek: loop {
        // A range that ends before it starts is a panic in some tables and nothing in others.
        if let Bound::Included(start) | Bound::Excluded(start) = &start
            && *start >= end
        {
            return Ok((entries, false));
        }
        let range = (start.as_ref().map(Vec::as_slice), Bound::Excluded(end.as_slice()));
        for entry in objects.range::<&[u8]>(range)? {
            let (key, value) = entry?;
            if entries.len() >= limit {
                // Of no entries there are no more: otherwise a page of 0 would be asked for forever.
                return Ok((entries, limit > 0));
            }
            let key = key.value();
            let Ok(name) = str::from_utf8(&key[in_bucket..]) else {
                continue;
            };
            let rolled_up = delimiter.and_then(|delimiter| {
                let found = name[prefix.len()..].find(delimiter)?;
                Some(&name[..prefix.len() + found + delimiter.len()])
            });
            match rolled_up {
                None => entries.push(Entry::Object(name.to_owned(), ObjectRecord::from_bytes(value.value())?)),
                Some(common) => {
                    entries.push(Entry::Prefix(common.to_owned()));
                    start = Bound::Included(behind(&object_key(bucket, common)));
                    continue 'seek;
                }
            }
        }
        return Ok((entries, false));
    }
}

/// The first bytes that sort behind everything that begins with these. There are some: a bucket's name is not all 0xff.
fn behind(prefix: &[u8]) -> Vec<u8> {
    let mut bytes = prefix.to_vec();
    while bytes.last() == Some(&u8::MAX) {
        bytes.pop();
    }
    if let Some(last) = bytes.last_mut() {
        *last += 1;
    }
    bytes
}

fn hex(bytes: &[u8]) -> String {
    let digit = |nibble: u8| char::from_digit(u32::from(nibble), 16).unwrap_or_default();
    bytes
        .iter()
        .flat_map(|byte| [digit(byte >> 4), digit(byte & 15)])
        .collect()
}

impl After {
    /// Opaque to clients. Hexadecimal, so that it survives every way of being encoded.
    fn to_token(&self) -> String {
        let (kind, text) = match self {
            Self::Key(key) => ('k', key),
            Self::Prefix(prefix) => ('p', prefix),
        };
        format!("{kind}{}", hex(text.as_bytes()))
    }

    fn from_token(token: &str) -> Option<Self> {
        let hex = token.get(1..)?.as_bytes();
        if hex.len() % 2 != 0 || !hex.iter().all(u8::is_ascii_hexdigit) {
            return None;
        }
        let pair = |pair: &[u8]| u8::from_str_radix(str::from_utf8(pair).ok()?, 16).ok();
        let bytes = hex.chunks_exact(2).map(pair).collect::<Option<Vec<u8>>>()?;
        let text = String::from_utf8(bytes).ok()?;
        match token.as_bytes()[0] {
            b'k' => Some(Self::Key(text)),
            b'p' => Some(Self::Prefix(text)),
            _ => None,
        }
    }
}

#[cfg(test)]
mod fuzz;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_survive_any_key() {
        for key in ["", "a/b", "ü\u{0}\u{1f}\"<&", "\u{10ffff}"] {
            for after in [After::Key(key.into()), After::Prefix(key.into())] {
                assert_eq!(After::from_token(&after.to_token()), Some(after));
            }
        }
        for other in ["", "k6", "kzz", "x61", "kff", "ü61"] {
            assert_eq!(After::from_token(other), None, "{other}");
        }
    }

    #[test]
    fn nothing_that_begins_with_a_prefix_sorts_behind_it() {
        assert_eq!(behind(b"b\0a/"), b"b\0a0");
        assert_eq!(behind(b"b\0\xff\xff"), b"b\x01");
    }
}
