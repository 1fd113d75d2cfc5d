//! Deleting, a thousand at a time where the server lets us.

use std::sync::atomic::Ordering;

use aws_sdk_s3::types::{Delete, ObjectIdentifier};
use tokio::task::JoinSet;

use crate::{Bucket, ObjectError, key};

/// What one `DeleteObjects` takes.
const BATCH: usize = 1000;
/// How many single deletes are under way at once.
const AT_ONCE: usize = 16;

/// An object that could not be deleted, although others could.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeleteFailure {
    /// Which.
    pub key: String,
    /// Why not.
    pub error: ObjectError,
}

impl Bucket {
    /// Deletes one object. One that is not there is deleted already.
    pub async fn delete(&self, key: &str) -> Result<(), ObjectError> {
        key::check(key)?;
        let request = self.client.delete_object().bucket(&*self.name).key(key);
        match request.send().await.map_err(ObjectError::from) {
            Ok(_) | Err(ObjectError::NotFound) => Ok(()),
            Err(error) => Err(error),
        }
    }

    /// Deletes many objects and says which of them could not be; those that are not there are deleted already. An error
    /// means that the bucket itself failed, with any number of them deleted: the whole call may be repeated.
    pub async fn delete_many(&self, keys: &[String]) -> Result<Vec<DeleteFailure>, ObjectError> {
        let mut failures = Vec::new();
        let mut good = Vec::with_capacity(keys.len());
        for key in keys {
            match key::check(key) {
                Ok(()) => good.push(key),
                Err(error) => failures.push(DeleteFailure {
                    key: key.clone(),
                    error,
                }),
            }
        }
        for batch in good.chunks(BATCH) {
            let singly = self.deletes_singly.load(Ordering::Relaxed);
            let failed = if singly { None } else { self.delete_batch(batch).await? };
            failures.extend(match failed {
                Some(failed) => failed,
                None => self.delete_singly(batch).await?,
            });
        }
        Ok(failures)
    }

    /// `None`: this server does not take batches, or not with the checksum that the SDK sends (R2 has been among them).
    async fn delete_batch(&self, keys: &[&String]) -> Result<Option<Vec<DeleteFailure>>, ObjectError> {
        let identify = |key: &&String| ObjectIdentifier::builder().key(*key).build();
        let objects: Result<Vec<_>, _> = keys.iter().map(identify).collect();
        let delete = Delete::builder().set_objects(objects.ok()).quiet(true).build();
        let delete = delete.map_err(|_| ObjectError::Misuse("the SDK cannot build a batch"))?;
        let request = self.client.delete_objects().bucket(&*self.name).delete(delete);
        let answer = match request.send().await.map_err(ObjectError::from) {
            // Whatever else a 400 may mean, the single deletes will say it, key by key.
            Err(ObjectError::Other {
                status: 400 | 405 | 411 | 501,
                ..
            }) => {
                self.deletes_singly.store(true, Ordering::Relaxed);
                return Ok(None);
            }
            answer => answer?,
        };
        let failures = answer.errors.unwrap_or_default().into_iter().map(|error| {
            let reason = ObjectError::of_answer(200, error.code.as_deref(), error.message.as_deref());
            let key = error.key.ok_or(ObjectError::incomplete("a key"))?;
            Ok(DeleteFailure { key, error: reason })
        });
        let is_there = |failure: &Result<DeleteFailure, ObjectError>| !matches!(failure, Ok(failure) if failure.error == ObjectError::NotFound);
        failures.filter(is_there).collect::<Result<_, _>>().map(Some)
    }

    async fn delete_singly(&self, keys: &[&String]) -> Result<Vec<DeleteFailure>, ObjectError> {
        let mut failures = Vec::new();
        let mut keys = keys.iter();
        let mut under_way = JoinSet::new();
        loop {
            while under_way.len() < AT_ONCE
                && let Some(key) = keys.next()
            {
                let (bucket, key) = (self.clone(), (*key).clone());
                under_way.spawn(async move { (bucket.delete(&key).await, key) });
            }
            let Some(ended) = under_way.join_next().await else {
                return Ok(failures);
            };
            match ended {
                Ok((Ok(()), _)) => {}
                // The others would fail the same way, each after all its retries.
                Ok((Err(error), _)) if error.is_transient() => return Err(error),
                Ok((Err(error), key)) => failures.push(DeleteFailure { key, error }),
                Err(_) => return Err(ObjectError::unavailable("a delete was cut off")),
            }
        }
    }
}
