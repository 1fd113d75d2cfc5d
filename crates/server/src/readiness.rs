//! Whether this server can do its work.

use std::time::Duration;

use domain::ObjectKey;
use objects::ObjectError;
use tokio::time::timeout;

use crate::state::State;

const DEADLINE: Duration = Duration::from_secs(3);
/// Leases of several servers are compared with one another, and signed URLs with the bucket's clock.
const MOST_DRIFT: Duration = Duration::from_secs(5);
/// The marker is an id.
const MARKER_BYTES: u64 = 1024;

/// What stands in the way, for people; nothing if it is ready. Takes no longer than its deadline.
pub(crate) async fn complaints(app: &State) -> Vec<String> {
    let (database, bucket) = tokio::join!(database(app), bucket(app));
    let drift = Duration::from_millis(app.clock.drift_millis().unsigned_abs());
    let mut complaints: Vec<String> = [database, bucket].into_iter().flatten().map(str::to_owned).collect();
    if drift > MOST_DRIFT {
        let seconds = drift.as_secs();
        complaints.push(format!("this machine's clock is {seconds} s away from the database's"));
    }
    complaints
}

async fn database(app: &State) -> Option<&'static str> {
    match timeout(DEADLINE, app.store.ping()).await {
        Ok(Ok(())) => return None,
        Ok(Err(error)) => tracing::warn!(%error, "not ready: the database"),
        Err(_) => tracing::warn!("not ready: the database did not answer in time"),
    }
    Some("the database does not answer")
}

/// Asks for the marker itself: the answer to a HEAD would not tell a missing bucket from a missing object.
async fn bucket(app: &State) -> Option<&'static str> {
    let key = app.settings.prefix.key(&ObjectKey::Marker);
    match timeout(DEADLINE, app.bucket.get_small(&key, MARKER_BYTES)).await {
        Ok(Ok(_) | Err(ObjectError::NotFound | ObjectError::TooLarge)) => return None,
        Ok(Err(error)) => tracing::warn!(%error, "not ready: the bucket"),
        Err(_) => tracing::warn!("not ready: the bucket did not answer in time"),
    }
    Some("the bucket does not answer")
}
