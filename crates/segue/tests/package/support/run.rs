//! Running the command under test.

use std::{
    env,
    io::{Read, Result as IoResult},
    path::Path,
    process::{Child, Command, Stdio},
    thread::{self, JoinHandle},
    time::Duration,
};

use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;

use super::wait::eventually;

/// After this a run of a few seconds of audio hangs.
const PATIENCE: Duration = Duration::from_mins(2);

/// The executable under test.
pub(crate) const SEGUE: &str = env!("CARGO_BIN_EXE_segue");

/// `segue`, without settings from the developer's environment, and with signals as a terminal gives them: a job in the
/// background of a script is started with SIGINT ignored, and so would be all that these tests start.
pub(crate) fn segue() -> Command {
    let mut command = Command::new("/usr/bin/env");
    command.args(["--default-signal=INT,TERM,HUP", SEGUE]);
    for (name, _) in env::vars_os() {
        if name.to_string_lossy().starts_with("SEGUE_") {
            command.env_remove(name);
        }
    }
    command
}

/// `segue package INPUT -o TREE`
pub(crate) fn package(input: &Path, tree: &Path) -> Command {
    let mut command = segue();
    command.arg("package").arg(input).arg("-o").arg(tree);
    command
}

/// Runs a command to its end, whatever that is.
pub(crate) fn run(command: &mut Command) -> Finished {
    Running::start(command).finish()
}

/// How a process ended and what it said.
#[derive(Debug)]
pub(crate) struct Finished {
    /// `None` when a signal ended it.
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
    /// The most memory that it or any child that it waited for ever held.
    pub(crate) peak_mib: u64,
}

impl Finished {
    /// The same, if it succeeded.
    pub(crate) fn succeeded(self) -> Self {
        assert_eq!(self.code, Some(0), "{self:?}");
        self
    }

    /// The one JSON object on stdout.
    pub(crate) fn json(&self) -> Value {
        let json: Value = serde_json::from_str(&self.stdout).unwrap_or_else(|error| panic!("{error}: {self:?}"));
        assert!(json.is_object(), "{self:?}");
        json
    }
}

/// A process that is killed should the test end before it.
pub(crate) struct Running {
    child: Child,
    stdout: Option<JoinHandle<String>>,
    stderr: Option<JoinHandle<String>>,
    /// The wait status and the peak in KiB, once it has ended.
    end: Option<(i32, u64)>,
}

impl Running {
    pub(crate) fn start(command: &mut Command) -> Self {
        command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let mut child = command
            .spawn()
            .unwrap_or_else(|error| panic!("cannot start {command:?}: {error}. Run `cargo xtask test`"));
        Self {
            stdout: child.stdout.take().map(collect),
            stderr: child.stderr.take().map(collect),
            child,
            end: None,
        }
    }

    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    pub(crate) fn signal(&self, signal: Signal) {
        kill_process(Pid::from_child(&self.child), signal).expect("the process is there");
    }

    pub(crate) fn has_ended(&mut self) -> bool {
        self.end = self.end.or_else(|| wait4(&self.child).expect("our child"));
        self.end.is_some()
    }

    pub(crate) fn finish(self) -> Finished {
        self.finish_within(PATIENCE)
    }

    pub(crate) fn finish_within(mut self, deadline: Duration) -> Finished {
        let (status, peak_kib) = eventually("the end of the process", deadline, || {
            self.has_ended();
            self.end
        });
        let text = |thread: Option<JoinHandle<String>>| thread.expect("piped").join().expect("read");
        Finished {
            code: libc::WIFEXITED(status).then(|| libc::WEXITSTATUS(status)),
            stdout: text(self.stdout.take()),
            stderr: text(self.stderr.take()),
            peak_mib: peak_kib / 1024,
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if self.end.is_none() {
            self.child.kill().expect("our child");
            self.child.wait().expect("our child");
        }
    }
}

/// Reads a pipe to its end on a thread of its own, so that its writer never waits.
pub(crate) fn collect(mut pipe: impl Read + Send + 'static) -> JoinHandle<String> {
    thread::spawn(move || {
        let mut bytes = Vec::new();
        pipe.read_to_end(&mut bytes).expect("a pipe can be read");
        String::from_utf8_lossy(&bytes).into_owned()
    })
}

/// The wait status and the peak in KiB of a child that has ended.
#[expect(unsafe_code, reason = "std cannot say what memory a child took")]
fn wait4(child: &Child) -> IoResult<Option<(i32, u64)>> {
    let pid = Pid::from_child(child).as_raw_nonzero().get();
    let mut status = 0;
    // SAFETY: all-zero is a valid `rusage`.
    let mut usage: libc::rusage = unsafe { std::mem::zeroed() };
    // SAFETY: both pointers are to live, writable values of the right types; `Child` does not wait behind our back.
    match unsafe { libc::wait4(pid, &raw mut status, libc::WNOHANG, &raw mut usage) } {
        0 => Ok(None),
        -1 => Err(std::io::Error::last_os_error()),
        _ => Ok(Some((status, usage.ru_maxrss.unsigned_abs()))),
    }
}
