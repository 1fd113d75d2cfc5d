//! Every change that the index knows. Each looks at all that it could be refused for before it writes anything.

use std::time::Duration;

use domain::Timestamp;
use redb::{ReadableTable, Table, WriteTransaction};
use s3s::dto::ETagCondition;

use super::{
    error::StoreError,
    index::{BUCKETS, COMPLETED, OBJECTS, PARTS, PIECES, UPLOADS, object_key},
    payload::Removal,
    record::{CompletedRecord, Etag, ObjectRecord, PartRecord, Payload, Piece, Record, UploadRecord},
};

/// As on R2.
const UPLOADS_LIVE: Duration = Duration::from_hours(7 * 24);
const ANSWERS_LIVE: Duration = Duration::from_hours(24);

/// All tables within one transaction, for all changes of a batch.
pub(super) struct Tables<'t> {
    pub(super) buckets: Table<'t, &'static str, i64>,
    pub(super) objects: Table<'t, &'static [u8], &'static [u8]>,
    pub(super) pieces: Table<'t, u64, &'static [u8]>,
    pub(super) uploads: Table<'t, (&'static [u8], u64), &'static [u8]>,
    pub(super) parts: Table<'t, (u64, u16), &'static [u8]>,
    pub(super) completed: Table<'t, u64, &'static [u8]>,
    /// The time of the commit.
    pub(super) now: Timestamp,
    /// What nobody needs once the commit is done.
    pub(super) freed: Vec<Removal>,
    /// Whether there is something to commit.
    pub(super) is_changed: bool,
}

impl<'t> Tables<'t> {
    pub(super) fn open(transaction: &'t WriteTransaction, now: Timestamp) -> Result<Self, StoreError> {
        Ok(Self {
            buckets: transaction.open_table(BUCKETS)?,
            objects: transaction.open_table(OBJECTS)?,
            pieces: transaction.open_table(PIECES)?,
            uploads: transaction.open_table(UPLOADS)?,
            parts: transaction.open_table(PARTS)?,
            completed: transaction.open_table(COMPLETED)?,
            now,
            freed: Vec::new(),
            is_changed: false,
        })
    }

    fn require_bucket(&self, bucket: &str) -> Result<(), StoreError> {
        self.buckets.get(bucket)?.map(drop).ok_or(StoreError::NoSuchBucket)
    }

    pub(super) fn object(&self, key: &[u8]) -> Result<Option<ObjectRecord>, StoreError> {
        let value = self.objects.get(key)?;
        Ok(value.map(|value| ObjectRecord::from_bytes(value.value())).transpose()?)
    }

    pub(super) fn upload(&self, key: &[u8], upload: u64) -> Result<UploadRecord, StoreError> {
        let value = self.uploads.get((key, upload))?.ok_or(StoreError::NoSuchUpload)?;
        Ok(UploadRecord::from_bytes(value.value())?)
    }

    pub(super) fn parts_of(&self, upload: u64) -> Result<Vec<(u16, PartRecord)>, StoreError> {
        let range = self.parts.range((upload, 0)..=(upload, u16::MAX))?;
        range
            .map(|entry| {
                let (key, value) = entry?;
                Ok((key.value().1, PartRecord::from_bytes(value.value())?))
            })
            .collect()
    }

    fn free(&mut self, payload: Payload) -> Result<(), StoreError> {
        match payload {
            Payload::File(number) => self.freed.push(Removal::File(number)),
            Payload::Pieces(number) => {
                let pieces: Vec<Piece> = match self.pieces.remove(number)? {
                    Some(value) => Record::from_bytes(value.value())?,
                    None => Vec::new(),
                };
                let files = pieces.iter().map(|piece| piece.file).collect();
                self.freed.push(Removal::Pieces { number, files });
            }
        }
        Ok(())
    }

    pub(super) fn set_object(&mut self, key: &[u8], object: &ObjectRecord) -> Result<(), StoreError> {
        if let Some(old) = self.object(key)? {
            self.free(old.payload)?;
        }
        self.objects.insert(key, object.to_bytes().as_slice())?;
        self.is_changed = true;
        Ok(())
    }
}

/// What must hold of the object that is there, for it to be replaced or removed.
#[derive(Debug, Default)]
pub(super) struct Condition {
    pub(super) if_match: Option<ETagCondition>,
    pub(super) if_none_match: Option<ETagCondition>,
}

impl Condition {
    pub(super) fn check(&self, current: Option<&ObjectRecord>) -> Result<(), StoreError> {
        if let Some(condition) = &self.if_match {
            let current = current.ok_or(StoreError::NoSuchKey)?;
            if !is_met(condition, current.etag) {
                return Err(StoreError::PreconditionFailed);
            }
        }
        if let (Some(condition), Some(current)) = (&self.if_none_match, current)
            && is_met(condition, current.etag)
        {
            return Err(StoreError::PreconditionFailed);
        }
        Ok(())
    }
}

/// Whether an `ETag` is the one that is named, or any is.
pub(super) fn is_met(condition: &ETagCondition, etag: Etag) -> bool {
    condition
        .as_etag()
        .is_none_or(|named| named.value() == etag.to_string())
}

