//! A server as a child process, shared by all tests of this run.

use std::{
    fs::{self, File},
    net::{TcpListener, TcpStream},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::Mutex,
    thread,
    time::{Duration, Instant},
};

/// A machine that compiles in the background makes Python slow to start.
const START: Duration = Duration::from_mins(1);

/// Ends its server when this process ends, however it ends: the shell's standard input closes then. The folder goes too.
const WATCHED: &str =
    r#"folder=$1; shift; "$@" </dev/null & server=$!; cat >/dev/null; kill "$server"; wait; rm -rf "$folder""#;

pub(crate) struct Running {
    pub(crate) port: u16,
    child: Mutex<Child>,
    log: PathBuf,
}

impl Running {
    /// Starts what `command` makes for a free port and a folder of its own.
    pub(crate) fn start(name: &str, command: impl FnOnce(u16, &Path) -> Command) -> Self {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("{name}-{}", std::process::id()));
        fs::create_dir_all(&folder).expect("a folder for the server");
        let port = free_port();
        let command = command(port, &folder);
        let log = folder.join("log");
        let output = File::create(&log).expect("a log");
        let mut shell = Command::new("sh");
        shell
            .args(["-c", WATCHED, "sh"])
            .arg(&folder)
            .arg(command.get_program());
        shell.args(command.get_args()).current_dir(&folder);
        for (name, value) in command.get_envs() {
            shell.env(name, value.unwrap_or_default());
        }
        shell
            .stdin(Stdio::piped())
            .stderr(output.try_clone().expect("a second handle"));
        let child = shell.stdout(output).spawn().expect("sh starts");
        let running = Self {
            port,
            child: Mutex::new(child),
            log,
        };
        running.wait();
        running
    }

    fn wait(&self) {
        let start = Instant::now();
        while TcpStream::connect(("127.0.0.1", self.port)).is_err() {
            let ended = self.child.lock().expect("no test panicked here").try_wait();
            let gave_up = start.elapsed() > START || ended.expect("its state").is_some();
            assert!(!gave_up, "the server did not start:\n{}", self.log());
            thread::park_timeout(Duration::from_millis(20));
        }
    }

    fn log(&self) -> String {
        fs::read_to_string(&self.log).expect("its log")
    }
}

/// A port that was free a moment ago.
pub(crate) fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    listener.local_addr().expect("an address").port()
}

/// A file that `cargo xtask setup` made.
pub(crate) fn fixture(name: &str) -> PathBuf {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../target/fixtures")
        .join(name);
    assert!(path.exists(), "{} is missing; run `cargo xtask setup`", path.display());
    path
}
