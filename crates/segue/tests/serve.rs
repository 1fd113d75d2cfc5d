//! `segue serve` as an operator meets it: with nothing configured, twice, misconfigured, killed.
#![expect(clippy::expect_used, reason = "a test's helper fails by panicking")]

use std::{
    collections::BTreeMap,
    fs,
    io::{BufRead, BufReader, Read, Write},
    net::{TcpListener, TcpStream},
    os::unix::{fs::PermissionsExt, process::ExitStatusExt},
    path::{Path, PathBuf},
    process::{Child, Command, Output, Stdio},
    sync::mpsc,
    thread,
    time::{Duration, Instant},
};

use domain::{JobId, UploadId, UserId};
use rustix::process::{Pid, Signal, kill_process};
use store::{NewJob, NewUpload, NewUser, Registration, Settled};

const PATIENCE: Duration = Duration::from_secs(30);

fn segue(data_dir: &Path, arguments: &[&str]) -> Command {
    let mut segue = Command::new(env!("CARGO_BIN_EXE_segue"));
    segue
        .env_clear()
        .env("PATH", "/usr/bin:/bin")
        .args(["serve", "--listen", "127.0.0.1:0", "--data-dir"])
        .arg(data_dir)
        .args(arguments);
    segue
}

/// A server that runs. Killed when it is dropped.
struct Server {
    child: Child,
    address: String,
}

impl Server {
    fn start(data_dir: &Path, arguments: &[&str]) -> Self {
        Self::of(&mut segue(data_dir, arguments))
    }

    fn of(command: &mut Command) -> Self {
        let mut child = command.stdout(Stdio::piped()).spawn().expect("segue starts");
        let mut stdout = BufReader::new(child.stdout.take().expect("a pipe"));
        let (told, line) = mpsc::channel();
        thread::spawn(move || {
            let mut line = String::new();
            stdout.read_line(&mut line).expect("it is text");
            told.send(line).expect("somebody waits");
        });
        let line = line.recv_timeout(PATIENCE).expect("it says where it listens");
        let address = line.trim().strip_prefix("segue is listening on http://");
        let address = address.unwrap_or_else(|| panic!("{line:?}")).to_owned();
        Self { child, address }
    }

    /// One request, and the answer's status and body.
    fn ask(&self, method: &str, path: &str, headers: &[(&str, &str)], body: &str) -> (u16, String) {
        let mut socket = TcpStream::connect(&self.address).expect("it listens");
        socket.set_read_timeout(Some(PATIENCE)).expect("a deadline");
        let length = body.len();
        let headers: Vec<_> = headers
            .iter()
            .map(|(name, value)| {
                format!(
                    "{name}: {value}
"
                )
            })
            .collect();
        let headers = headers.concat();
        write!(
            socket,
            "{method} {path} HTTP/1.1\r\nhost: {}\r\nconnection: close\r\ncontent-type: application/json\r\n\
             content-length: {length}\r\n{headers}\r\n{body}",
            self.address
        )
        .expect("it takes the request");
        let mut answer = String::new();
        socket.read_to_string(&mut answer).expect("it answers");
        let status = answer.split(' ').nth(1).and_then(|status| status.parse().ok());
        let body = answer.split_once("\r\n\r\n").map(|(_, body)| body.to_owned());
        (status.expect("a status"), body.expect("a body"))
    }

    fn signal(&self, signal: Signal) {
        send(self.child.id(), signal);
    }