pub(super) fn create_bucket(tables: &mut Tables<'_>, bucket: &str) -> Result<(), StoreError> {
    if tables.buckets.get(bucket)?.is_none() {
        tables.buckets.insert(bucket, tables.now.as_millis())?;
        tables.is_changed = true;
    }
    Ok(())
}

pub(super) fn delete_bucket(tables: &mut Tables<'_>, bucket: &str) -> Result<(), StoreError> {
    tables.require_bucket(bucket)?;
    let (start, mut end) = (object_key(bucket, ""), object_key(bucket, ""));
    if let Some(last) = end.last_mut() {
        *last += 1;
    }
    let holds_objects = tables.objects.range(start.as_slice()..end.as_slice())?.next().is_some();
    let uploads = (start.as_slice(), 0)..(end.as_slice(), 0);
    if holds_objects || tables.uploads.range(uploads)?.next().is_some() {
        return Err(StoreError::BucketNotEmpty);
    }
    tables.buckets.remove(bucket)?;
    tables.is_changed = true;
    Ok(())
}

/// Makes or replaces an object. Its time of modification becomes that of the commit.
pub(super) fn put_object(
    tables: &mut Tables<'_>,
    bucket: &str,
    key: &str,
    mut object: ObjectRecord,
    condition: &Condition,
) -> Result<(), StoreError> {
    tables.require_bucket(bucket)?;
    let key = object_key(bucket, key);
    condition.check(tables.object(&key)?.as_ref())?;
    object.modified = tables.now;
    tables.set_object(&key, &object)
}

/// Removes an object. That there is none is no error, unless the condition asks for one.
pub(super) fn delete_object(
    tables: &mut Tables<'_>,
    bucket: &str,
    key: &str,
    condition: &Condition,
) -> Result<(), StoreError> {
    tables.require_bucket(bucket)?;
    let key = object_key(bucket, key);
    let current = tables.object(&key)?;
    condition.check(current.as_ref())?;
    if let Some(object) = current {
        tables.objects.remove(key.as_slice())?;
        tables.is_changed = true;
        tables.free(object.payload)?;
    }
    Ok(())
}

pub(super) fn begin_upload(
    tables: &mut Tables<'_>,
    bucket: &str,
    key: &str,
    upload: u64,
    mut record: UploadRecord,
) -> Result<(), StoreError> {
    tables.require_bucket(bucket)?;
    record.started = tables.now;
    let key = object_key(bucket, key);
    tables
        .uploads
        .insert((key.as_slice(), upload), record.to_bytes().as_slice())?;
    tables.is_changed = true;
    Ok(())
}

/// Adds a part, or replaces it.
pub(super) fn put_part(
    tables: &mut Tables<'_>,
    bucket: &str,
    key: &str,
    (upload, number): (u64, u16),
    mut part: PartRecord,
) -> Result<(), StoreError> {
    tables.upload(&object_key(bucket, key), upload)?;
    part.modified = tables.now;
    let old = tables.parts.insert((upload, number), part.to_bytes().as_slice())?;
    tables.is_changed = true;
    if let Some(old) = old {
        let old = PartRecord::from_bytes(old.value())?;
        tables.freed.push(Removal::File(old.file));
    }
    Ok(())
}

pub(super) fn abort_upload(tables: &mut Tables<'_>, bucket: &str, key: &str, upload: u64) -> Result<(), StoreError> {
    let key = object_key(bucket, key);
    tables.upload(&key, upload)?;
    drop_upload(tables, &key, upload)
}

pub(super) fn drop_upload(tables: &mut Tables<'_>, key: &[u8], upload: u64) -> Result<(), StoreError> {
    let parts = tables.parts_of(upload)?;
    tables.uploads.remove((key, upload))?;
    tables.is_changed = true;
    for (number, part) in parts {
        tables.parts.remove((upload, number))?;
        tables.freed.push(Removal::File(part.file));
    }
    Ok(())
}

/// Ends uploads that nobody finished, and forgets answers that nobody can still ask for.
pub(super) fn expire(tables: &mut Tables<'_>) -> Result<(), StoreError> {
    let oldest = tables.now - UPLOADS_LIVE;
    let mut expired = Vec::new();
    for entry in tables.uploads.iter()? {
        let (key, value) = entry?;
        if UploadRecord::from_bytes(value.value())?.started < oldest {
            let (key, upload) = key.value();
            expired.push((key.to_vec(), upload));
        }
    }
    for (key, upload) in expired {
        drop_upload(tables, &key, upload)?;
    }
    let oldest = tables.now - ANSWERS_LIVE;
    let mut forgotten = Vec::new();
    for entry in tables.completed.iter()? {
        let (upload, value) = entry?;
        if CompletedRecord::from_bytes(value.value())?.at < oldest {
            forgotten.push(upload.value());
        }
    }
    for upload in forgotten {
        tables.completed.remove(upload)?;
        tables.is_changed = true;
    }
    Ok(())
}
