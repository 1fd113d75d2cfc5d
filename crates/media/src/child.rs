//! One ffprobe or ffmpeg process: confined, owned, and never outliving its owner.

use std::{
    io,
    path::Path,
    process::{ExitStatus, Stdio},
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use rustix::process::{Pid, Signal, kill_process_group};
use tokio::{
    io::{AsyncReadExt, BufReader},
    process::{ChildStderr, ChildStdout, Command},
    task::JoinHandle,
    time::timeout,
};

use crate::{
    error::MediaError,
    sandbox::{Allowance, Sandbox},
};

/// How much of the end of stderr is kept. ffmpeg can print megabytes of warnings.
const STDERR_KEPT: usize = 8 << 10;
/// How long the end of stderr is awaited once the process is gone.
const STDERR_GRACE: Duration = Duration::from_secs(1);
/// How long a killed process may take to be gone.
const KILL_GRACE: Duration = Duration::from_secs(10);

pub(crate) struct Child {
    process: tokio::process::Child,
    group: Option<Pid>,
    stderr: Arc<Mutex<Vec<u8>>>,
    tail: JoinHandle<()>,
}

/// How a child ended.
#[derive(Debug)]
pub(crate) struct Ended {
    pub(crate) status: ExitStatus,
    /// The last 8 KiB of what it printed to stderr.
    pub(crate) stderr: String,
}

impl Ended {
    /// What went wrong, without the input's name: a file called `encrypted.mp3` must not decide what it is.
    pub(crate) fn complaint(&self, input: &Path) -> String {
        self.stderr.replace(&*input.to_string_lossy(), "")
    }

    /// The child ended in a way that says nothing about its input.
    pub(crate) fn unexpected(self, program: &'static str) -> MediaError {
        MediaError::Child {
            program,
            status: self.status.to_string(),
            stderr: self.stderr,
        }
    }
}

/// Whether ffmpeg complains of its surroundings rather than of the input, which must not be condemned for that.
pub(crate) fn is_our_fault(complaint: &str) -> bool {
    const OURS: [&str; 11] = [
        "Permission denied",
        "Operation not permitted",
        "Input/output error",
        "Too many open files",
        "Resource temporarily unavailable",
        "Cannot allocate memory",
        "error while loading shared libraries",
        "Unknown encoder",
        "Unrecognized option",
        "Option not found",
        "No such filter",
    ];
    OURS.iter().any(|phrase| complaint.contains(phrase))
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
        let kept = Arc::new(Mutex::new(Vec::new()));
        let tail = tokio::spawn(tail(stderr, Arc::clone(&kept)));
        Ok((
            Child {
                process,
                group,
                stderr: kept,
                tail,
            },
            BufReader::new(stdout),
        ))
    }

    /// Waits for the end. Cancel-safe: may be called again.
    pub(crate) async fn wait(&mut self) -> io::Result<Ended> {
        let status = self.process.wait().await?;
        // Reaped: the number may belong to somebody else from now on.
        self.group = None;
        // Somebody else may hold the other end of the pipe; what has come by now is enough.
        if !self.tail.is_finished() && timeout(STDERR_GRACE, &mut self.tail).await.is_err() {
            self.tail.abort();
        }
        let kept = self.stderr.lock().unwrap_or_else(PoisonError::into_inner);
        let start = kept.len().saturating_sub(STDERR_KEPT);
        Ok(Ended {
            status,
            stderr: String::from_utf8_lossy(&kept[start..]).into_owned(),
        })
    }

    /// Kills the whole group and waits until it is gone.
    pub(crate) async fn kill(&mut self) -> io::Result<()> {
        self.signal(Signal::KILL);
        timeout(KILL_GRACE, self.wait())
            .await
            .map_err(|_| io::ErrorKind::TimedOut)?
            .map(drop)
    }

    /// Stops the whole group where it is.
    pub(crate) fn pause(&self) {
        self.signal(Signal::STOP);
    }

    /// Lets a paused group go on.
    pub(crate) fn resume(&self) {
        self.signal(Signal::CONT);
    }

    fn signal(&self, signal: Signal) {
        if let Some(group) = self.group {
            // ESRCH, when it has just ended by itself, is nothing to act on.
            let _ = kill_process_group(group, signal);
        }
    }
}

/// The backstop for a caller that was dropped in mid-await; tokio reaps what is killed here.
impl Drop for Child {
    fn drop(&mut self) {
        self.signal(Signal::KILL);
        self.tail.abort();
    }
}

/// Reads all of `stderr`, so that the child never blocks on it, and keeps its end.
async fn tail(mut stderr: ChildStderr, kept: Arc<Mutex<Vec<u8>>>) {
    let mut buffer = [0; 4096];
    while let Ok(read @ 1..) = stderr.read(&mut buffer).await {
        let mut kept = kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.extend_from_slice(&buffer[..read]);
        if kept.len() > 2 * STDERR_KEPT {
            let surplus = kept.len() - STDERR_KEPT;
            kept.drain(..surplus);
        }
    }
}
