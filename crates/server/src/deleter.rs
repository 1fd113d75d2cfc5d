//! Deletes that can no longer be taken back.

use std::time::Duration;

use tokio::time::{sleep, timeout};
use tokio_util::sync::CancellationToken;

use crate::{rescuer::jittered, state::App};

/// Between two rounds.
const EVERY: Duration = Duration::from_secs(2);
/// Uploads in one round.
const LIMIT: u32 = 100;
/// For one call to the database.
const DATABASE: Duration = Duration::from_secs(30);

/// Marks uploads whose delete is due, so that the work on them is called off. Their objects are the cleaner's.
pub(crate) struct Deleter {
    app: App,
}

impl Deleter {
    pub(crate) fn new(app: App) -> Self {
        Self { app }
    }

    /// Until `stop`. Nothing that fails ends it.
    pub(crate) async fn run(self, stop: CancellationToken) {
        loop {
            tokio::select! {
                () = stop.cancelled() => return,
                () = sleep(jittered(EVERY)) => {}
            }
            let due = self.app.store.start_due_deletions(self.app.clock.now(), LIMIT);
            match timeout(DATABASE, due).await {
                Ok(Ok(uploads)) if uploads.is_empty() => {}
                Ok(Ok(uploads)) => {
                    for upload in uploads {
                        tracing::info!(%upload, "an upload is being deleted");
                    }
                    // Work that was called off leaves a place.
                    self.app.work.notify_one();
                }
                Ok(Err(error)) => tracing::warn!(%error, "cannot begin with deletes that are due"),
                Err(_) => tracing::warn!("cannot begin with deletes that are due: no answer in time"),
            }
        }
    }
}