    fn ended(&mut self) -> std::process::ExitStatus {
        eventually("the server's end", || self.child.try_wait().expect("it can be asked"))
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn send(pid: u32, signal: Signal) {
    let pid = i32::try_from(pid).ok().and_then(Pid::from_raw).expect("a process id");
    kill_process(pid, signal).expect("it lives");
}

fn eventually<T>(what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    let start = Instant::now();
    loop {
        if let Some(seen) = look() {
            return seen;
        }
        assert!(start.elapsed() < PATIENCE, "waited in vain for {what}");
        thread::park_timeout(Duration::from_millis(5));
    }
}

fn complaint(output: &Output, code: i32) -> String {
    assert_eq!(output.status.code(), Some(code), "{output:?}");
    let complaint = String::from_utf8_lossy(&output.stderr).into_owned();
    let lines: Vec<_> = complaint.lines().filter(|line| line.starts_with("segue: ")).collect();
    assert_eq!(lines.len(), 1, "{complaint}");
    lines[0].to_owned()
}

#[test]
fn with_nothing_configured_it_serves_and_ends_when_it_is_told() {
    let scratch = tempfile::tempdir().expect("a folder");
    let data_dir = scratch.path().join("data");
    for _ in 0..2 {
        let mut server = Server::start(&data_dir, &[]);
        let (status, body) = server.ask("GET", "/api/v1/nothing", &[], "");
        assert_eq!(status, 404, "{body}");
        assert!(body.contains("\"not_found\""), "{body}");
        server.signal(Signal::TERM);
        assert!(server.ended().success());
    }
    let mode = |path: PathBuf| fs::metadata(path).expect("it is there").permissions().mode() & 0o777;
    assert_eq!(mode(data_dir.clone()), 0o700);
    assert_eq!(mode(data_dir.join("secrets.json")), 0o600);
    assert!(data_dir.join("segue.db").exists() && data_dir.join("objects").is_dir());
}

#[test]
fn a_second_server_is_refused() {
    let scratch = tempfile::tempdir().expect("a folder");
    let server = Server::start(scratch.path(), &[]);
    let second = segue(scratch.path(), &[]).output().expect("segue starts");
    let said = complaint(&second, 4);
    assert!(said.contains("is in use by another server"), "{said}");
    assert!(said.contains(&format!("process {}", server.child.id())), "{said}");
}

#[test]
fn a_database_in_another_place_is_for_one_server_as_well() {
    let scratch = tempfile::tempdir().expect("a folder");
    let url = format!("sqlite:{}", scratch.path().join("segue.db").display());
    let [first, second] = ["first", "second"].map(|name| scratch.path().join(name));
    let _server = Server::start(&first, &["--database-url", &url]);
    let refused = segue(&second, &["--database-url", &url])
        .output()
        .expect("segue starts");
    let said = complaint(&refused, 4);
    assert!(said.contains("segue.db is in use by another server"), "{said}");
}

#[test]
fn the_log_can_be_json_and_never_tells_a_secret() {
    let scratch = tempfile::tempdir().expect("a folder");
    let log = scratch.path().join("log");
    let data_dir = scratch.path().join("data");
    queue_a_job(&data_dir);
    let program = stub(scratch.path());
    let mut command = segue(&data_dir, &["--worker-program", program.to_str().expect("a path")]);
    command.env("SEGUE_LOG", "trace").env("SEGUE_LOG_FORMAT", "json");
    command.stderr(fs::File::create(&log).expect("a file"));
    let mut server = Server::of(&mut command);
    let given = eventually("a worker", || fs::read_to_string(scratch.path().join("given")).ok());
    server.ask(
        "POST",
        "/api/internal/jobs/x/start",
        &[("x-worker-secret", "a wrong guess")],
        "{}",
    );
    server.signal(Signal::TERM);
    assert!(server.ended().success());
    let log = fs::read_to_string(log).expect("text");
    for line in log.lines() {
        let event: serde_json::Value = serde_json::from_str(line).unwrap_or_else(|_| panic!("{line}"));
        let target = event["target"].as_str().expect("a target");
        assert!(!target.starts_with("aws") && !target.starts_with("hyper"), "{line}");
    }
    let secrets = fs::read_to_string(data_dir.join("secrets.json")).expect("text");
    let secrets: BTreeMap<String, String> = serde_json::from_str(&secrets).expect("texts");
    let of_the_job = given.split(' ').nth(2).expect("its secret").to_owned();
    for secret in secrets.into_values().chain([of_the_job, "a wrong guess".into()]) {
        assert!(secret.len() > 10 && !log.contains(&secret));
    }
}

#[test]
fn wrong_values_are_one_line_and_exit_code_2() {
    let scratch = tempfile::tempdir().expect("a folder");
    for (name, value, part) in [
        ("SEGUE_LISTEN", "here", "here"),
        (
            "SEGUE_PUBLIC_URL",
            "audio.example.org",
            "as in https://audio.example.org",
        ),
        ("SEGUE_LADDER", "64", "64k"),
        ("SEGUE_SEGMENT_SECONDS", "0", "segments of 0 seconds"),
        ("SEGUE_MAX_WORKERS", "0", "max-workers"),
        ("SEGUE_S3_PREFIX", "../up", "no prefix"),
        (
            "SEGUE_S3_ENDPOINT",
            "https://s3.example.org",
            "SEGUE_S3_BUCKET is not set",
        ),
        ("SEGUE_TOKEN_SECRET", "short", "SEGUE_TOKEN_SECRET is too short"),
        ("SEGUE_POOL_SECRET", "the secret of the pool", "SEGUE_LAUNCHER=none"),
        ("SEGUE_LAUNCHER", "none", "SEGUE_POOL_SECRET"),
        ("SEGUE_LAUNCHER", "magic", "magic"),
        ("SEGUE_LOG_FORMAT", "xml", "human or json"),
        (
            "SEGUE_DATABASE_URL",
            "mysql://root:hunter2@localhost/x",
            "must begin with postgres:// or sqlite:",
        ),
    ] {
        // Without --listen, which would win over its variable.
        let mut command = Command::new(env!("CARGO_BIN_EXE_segue"));
        command
            .env_clear()
            .args(["serve", "--s3-listen", "127.0.0.1:0", "--data-dir"]);
        if name != "SEGUE_LISTEN" {
            command.env("SEGUE_LISTEN", "127.0.0.1:0");
        }
        let output = command
            .arg(scratch.path())
            .env(name, value)
            .output()
            .expect("segue starts");
        let said = complaint(&output, 2);
        assert!(said.contains(part), "{name}: {said}");
        assert!(!said.contains("hunter2"), "{said}");
    }
}

#[test]
fn a_configuration_is_checked_line_by_line() {
    let scratch = tempfile::tempdir().expect("a folder");
    let check = |arguments: &[&str]| {
        let output = segue(scratch.path(), arguments)
            .arg("--check-config")
            .output()
            .expect("segue starts");
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        (output, text)
    };
    let (good, said) = check(&[]);
    assert_eq!(good.status.code(), Some(0), "{good:?}");
    assert_eq!(said.lines().count(), 4, "{said}");
    assert!(said.lines().all(|line| line.starts_with("ok    ")), "{said}");

    // Beside a server that runs, that one's store is asked.
    {
        let free = TcpListener::bind("127.0.0.1:0")
            .and_then(|listener| listener.local_addr())
            .expect("a port");
        let objects = free.to_string();
        let _server = Server::start(scratch.path(), &["--s3-listen", &objects]);
        let (good, said) = check(&["--s3-listen", &objects]);
        assert_eq!(good.status.code(), Some(0), "{good:?}");
        assert!(said.lines().all(|line| line.starts_with("ok    ")), "{said}");
        let (unknown, _) = check(&[]);
        assert!(complaint(&unknown, 2).contains("--s3-listen"));
    }

    let (bad, said) = check(&["--public-url", "https://audio.example.org"]);
    assert_eq!(bad.status.code(), Some(4), "{bad:?}");
    assert!(said.contains("FAIL  URLs: the public URL is https"), "{said}");

    // Nobody listens on port 1.
    let nowhere = [
        "--s3-endpoint",
        "http://127.0.0.1:1",
        "--s3-bucket",
        "segue",
        "--s3-access-key-id",
        "key",
    ];
    let (bad, said) = check(&[&nowhere[..], &["--s3-secret-access-key", "hunter2"]].concat());
    assert_eq!(bad.status.code(), Some(4), "{bad:?}");
    assert!(
        said.contains("FAIL  the bucket: ") && said.contains("ok    the database: "),
        "{said}"
    );
    assert!(!said.contains("hunter2"), "{said}");
}

#[test]
fn a_prefix_of_another_database_is_left_alone() {
    let scratch = tempfile::tempdir().expect("a folder");
    let mut server = Server::start(scratch.path(), &[]);
    server.signal(Signal::TERM);
    assert!(server.ended().success());
    // The bucket stays, the database is another one.
    let other = scratch.path().join("other.db");
    let url = format!("sqlite:{}", other.display());
    let refused = segue(scratch.path(), &["--database-url", &url])
        .output()
        .expect("segue starts");
    let said = complaint(&refused, 4);
    assert!(said.contains("belongs to another database"), "{said}");
}

/// Puts an upload into the database whose job waits.
fn queue_a_job(data_dir: &Path) -> JobId {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime");
    runtime.block_on(async {
        fs::create_dir_all(data_dir).expect("a folder");
        let store = store::open_file(&data_dir.join("segue.db")).await.expect("a database");
        let now = server::Clock::default().now();
        let user = NewUser {
            id: UserId::new(now, server::random_array()),
            email: "ann@example.org".into(),
            password_hash: "$argon2id$none".into(),
        };
        let user = store
            .create_user(now, user, Registration::Operator)
            .await
            .expect("an account");
        let upload = NewUpload {
            id: UploadId::new(now, server::random_array()),
            user: user.id,
            filename: "song.flac".into(),
            source_type: "flac".parse().expect("a type"),
            size: 1_000,
            urls_until: now,
        };
        let upload = store.reserve(now, upload, 1).await.expect("an upload").id;
        let job = NewJob {
            id: JobId::new(now, server::random_array()),
            spec: domain::protocol::PackageSpec {
                ladder: "64k".parse().expect("a ladder"),
                max_duration_seconds: 43_200,
            },
            priority: 0,
        };
        let id = job.id;
        let source = Settled {
            etag: "\"etag\"".into(),
            size: 1_000,
        };
        store.settle(now, upload, source, job).await.expect("a job");
        store.close().await;
        id
    })
}

/// A worker that writes down what it was given, and stays.
fn stub(folder: &Path) -> PathBuf {
    let program = folder.join("worker.sh");
    let script = format!(
        "#!/bin/sh\ncd '{}' || exit 1\n\
         echo \"$$ $SEGUE_JOB_ID $SEGUE_JOB_SECRET $SEGUE_WORKER_SECRET $SEGUE_API_URL\" > given.part\n\
         mv given.part given\nexec sleep 300\n",
        folder.display()
    );
    fs::write(&program, script).expect("written");
    fs::set_permissions(&program, fs::Permissions::from_mode(0o700)).expect("made executable");
    program
}

#[test]
fn workers_outlive_a_killed_server_and_the_next_one_hears_them() {
    let scratch = tempfile::tempdir().expect("a folder");
    let data_dir = scratch.path().join("data");
    let job = queue_a_job(&data_dir);
    let program = stub(scratch.path());
    let arguments = ["--worker-program", program.to_str().expect("a path")];
    let mut server = Server::start(&data_dir, &arguments);
    let given = eventually("a worker", || fs::read_to_string(scratch.path().join("given")).ok());
    let given: Vec<_> = given.split_whitespace().collect();
    let [pid, for_job, job_secret, worker_secret, api_url] = given[..] else {
        panic!("{given:?}");
    };
    assert_eq!(for_job, job.to_string());
    assert_eq!(api_url, format!("http://{}", server.address));

    server.child.kill().expect("it lives");
    assert_eq!(server.ended().signal(), Some(9));
    let worker = Path::new("/proc").join(pid);
    assert!(worker.exists(), "the worker goes on");

    let mut next = Server::start(&data_dir, &arguments);
    let headers = [("x-worker-secret", worker_secret), ("x-job-secret", job_secret)];
    let path = format!("/api/internal/jobs/{job}/start");
    let (status, body) = next.ask("POST", &path, &headers, r#"{"worker_id": "worker-1"}"#);
    assert_eq!(status, 200, "{body}");
    next.signal(Signal::TERM);
    assert!(next.ended().success());
    send(pid.parse().expect("a number"), Signal::KILL);
}

#[test]
fn its_own_workers_are_told_to_go() {
    let scratch = tempfile::tempdir().expect("a folder");
    let data_dir = scratch.path().join("data");
    queue_a_job(&data_dir);
    let program = stub(scratch.path());
    let mut server = Server::start(&data_dir, &["--worker-program", program.to_str().expect("a path")]);
    let given = eventually("a worker", || fs::read_to_string(scratch.path().join("given")).ok());
    let pid = given.split(' ').next().expect("its id").to_owned();
    server.signal(Signal::TERM);
    assert!(server.ended().success());
    assert!(!Path::new("/proc").join(pid).exists());
}
