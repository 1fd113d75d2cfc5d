//! What a media file that took over ffprobe or ffmpeg could still do: next to nothing.
//!
//! Container platforms give no user namespaces, so this uses only what an unprivileged process may do to itself:
//! resource limits everywhere, and on Linux Landlock (which files) and seccomp (no sockets).

#[cfg(target_os = "linux")]
mod landlock;
#[cfg(target_os = "linux")]
mod seccomp;

use std::{path::Path, time::Duration};

use rustix::process::{Resource, Rlimit, setrlimit};
use tokio::process::Command;

/// Below 300 MB the encoder does not even start; 2 GiB leaves room for any real file.
const ADDRESS_SPACE_BYTES: u64 = 2 << 30;
/// The largest single file that a child may write. A 30-second segment at 320k has 1.3 MB.
const FILE_BYTES: u64 = 64 << 20;
const OPEN_FILES: u64 = 64;

/// What to do on a kernel without Landlock.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Enforcement {
    /// Warn once and go on with what the kernel has.
    #[default]
    BestEffort,
    /// Refuse to run.
    Required,
}

/// The sandbox that ffprobe and ffmpeg run in.
#[derive(Debug, Clone, Copy)]
pub struct Sandbox {
    landlock: bool,
}

/// The kernel lacks a part of the sandbox.
#[derive(Debug, thiserror::Error)]
pub enum SandboxUnavailable {
    /// The operator demanded it.
    #[error("this kernel has no Landlock, which SEGUE_SANDBOX=required demands; use Linux 5.13 or newer")]
    Landlock,
    /// The kernel did not let this process hide.
    #[error("this process cannot be hidden from its children: {0}")]
    Dumpable(std::io::Error),
}

/// What one child may touch, beyond the system's shared libraries.
pub(crate) struct Allowance<'a> {
    /// The program itself: read and execute.
    pub(crate) program: &'a Path,
    /// The one input: read.
    pub(crate) input: &'a Path,
    /// The one folder where files may be read, made and removed.
    pub(crate) work: Option<&'a Path>,
    /// CPU time over all threads of the child.
    pub(crate) cpu: Duration,
}

impl Sandbox {
    /// Asks the kernel, by system call, what it can enforce, and hides this process from those that it will start.
    pub fn detect(enforcement: Enforcement) -> Result<Self, SandboxUnavailable> {
        #[cfg(target_os = "linux")]
        let landlock = {
            hide_from_children()?;
            landlock::is_supported()
        };
        #[cfg(not(target_os = "linux"))]
        let landlock = false;
        match enforcement {
            Enforcement::Required if !landlock => return Err(SandboxUnavailable::Landlock),
            Enforcement::BestEffort if !landlock => {
                tracing::warn!("no Landlock here: ffmpeg is held by resource limits and seccomp only");
            }
            _ => {}
        }
        Ok(Sandbox { landlock })
    }

    /// Confines what `command` will start. The rules are built here, in the parent; the child only enters them.
    #[cfg_attr(
        target_os = "linux",
        expect(unsafe_code, reason = "pre_exec is how a child restricts itself")
    )]
    pub(crate) fn confine(self, command: &mut Command, allowance: &Allowance<'_>) -> std::io::Result<()> {
        let limits = [
            (Resource::As, ADDRESS_SPACE_BYTES),
            (Resource::Cpu, allowance.cpu.as_secs().max(1)),
            (Resource::Fsize, FILE_BYTES),
            (Resource::Nofile, OPEN_FILES),
            (Resource::Core, 0),
        ];
        let enter_limits = move || -> std::io::Result<()> {
            for (resource, maximum) in limits {
                setrlimit(
                    resource,
                    Rlimit {
                        current: Some(maximum),
                        maximum: Some(maximum),
                    },
                )?;
            }
            Ok(())
        };
        #[cfg(target_os = "linux")]
        {
            let ruleset = self.landlock.then(|| landlock::ruleset(allowance)).transpose()?;
            let filters = seccomp::filters()?;
            let parent = rustix::process::getpid();
            let enter = move || -> std::io::Result<()> {
                die_with_parent(parent)?;
                close_inherited_descriptors_on_exec();
                // Before the limits: it takes one more descriptor, and of those that go with exec there may be many.
                if let Some(ruleset) = &ruleset {
                    landlock::enter(ruleset)?;
                }
                enter_limits()?;
                seccomp::enter(&filters)
            };
            // SAFETY: between fork and exec the closure only makes system calls; everything it needs was built above.
            unsafe { command.pre_exec(enter) };
        }
        #[cfg(not(target_os = "linux"))]
        // SAFETY: as above.
        unsafe {
            command.pre_exec(enter_limits)
        };
        Ok(())
    }
}

/// Without Landlock, a child of the same user could otherwise read our memory and environment under `/proc`.
#[cfg(target_os = "linux")]
fn hide_from_children() -> Result<(), SandboxUnavailable> {
    use rustix::process::{DumpableBehavior, set_dumpable_behavior};
    let hidden = set_dumpable_behavior(DumpableBehavior::NotDumpable);
    hidden.map_err(|error| SandboxUnavailable::Dumpable(error.into()))
}

/// A killed worker takes its children with it. The parent may have died before the child got here.
#[cfg(target_os = "linux")]
fn die_with_parent(parent: rustix::process::Pid) -> std::io::Result<()> {
    use rustix::process::{Signal, getppid, set_parent_process_death_signal};
    set_parent_process_death_signal(Some(Signal::KILL))?;
    if getppid() == Some(parent) {
        Ok(())
    } else {
        Err(std::io::ErrorKind::BrokenPipe.into())
    }
}

