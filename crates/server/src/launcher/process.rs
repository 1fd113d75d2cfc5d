//! Workers as processes of this machine.

use std::{ffi::OsString, path::PathBuf, process::Stdio, time::Duration};

use async_trait::async_trait;
use domain::Secret;
use rustix::process::{Pid, Signal, kill_process};
use tokio::{
    process::{Child, Command},
    time::timeout,
};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use super::{Attempt, Execution, LaunchError, Launcher};

/// How workers are started.
#[derive(Debug, Clone)]
pub struct WorkerCommand {
    /// The executable,
    pub program: PathBuf,
    /// and its arguments.
    pub arguments: Vec<OsString>,
    /// Where workers on this machine reach the API: scheme, host and port.
    pub api_url: String,
    /// What all workers show.
    pub worker_secret: Secret,
    /// What else is in a worker's environment, and all that is: it inherits nothing.
    pub environment: Vec<(OsString, OsString)>,
}

/// Starts each worker as a process in a group of its own, which lives on if this one is killed: the next server hears it.
/// So it inherits this process's stdout and stderr as they are, since a pipe would break with us.
pub struct ProcessLauncher {
    command: WorkerCommand,
    /// One task for each worker, which waits for its end.
    owners: TaskTracker,
    stop: CancellationToken,
}

impl ProcessLauncher {
    /// Starts nothing yet.
    #[must_use]
    pub fn new(command: WorkerCommand) -> Self {
        Self {
            command,
            owners: TaskTracker::new(),
            stop: CancellationToken::new(),
        }
    }
}

#[async_trait]
impl Launcher for ProcessLauncher {
    fn name(&self) -> &'static str {
        "process"
    }

    async fn launch(&self, attempt: &Attempt) -> Result<Execution, LaunchError> {
        let mut command = Command::new(&self.command.program);
        command
            .args(&self.command.arguments)
            .env_clear()
            .envs(self.command.environment.iter().map(|(name, value)| (name, value)))
            .env("SEGUE_API_URL", &self.command.api_url)
            .env("SEGUE_WORKER_SECRET", self.command.worker_secret.reveal())
            .env("SEGUE_JOB_ID", attempt.job.to_string())
            .env("SEGUE_JOB_SECRET", attempt.secret.reveal())
            .stdin(Stdio::null())
            .process_group(0);
        let child = command.spawn().map_err(|error| {
            let program = self.command.program.display();
            LaunchError::new(format!("{program} cannot be started: {error}"))
        })?;
        let execution = child.id().map(|pid| format!("pid {pid}"));
        self.owners.spawn(own(child, attempt.clone(), self.stop.clone()));
        Ok(Execution(execution))
    }

    async fn stop_local(&self, grace: Duration) {
        self.stop.cancel();
        self.owners.close();
        if timeout(grace, self.owners.wait()).await.is_err() {
            let left = self.owners.len();
            tracing::warn!(
                left,
                "some workers did not end in time; they give up when their leases run out"
            );
        }
    }
}

/// Waits for the end of a worker, so that it leaves no zombie. Told to stop, it tells the worker, which hands its job back.
async fn own(mut child: Child, attempt: Attempt, stop: CancellationToken) {
    let ended = tokio::select! {
        ended = child.wait() => ended,
        () = stop.cancelled() => {
            terminate(&child);
            child.wait().await
        }
    };
    match ended {
        Ok(status) if status.success() => tracing::debug!(job = %attempt.job, "a worker has ended"),
        // Whatever it was, its lease runs out or it has said so itself.
        Ok(status) => tracing::warn!(job = %attempt.job, upload = %attempt.upload, %status, "a worker has ended"),
        Err(error) => tracing::error!(%error, job = %attempt.job, "a worker cannot be waited for"),
    }
}

/// Nobody else waits for it, so its id is still its own.
fn terminate(child: &Child) {
    let pid = child
        .id()
        .and_then(|pid| i32::try_from(pid).ok())
        .and_then(Pid::from_raw);
    if let Some(pid) = pid
        && let Err(error) = kill_process(pid, Signal::TERM)
    {
        tracing::warn!(%error, "a worker cannot be told to stop");
    }
}
