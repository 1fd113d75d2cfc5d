//! What every endpoint and every background task has at hand.

use std::sync::Arc;

use domain::{SessionId, Timestamp};
use objects::Bucket;
use store::Store;
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

use crate::{
    Problem, Settings, cached::Cached, changes::Changes, clock::Clock, failed_logins::FailedLogins, metrics::Metrics,
    passwords::Passwords, reach::Reach, tokens::Tokens,
};

/// The server's parts.
pub struct State {
    /// The database.
    pub store: Arc<dyn Store>,
    /// The bucket.
    pub bucket: Bucket,
    /// What the operator decided.
    pub settings: Settings,
    /// The time.
    pub clock: Clock,
    pub(crate) tokens: Tokens,
    pub(crate) passwords: Passwords,
    pub(crate) failed_logins: FailedLogins,
    /// Uploads that change, for the event streams.
    pub(crate) changes: Changes,
    /// A job was queued, or a place became free: the dispatcher need not wait for its next look.
    pub(crate) work: Notify,
    pub(crate) metrics: Metrics,
    /// What keeps this server from its work.
    pub(crate) readiness: Cached<Vec<String>>,
    /// Event streams end when this is cancelled.
    pub(crate) stopping: CancellationToken,
    /// Since when nothing that workers depend on has failed here.
    pub(crate) reach: Reach,
}

/// Shared by all that serves.
pub type App = Arc<State>;

impl State {
    /// Puts the parts together. Nothing runs yet.
    #[must_use]
    pub fn new(store: Arc<dyn Store>, bucket: Bucket, settings: Settings, clock: Clock) -> App {
        Arc::new(Self {
            tokens: Tokens::new(&settings.token_key),
            passwords: Passwords::new(),
            failed_logins: FailedLogins::default(),
            changes: Changes::new(),
            work: Notify::new(),
            metrics: Metrics::new(),
            readiness: Cached::new(),
            stopping: CancellationToken::new(),
            reach: Reach::new(),
            store,
            bucket,
            settings,
            clock,
        })
    }

    /// A job was queued: the dispatcher need not wait for its next look.
    pub fn job_queued(&self) {
        self.work.notify_one();
    }

    /// A token that stands for a session until then.
    pub fn access_token(&self, session: SessionId, until: Timestamp) -> Result<String, Problem> {
        self.tokens.access(session, until).map_err(Problem::internal)
    }
}

#[cfg(test)]
pub(crate) mod for_tests {
    use domain::Secret;
    use objects::{BucketSettings, Patience};
    use tempfile::TempDir;

    use super::*;

    /// The parts of a server with an empty database, and a bucket that nobody asks anything.
    pub(crate) async fn app() -> (App, TempDir) {
        let folder = tempfile::tempdir().unwrap();
        let store = store::open_file(&folder.path().join("segue.db")).await.unwrap();
        let bucket = Bucket::new(BucketSettings {
            endpoint: "http://127.0.0.1:1".into(),
            public_endpoint: None,
            region: "auto".into(),
            bucket: "segue".into(),
            access_key: "test".into(),
            secret_key: Secret::new("test"),
            path_style: true,
            patience: Patience::default(),
        });
        let settings = Settings::new("uploads".parse().unwrap(), Secret::new("key"), Secret::new("worker"));
        (State::new(store, bucket.unwrap(), settings, Clock::default()), folder)
    }
}