/// Descriptors that our own parent left open would be readable in the child, whatever Landlock says.
#[cfg(target_os = "linux")]
#[expect(unsafe_code, reason = "no safe wrapper has close_range with CLOSE_RANGE_CLOEXEC")]
fn close_inherited_descriptors_on_exec() {
    // SAFETY: marks descriptors close-on-exec, closes none, so nothing that this process still uses goes away.
    // A kernel before 5.11 answers EINVAL and leaves the descriptors to Rust's own O_CLOEXEC, which is on by default.
    unsafe { libc::syscall(libc::SYS_close_range, 3, libc::c_uint::MAX, libc::CLOSE_RANGE_CLOEXEC) };
}

#[cfg(test)]
#[cfg(target_os = "linux")]
mod tests {
    use std::{fs, net::TcpListener, path::PathBuf, process::Output};

    use super::*;

    /// Runs a line of bash in the sandbox, with a folder to work in and one input beside a canary.
    struct Cell {
        folder: tempfile::TempDir,
    }

    impl Cell {
        fn new() -> Self {
            let cell = Cell {
                folder: tempfile::tempdir().unwrap(),
            };
            fs::create_dir(cell.path("work")).unwrap();
            fs::write(cell.path("input"), "input").unwrap();
            fs::write(cell.path("canary"), "canary").unwrap();
            cell
        }

        fn path(&self, name: &str) -> PathBuf {
            self.folder.path().join(name)
        }

        async fn bash(&self, line: &str) -> Output {
            let program = Path::new("/bin/bash").canonicalize().unwrap();
            let (input, work) = (self.path("input"), self.path("work"));
            let mut command = Command::new(&program);
            command
                .args(["--noprofile", "--norc", "-c", line])
                .env_clear()
                .current_dir(&work);
            let cpu = Duration::from_secs(5);
            let allowance = Allowance {
                program: &program,
                input: &input,
                work: Some(&work),
                cpu,
            };
            Sandbox::detect(Enforcement::Required)
                .unwrap()
                .confine(&mut command, &allowance)
                .unwrap();
            command.output().await.unwrap()
        }
    }

    #[tokio::test]
    async fn the_input_can_be_read_and_nothing_beside_it() {
        let cell = Cell::new();
        let input = cell.bash("read -r line < ../input; echo $line").await;
        assert_eq!(String::from_utf8_lossy(&input.stdout), "input\n");
        let canary = cell.bash("read -r line < ../canary; echo $line").await;
        assert!(
            String::from_utf8_lossy(&canary.stderr).contains("Permission denied"),
            "{canary:?}"
        );
        assert_eq!(String::from_utf8_lossy(&canary.stdout), "\n");
    }

    #[tokio::test]
    async fn files_can_be_made_in_the_work_folder_only() {
        let cell = Cell::new();
        assert!(cell.bash("echo x > made").await.status.success());
        assert_eq!(fs::read_to_string(cell.path("work/made")).unwrap(), "x\n");
        assert!(!cell.bash("echo x > ../made").await.status.success());
        assert!(!cell.bash("echo x > ../input").await.status.success());
        assert_eq!(fs::read_to_string(cell.path("input")).unwrap(), "input");
    }

    #[tokio::test]
    async fn other_processes_and_the_system_are_out_of_sight() {
        let cell = Cell::new();
        for path in [
            "/proc/self/environ",
            &format!("/proc/{}/environ", std::process::id()),
            "/etc/passwd",
            "/etc/shadow",
        ] {
            let read = cell.bash(&format!("read -r line < {path}")).await;
            assert!(
                String::from_utf8_lossy(&read.stderr).contains("Permission denied"),
                "{path}: {read:?}"
            );
        }
        let killed = cell.bash(&format!("kill -0 {}", std::process::id())).await;
        assert!(!killed.status.success(), "{killed:?}");
        assert!(
            !cell.bash("/bin/ls").await.status.success(),
            "no program but its own may be executed"
        );
    }

    #[tokio::test]
    async fn no_socket_can_be_opened() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        listener.set_nonblocking(true).unwrap();
        let port = listener.local_addr().unwrap().port();
        let cell = Cell::new();
        for network in ["tcp", "udp"] {
            let opened = cell.bash(&format!("exec 3<>/dev/{network}/127.0.0.1/{port}")).await;
            assert!(
                String::from_utf8_lossy(&opened.stderr).contains("Operation not permitted"),
                "{opened:?}"
            );
        }
        assert!(listener.accept().is_err());
    }

    #[tokio::test]
    async fn no_process_can_be_started_that_would_outlive_its_owner() {
        let forked = Cell::new().bash("(:) && echo forked").await;
        assert!(
            String::from_utf8_lossy(&forked.stderr).contains("Operation not permitted"),
            "{forked:?}"
        );
        assert_eq!(forked.stdout, b"");
    }

    #[tokio::test]
    async fn limits_are_in_force() {
        let limits = Cell::new()
            .bash("ulimit -v; ulimit -t; ulimit -f; ulimit -n; ulimit -c")
            .await;
        let expected = format!("{}\n5\n{}\n64\n0\n", ADDRESS_SPACE_BYTES / 1024, FILE_BYTES / 1024);
        assert_eq!(String::from_utf8_lossy(&limits.stdout), expected);
    }

    #[tokio::test]
    async fn descriptors_of_ours_are_not_inherited() {
        use std::os::fd::AsRawFd;
        let cell = Cell::new();
        let open = fs::File::open(cell.path("canary")).unwrap();
        rustix::io::fcntl_setfd(&open, rustix::io::FdFlags::empty()).unwrap();
        let read = cell.bash(&format!("read -r line <&{}", open.as_raw_fd())).await;
        assert!(
            String::from_utf8_lossy(&read.stderr).contains("Bad file descriptor"),
            "{read:?}"
        );
    }
}
