//! What starts a worker for an attempt.

mod process;

use std::{fmt, time::Duration};

use async_trait::async_trait;
use domain::{JobId, Secret, UploadId};

pub use process::{ProcessLauncher, WorkerCommand};

/// What a worker is started for.
#[derive(Debug, Clone)]
pub struct Attempt {
    /// The job.
    pub job: JobId,
    /// Which attempt of it, from 1.
    pub number: u32,
    /// What it works on.
    pub upload: UploadId,
    /// What its worker shows.
    pub secret: Secret,
}

/// What the platform calls what it has started, if it says so.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Execution(pub Option<String>);

/// A launch was not taken. The job stays queued, and it costs nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LaunchError {
    /// For the log.
    pub reason: String,
    /// How long the platform wants to be left alone, if it says so.
    pub retry_after: Option<Duration>,
}

impl LaunchError {
    /// Without a wish of the platform's.
    #[must_use]
    pub fn new(reason: impl Into<String>) -> Self {
        Self {
            reason: reason.into(),
            retry_after: None,
        }
    }
}

impl fmt::Display for LaunchError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.reason)
    }
}

impl std::error::Error for LaunchError {}

/// Starts workers: as processes here, or on some platform. A launch whose outcome is not known may be repeated by another
/// attempt: the worker of one that is over is turned away when it starts.
#[async_trait]
pub trait Launcher: Send + Sync {
    /// As it is stored with each attempt.
    fn name(&self) -> &'static str;

    /// Starts a worker. Returns when the platform has taken it, not when it works.
    async fn launch(&self, attempt: &Attempt) -> Result<Execution, LaunchError>;

    /// Tells workers on this machine to go, and waits until they have handed back what they had: at most for `grace`.
    /// Workers elsewhere go on, since another server hears them.
    async fn stop_local(&self, _grace: Duration) {}
}
