//! What an operator decides, as the server takes it. `segue` reads it from flags and the environment.

use std::time::Duration;

use domain::{KeyPrefix, Ladder, Secret};

/// All of it.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Where browsers find the API: scheme, host and port, without a slash at the end. `None`: wherever they asked.
    pub public_url: Option<String>,
    /// Where browsers find the bucket.
    pub bucket_for_browsers: BucketForBrowsers,
    /// The folder of this deployment in the bucket.
    pub prefix: KeyPrefix,
    /// What is made of an upload.
    pub ladder: Ladder,
    /// The longest recording that is taken.
    pub max_duration: Duration,
    /// The largest file that is taken, in bytes.
    pub max_upload_bytes: u64,
    /// Who may make an account.
    pub registration: RegistrationPolicy,
    /// What signs access and playback tokens.
    pub token_key: Secret,
    /// What all workers show.
    pub worker_secret: Secret,
    /// What a pool that pulls shows. `None`: pulling is off.
    pub pool_secret: Option<Secret>,
    /// How many attempts may be in flight, all servers together.
    pub max_workers: u32,
    /// How long a job may wait before it fails as `no_capacity`.
    pub queue_timeout: Duration,
    /// How long an attempt is believed alive without a heartbeat. Whole seconds.
    pub lease: Duration,
    /// How long a launched worker may take to start.
    pub launch_lease: Duration,
    /// How long an attempt may take. Whole seconds.
    pub attempt_deadline: Duration,
    /// How long a failed upload without a tree is kept.
    pub stale_after: Duration,
    /// For tests: how long playback tokens live, and URLs in their playlists. `None`: max(6 h, twice the recording).
    pub playback_lifetime: Option<Duration>,
}

impl Settings {
    /// What is meant where the operator says nothing; for prefix and secrets nothing is.
    #[must_use]
    pub fn new(prefix: KeyPrefix, token_key: Secret, worker_secret: Secret) -> Self {
        Self {
            public_url: None,
            bucket_for_browsers: BucketForBrowsers::Endpoint,
            prefix,
            ladder: Ladder::default(),
            max_duration: Duration::from_hours(12),
            max_upload_bytes: 2 << 30,
            registration: RegistrationPolicy::UntilFirst,
            token_key,
            worker_secret,
            pool_secret: None,
            max_workers: 1,
            queue_timeout: Duration::from_hours(7 * 24),
            lease: Duration::from_mins(1),
            launch_lease: Duration::from_mins(10),
            attempt_deadline: Duration::from_hours(6),
            stale_after: Duration::from_hours(8),
            playback_lifetime: None,
        }
    }

    /// Whether browsers come by https, as far as is known.
    pub(crate) fn is_https(&self) -> bool {
        self.public_url
            .as_deref()
            .is_some_and(|url| url.starts_with("https://"))
    }
}

/// How a browser reaches the bucket.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BucketForBrowsers {
    /// By the bucket's own public endpoint.
    Endpoint,
    /// By the host name that the browser asked us by, at this port: so that a telephone on the same network works.
    PortOf(u16),
}

/// Who may make an account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RegistrationPolicy {
    /// Anybody.
    Open,
    /// Only the operator.
    Closed,
    /// Whoever comes first, and then only the operator.
    UntilFirst,
}
