use std::{
    fs::{self, File},
    net::TcpListener,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::Duration,
};

use client::{Client, Sent, Upload, Uploader};
use domain::{Secret, UploadId, UploadState};
use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;
use tokio::time::{Instant, sleep};

use super::Database;

pub(crate) const PASSWORD: &str = "a password for this test";
const PATIENCE: Duration = Duration::from_secs(90);

/// One or more `segue serve` over one database and one data directory. Everything ends with it.
pub(crate) struct Service {
    pub(crate) folder: TempDir,
    database: Database,
    servers: Vec<Server>,
}

struct Server {
    child: Child,
    port: u16,
    s3_port: u16,
}

impl Service {
    /// One server.
    pub(crate) async fn start(database: Database) -> Self {
        let mut service = Self {
            folder: tempfile::tempdir().unwrap(),
            database,
            servers: Vec::new(),
        };
        service.add(&[]).await;
        service
    }

    /// Starts another server; returns which it is. The first keeps the objects, and the others reach them through it.
    pub(crate) async fn add(&mut self, arguments: &[&str]) -> usize {
        let index = self.servers.len();
        let (port, s3_port) = (free_port(), free_port());
        self.servers.push(Server {
            child: self.spawn(index, port, s3_port, arguments),
            port,
            s3_port,
        });
        self.until_ready(index).await;
        index
    }

    fn spawn(&self, index: usize, port: u16, s3_port: u16, arguments: &[&str]) -> Child {
        let log = File::options().create(true).append(true).open(self.log()).unwrap();
        let mut serve = Command::new(env!("CARGO_BIN_EXE_segue"));
        serve.env_clear().env("PATH", std::env::var_os("PATH").unwrap());
        serve.env("TMPDIR", self.temporary());
        serve
            .arg("serve")
            .args(["--listen", &format!("127.0.0.1:{port}"), "--registration", "open"]);
        serve
            .arg("--data-dir")
            .arg(self.folder.path().join(format!("data-{index}")));
        if let Some(url) = self.database.url() {
            serve.env("SEGUE_DATABASE_URL", url);
        }
        serve.env("SEGUE_LOG", "debug");
        // What several servers must agree on, and what a production sets.
        serve.env("SEGUE_WORKER_SECRET", "the secret of all workers of this test");
        serve.env("SEGUE_TOKEN_SECRET", "what signs the tokens of this test");
        if index == 0 {
            serve.args(["--s3-listen", &format!("127.0.0.1:{s3_port}")]);
        } else {
            let secrets = fs::read_to_string(self.folder.path().join("data-0/secrets.json")).unwrap();
            let secrets: serde_json::Value = serde_json::from_str(&secrets).unwrap();
            serve.env(
                "SEGUE_S3_ENDPOINT",
                format!("http://127.0.0.1:{}", self.servers[0].s3_port),
            );
            serve.env("SEGUE_S3_BUCKET", "segue");
            serve.env("SEGUE_S3_ACCESS_KEY_ID", "segue");
            serve.env("SEGUE_S3_SECRET_ACCESS_KEY", secrets["s3_secret"].as_str().unwrap());
        }
        fs::create_dir_all(self.temporary()).unwrap();
        serve
            .args(arguments)
            .stdin(Stdio::null())
            .stdout(log.try_clone().unwrap())
            .stderr(log)
            .spawn()
            .unwrap()
    }

    /// Starts a server that has ended again, where it was.
    pub(crate) async fn restart(&mut self, index: usize) {
        let Server { port, s3_port, .. } = self.servers[index];
        self.servers[index].child = self.spawn(index, port, s3_port, &[]);
        self.until_ready(index).await;
    }

    async fn until_ready(&mut self, index: usize) {
        let url = format!("{}/readyz", self.url(index));
        let deadline = Instant::now() + PATIENCE;
        while !reqwest::get(&url)
            .await
            .is_ok_and(|answer| answer.status().is_success())
        {
            let ended = self.servers[index].child.try_wait().unwrap();
            assert!(ended.is_none(), "the server ended: {ended:?}\n{}", self.said());
            assert!(
                Instant::now() < deadline,
                "the server does not get ready\n{}",
                self.said()
            );
            sleep(Duration::from_millis(20)).await;
        }
    }

