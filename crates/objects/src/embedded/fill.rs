//! Many objects at once, for measuring what only many objects show.

use std::path::Path;

use domain::Timestamp;

use super::{
    error::{EmbeddedError, StoreError},
    index::{BUCKETS, Index, OBJECTS, object_key},
    record::{Etag, Headers, ObjectRecord, Payload, Record},
};

const PER_COMMIT: usize = 20_000;

/// Adds objects to the index of a directory that no server uses, as the server itself would note them. They have no
/// bytes: they can be listed and looked up, but not read. Blocks.
pub fn fill_index(directory: &Path, bucket: &str, keys: impl IntoIterator<Item = String>) -> Result<(), EmbeddedError> {
    let path = directory.join("index.redb");
    let failed = |source| EmbeddedError::Directory {
        path: directory.to_owned(),
        source,
    };
    std::fs::create_dir_all(directory.join("data")).map_err(failed)?;
    let opened = Index::open(&path)?;
    let filled = fill(&opened.index, bucket, keys).and_then(|()| opened.index.mark_clean());
    filled.map_err(|error| failed(std::io::Error::other(error)))
}

fn fill(index: &Index, bucket: &str, keys: impl IntoIterator<Item = String>) -> Result<(), StoreError> {
    let mut keys = keys.into_iter().peekable();
    let mut number = 0;
    while keys.peek().is_some() {
        index.with(|database| {
            let transaction = database.begin_write()?;
            transaction.open_table(BUCKETS)?.insert(bucket, 0)?;
            let mut objects = transaction.open_table(OBJECTS)?;
            for key in keys.by_ref().take(PER_COMMIT) {
                number += 1;
                let object = ObjectRecord {
                    payload: Payload::File(number),
                    size: 50_000,
                    etag: Etag { md5: [7; 16], parts: 0 },
                    modified: Timestamp::from_millis(0),
                    headers: Headers {
                        content_type: Some("video/mp2t".into()),
                        cache_control: Some("public, max-age=31536000, immutable".into()),
                        ..Headers::default()
                    },
                };
                let key = object_key(bucket, &key);
                objects.insert(key.as_slice(), object.to_bytes().as_slice())?;
            }
            drop(objects);
            Ok(transaction.commit()?)
        })?;
    }
    Ok(())
}
