//! One ffprobe or ffmpeg process: confined, owned, and never outliving its owner.

use std::{
    io,
    path::Path,
    process::{ExitStatus, Stdio},
    time::Duration,
};

use rustix::process::{Pid, Signal, kill_process_group};
use tokio::{
    io::{AsyncReadExt, BufReader},
    process::{ChildStderr, ChildStdout, Command},
    task::JoinHandle,
};

use crate::sandbox::{Allowance, Sandbox};

/// How much of the end of stderr is kept. ffmpeg can print megabytes of warnings.
const STDERR_KEPT: usize = 8 << 10;

pub(crate) struct Child {
    process: tokio::process::Child,
    group: Option<Pid>,
    stderr: Option<JoinHandle<String>>,
}

/// How a child ended.
pub(crate) struct Ended {
    pub(crate) status: ExitStatus,
    /// The last 8 KiB of what it printed to stderr.
    pub(crate) stderr: String,
}

impl Child {
    /// Starts `command` in its own process group, inside the sandbox and without our environment.
    pub(crate) fn spawn(
        mut command: Command,
        sandbox: Sandbox,
        program: &Path,
        input: &Path,
        work: Option<&Path>,
        cpu: Duration,
    ) -> io::Result<(Self, BufReader<ChildStdout>)> {
        command
            .env_clear()
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        command.process_group(0).kill_on_drop(true);
        sandbox.confine(
            &mut command,
            &Allowance {
                program,
                input,
                work,
                cpu,
            },
        )?;
        let mut process = command.spawn()?;
        let group = process.id().and_then(|id| Pid::from_raw(id.cast_signed()));
        let stdout = process.stdout.take().ok_or(io::ErrorKind::BrokenPipe)?;
        let stderr = process.stderr.take().ok_or(io::ErrorKind::BrokenPipe)?;
        let stderr = Some(tokio::spawn(tail(stderr)));
        Ok((Child { process, group, stderr }, BufReader::new(stdout)))
    }

    /// Waits for the end. Cancel-safe: may be called again.
    pub(crate) async fn wait(&mut self) -> io::Result<Ended> {
        let status = self.process.wait().await?;
        // Reaped: the number may belong to somebody else from now on.
        self.group = None;
        let stderr = match self.stderr.take() {
            Some(tail) => tail.await.unwrap_or_default(),
            None => String::new(),
        };
        Ok(Ended { status, stderr })
    }

    /// Kills the whole group and waits until it is gone.
    pub(crate) async fn kill(&mut self) -> io::Result<()> {
        self.signal();
        self.wait().await.map(drop)
    }

    fn signal(&self) {
        if let Some(group) = self.group {
            // ESRCH, when it has just ended by itself, is what we want anyway.
            let _ = kill_process_group(group, Signal::KILL);
        }
    }
}

/// The backstop for a caller that was dropped in mid-await; tokio reaps what is killed here.
impl Drop for Child {
    fn drop(&mut self) {
        self.signal();
    }
}

/// Reads all of `stderr`, so that the child never blocks on it, and keeps its end.
async fn tail(mut stderr: ChildStderr) -> String {
    let mut kept = Vec::with_capacity(2 * STDERR_KEPT);
    let mut buffer = [0; 4096];
    while let Ok(read @ 1..) = stderr.read(&mut buffer).await {
        kept.extend_from_slice(&buffer[..read]);
        if kept.len() > 2 * STDERR_KEPT {
            kept.drain(..kept.len() - STDERR_KEPT);
        }
    }
    let start = kept.len().saturating_sub(STDERR_KEPT);
    String::from_utf8_lossy(&kept[start..]).into_owned()
}