    pub(crate) fn url(&self, index: usize) -> String {
        format!("http://127.0.0.1:{}", self.servers[index].port)
    }

    pub(crate) fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Where workers keep their folders.
    pub(crate) fn temporary(&self) -> PathBuf {
        self.folder.path().join("temporary")
    }

    fn log(&self) -> PathBuf {
        self.folder.path().join("log")
    }

    /// What all servers and workers have logged.
    pub(crate) fn said(&self) -> String {
        fs::read_to_string(self.log()).unwrap_or_default()
    }

    /// A new user, by way of a server.
    pub(crate) async fn user(&self, index: usize, name: &str) -> Client {
        let client = Client::new(&self.url(index)).unwrap();
        client
            .register(&format!("{name}@example.org"), &Secret::new(PASSWORD))
            .await
            .unwrap();
        client
    }

    pub(crate) fn signal(&self, index: usize, signal: Signal) {
        kill_process(self.pid(index), signal).unwrap();
    }

    /// How a server ends that was told to.
    pub(crate) async fn ended(&mut self, index: usize) -> std::process::ExitStatus {
        let deadline = Instant::now() + PATIENCE;
        loop {
            if let Some(status) = self.servers[index].child.try_wait().unwrap() {
                return status;
            }
            assert!(Instant::now() < deadline, "the server does not end\n{}", self.said());
            sleep(Duration::from_millis(20)).await;
        }
    }

    fn pid(&self, index: usize) -> Pid {
        Pid::from_child(&self.servers[index].child)
    }

    /// Processes of this service that are no server: workers and what they have started.
    pub(crate) fn others(&self) -> Vec<u32> {
        let temporary = format!("TMPDIR={}", self.temporary().display());
        let of_service = |pid: u32| {
            // A worker hides its environment, but not what it was called with; its children have none.
            let command = fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
            let command = String::from_utf8_lossy(&command).replace('\0', " ");
            let folder = self.temporary().display().to_string();
            let environment = fs::read(format!("/proc/{pid}/environ")).unwrap_or_default();
            command.contains(&folder) || String::from_utf8_lossy(&environment).contains(&temporary)
        };
        let servers: Vec<u32> = self.servers.iter().map(|server| server.child.id()).collect();
        let pids = fs::read_dir("/proc").unwrap().flatten();
        let pids = pids.filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok());
        pids.filter(|pid| !servers.contains(pid) && of_service(*pid)).collect()
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        for server in &mut self.servers {
            if server.child.try_wait().is_ok_and(|ended| ended.is_none()) {
                let _ = kill_process(Pid::from_child(&server.child), Signal::TERM);
                let _ = server.child.wait();
            }
        }
        if std::thread::panicking() {
            let said = self.said();
            let tail: Vec<&str> = said.lines().rev().take(60).collect();
            eprintln!("{}", tail.into_iter().rev().collect::<Vec<_>>().join("\n"));
        }
    }
}

/// Sends a file; returns when it is complete.
pub(crate) async fn send(client: &Client, file: &Path) -> UploadId {
    let (progress, _) = tokio::sync::watch::channel(Sent::default());
    Uploader::new(client, None).send(file, &progress).await.unwrap().id
}

/// Asks until an upload is as it should be.
pub(crate) async fn until(client: &Client, id: UploadId, what: &str, is: impl Fn(&Upload) -> bool) -> Upload {
    let deadline = Instant::now() + PATIENCE;
    loop {
        let upload = client.upload(id).await.unwrap();
        if is(&upload) {
            return upload;
        }
        assert!(Instant::now() < deadline, "it is not {what}: {upload:?}");
        sleep(Duration::from_millis(50)).await;
    }
}

pub(crate) async fn until_state(client: &Client, id: UploadId, state: UploadState) -> Upload {
    let upload = until(client, id, "over, or in that state", |upload| {
        upload.state == state || (upload.is_settled() && state != UploadState::Processing)
    })
    .await;
    assert_eq!(upload.state, state, "{upload:?}");
    upload
}

fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}
