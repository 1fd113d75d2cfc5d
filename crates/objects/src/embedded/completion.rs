//! Making one object of uploaded parts.

use std::collections::HashSet;

use redb::ReadableTable;
use s3s::crypto::{Checksum, Md5};

use super::{
    change::{Condition, Tables, drop_upload},
    error::StoreError,
    index::object_key,
    payload::Removal,
    record::{CompletedRecord, Etag, ObjectRecord, PartRecord, Payload, Piece, Record},
};

const SMALLEST_PART: u64 = 5 << 20;
const MOST_PARTS: usize = 10_000;

/// What a Complete asks for.
pub(super) struct Completion {
    pub(super) bucket: String,
    pub(super) key: String,
    pub(super) upload: u64,
    /// Numbers and `ETag`s, as they were listed.
    pub(super) parts: Vec<(i32, String)>,
    /// The size that the whole must have, if the request says one.
    pub(super) size: Option<i64>,
    pub(super) condition: Condition,
    /// For the list of pieces.
    pub(super) pieces: u64,
}

/// Makes one object of the parts. No byte is copied: the object is the list of the parts' files, so this takes as long
/// for gigabytes as for megabytes. Asked again for the same, it answers the same for a day.
pub(super) fn complete_upload(tables: &mut Tables<'_>, asked: &Completion) -> Result<Etag, StoreError> {
    let fingerprint = fingerprint(&asked.parts);
    if let Some(value) = tables.completed.get(asked.upload)? {
        let done = CompletedRecord::from_bytes(value.value())?;
        let is_same = done.bucket == asked.bucket && done.key == asked.key && done.asked == fingerprint;
        return if is_same {
            Ok(done.etag)
        } else {
            Err(StoreError::NoSuchUpload)
        };
    }
    let key = object_key(&asked.bucket, &asked.key);
    let upload = tables.upload(&key, asked.upload)?;
    let chosen = choose_parts(&tables.parts_of(asked.upload)?, &asked.parts)?;
    let size = chosen.iter().map(|part| part.size).sum();
    if let Some(asked) = asked.size.filter(|asked| u64::try_from(*asked) != Ok(size)) {
        return Err(StoreError::WrongSize { asked, found: size });
    }
    asked.condition.check(tables.object(&key)?.as_ref())?;

    let etag = Etag::of_parts(chosen.iter().map(|part| &part.md5));
    let payload = match chosen.as_slice() {
        [only] => Payload::File(only.file),
        _ => Payload::Pieces(asked.pieces),
    };
    drop_upload(tables, &key, asked.upload)?;
    let used: HashSet<u64> = chosen.iter().map(|part| part.file).collect();
    let is_used = |removal: &Removal| match removal {
        Removal::File(number) => used.contains(number),
        Removal::Pieces { .. } => false,
    };
    tables.freed.retain(|removal| !is_used(removal));
    if let Payload::Pieces(number) = payload {
        let pieces = chosen.iter().map(|&PartRecord { file, size, .. }| Piece { file, size });
        let pieces: Vec<Piece> = pieces.collect();
        tables.pieces.insert(number, pieces.to_bytes().as_slice())?;
    }
    let object = ObjectRecord {
        payload,
        size,
        etag,
        modified: tables.now,
        headers: upload.headers,
    };
    tables.set_object(&key, &object)?;
    let completed = CompletedRecord {
        bucket: asked.bucket.clone(),
        key: asked.key.clone(),
        etag,
        asked: fingerprint,
        at: tables.now,
    };
    tables.completed.insert(asked.upload, completed.to_bytes().as_slice())?;
    Ok(etag)
}

fn choose_parts(uploaded: &[(u16, PartRecord)], asked: &[(i32, String)]) -> Result<Vec<PartRecord>, StoreError> {
    if asked.is_empty() || asked.len() > MOST_PARTS {
        return Err(StoreError::PartsCount);
    }
    if asked.windows(2).any(|pair| pair[0].0 >= pair[1].0) {
        return Err(StoreError::InvalidPartOrder);
    }
    let find = |(number, etag): &(i32, String)| {
        let found = uploaded.binary_search_by_key(number, |(number, _)| i32::from(*number));
        let part = found.ok().map(|position| uploaded[position]);
        let is_named = |part: &PartRecord| {
            Etag {
                md5: part.md5,
                parts: 0,
            }
            .to_string()
                == *etag
        };
        part.filter(|(_, part)| is_named(part))
            .ok_or(StoreError::InvalidPart(*number))
    };
    let chosen = asked.iter().map(find).collect::<Result<Vec<_>, _>>()?;
    let but_last = &chosen[..chosen.len() - 1];
    if let Some((number, _)) = but_last.iter().find(|(_, part)| part.size < SMALLEST_PART) {
        return Err(StoreError::EntityTooSmall(*number));
    }
    Ok(chosen.into_iter().map(|(_, part)| part).collect())
}

fn fingerprint(parts: &[(i32, String)]) -> [u8; 16] {
    let mut md5 = Md5::new();
    for (number, etag) in parts {
        md5.update(format!("{number}:{etag}\n").as_bytes());
    }
    md5.finalize()
}
