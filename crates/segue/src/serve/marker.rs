//! The object that says which database a prefix of the bucket belongs to.

use bytes::Bytes;
use domain::{ObjectKey, UploadId};
use objects::ObjectError;
use server::State;

use crate::failure::Failure;

/// A marker is a UUID.
const LONGEST: u64 = 1_000;

/// Writes the marker, if there is none. One of another database stops us: two deployments under one prefix would take
/// each other's objects for nobody's.
pub(super) async fn claim_prefix(state: &State) -> Result<(), Failure> {
    let now = state.clock.now();
    // Any UUID will do; this is how they are made here.
    let fresh = UploadId::new(now, server::random_array()).as_uuid();
    let unreachable = |error: store::StoreError| Failure::environment("database_unreachable", error.to_string());
    let id = state
        .store
        .deployment(now, fresh)
        .await
        .map_err(unreachable)?
        .to_string();
    let key = state.settings.prefix.key(&ObjectKey::Marker);
    let unusable = |error: ObjectError| Failure::environment("bucket_unusable", error.to_string());
    match state.bucket.get_small(&key, LONGEST).await {
        Ok(found) if found.trim_ascii() == id.as_bytes() => Ok(()),
        Ok(_) => {
            let message = format!(
                "{key} in the bucket says that its folder belongs to another database; choose another SEGUE_S3_PREFIX, \
                 or connect to that database"
            );
            Err(Failure::environment("foreign_prefix", message))
        }
        Err(ObjectError::NotFound) => {
            let put = state.bucket.put_small(&key, Bytes::from(id), "text/plain", None).await;
            put.map(|_| ()).map_err(unusable)
        }
        Err(error) => Err(unusable(error)),
    }
}
