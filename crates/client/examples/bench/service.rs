//! A `segue serve` of its own in a temporary folder, and what it and its workers cost.

use std::{
    collections::BTreeMap,
    fs::{self, File},
    net::TcpListener,
    path::Path,
    process::{Child, Command, Stdio},
    time::Duration,
};

use client::{Client, Uploader};
use domain::{Secret, UploadId, UploadState};
use tempfile::TempDir;
use tokio::time::{Instant, sleep, timeout};

use crate::Result;

const PASSWORD: &str = "a password for this benchmark";

/// Killed when dropped; its workers then see that their server is gone.
pub(crate) struct Service {
    child: Child,
    url: String,
    _folder: TempDir,
}

impl Service {
    /// Starts one, and waits until it answers.
    pub(crate) async fn start(segue: &Path, max_workers: u32) -> Result<Self> {
        let folder = tempfile::tempdir()?;
        let (http, s3) = (free_port()?, free_port()?);
        let log = File::create(folder.path().join("log"))?;
        let child = Command::new(segue)
            .args([
                "serve",
                "--listen",
                &format!("127.0.0.1:{http}"),
                "--s3-listen",
                &format!("127.0.0.1:{s3}"),
            ])
            .args(["--max-workers", &max_workers.to_string(), "--registration", "open"])
            .arg("--data-dir")
            .arg(folder.path().join("data"))
            .stdin(Stdio::null())
            .stdout(log.try_clone()?)
            .stderr(log)
            .spawn()?;
        let service = Self {
            child,
            url: format!("http://127.0.0.1:{http}"),
            _folder: folder,
        };
        let ready = async {
            while !is_ready(&service.url).await {
                sleep(Duration::from_millis(20)).await;
            }
        };
        timeout(Duration::from_secs(30), ready).await?;
        Ok(service)
    }

    /// A user of its own.
    pub(crate) async fn user(&self, name: &str) -> Result<Client> {
        let client = Client::new(&self.url)?;
        client
            .register(&format!("{name}@example.org"), &Secret::new(PASSWORD))
            .await?;
        Ok(client)
    }

    /// The most memory that the server has held so far, in MiB.
    pub(crate) fn peak(&self) -> Result<f64> {
        peak_mib(self.child.id()).ok_or_else(|| "the server is gone".into())
    }

    /// The most memory that each of the workers that run now has held, in MiB.
    pub(crate) fn workers(&self) -> BTreeMap<u32, f64> {
        children(self.child.id())
            .into_iter()
            .filter_map(|pid| Some((pid, peak_mib(pid)?)))
            .collect()
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// What happened to one upload, in seconds since it was complete.
pub(crate) struct Run {
    pub(crate) started: f64,
    pub(crate) ready: f64,
    /// The worker's peak, in MiB.
    pub(crate) worker: f64,
}

/// Sends a file and watches it until it is ready.
pub(crate) async fn run(service: &Service, client: &Client, file: &Path) -> Result<Run> {
    let id = send(client, file).await?;
    // `send` returns when the server has answered `complete`; what that took belongs to nobody's encoding.
    let complete = Instant::now();
    let (mut started, mut worker) = (None, 0.0_f64);
    loop {
        worker = service.workers().into_values().fold(worker, f64::max);
        let upload = client.upload(id).await?;
        let since = complete.elapsed().as_secs_f64();
        match upload.state {
            UploadState::Processing => {
                started.get_or_insert(since);
            }
            UploadState::Ready => {
                return Ok(Run {
                    started: started.unwrap_or(since),
                    ready: since,
                    worker,
                });
            }
            UploadState::Failed => return Err(format!("it failed: {:?}", upload.failure).into()),
            _ => {}
        }
        sleep(Duration::from_millis(10)).await;
    }
}

/// Sends a file; returns as soon as it is complete.
pub(crate) async fn send(client: &Client, file: &Path) -> Result<UploadId> {
    let (progress, _) = tokio::sync::watch::channel(client::Sent::default());
    Ok(Uploader::new(client, None).send(file, &progress).await?.id)
}

fn free_port() -> Result<u16> {
    Ok(TcpListener::bind("127.0.0.1:0")?.local_addr()?.port())
}

fn children(of: u32) -> Vec<u32> {
    let Ok(threads) = fs::read_dir(format!("/proc/{of}/task")) else {
        return Vec::new();
    };
    let lists = threads
        .flatten()
        .filter_map(|thread| fs::read_to_string(thread.path().join("children")).ok());
    lists
        .flat_map(|list| {
            list.split_whitespace()
                .filter_map(|pid| pid.parse().ok())
                .collect::<Vec<_>>()
        })
        .collect()
}

fn peak_mib(pid: u32) -> Option<f64> {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kib: f64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kib / 1024.0)
}

async fn is_ready(url: &str) -> bool {
    let answer = reqwest::get(format!("{url}/readyz")).await;
    answer.is_ok_and(|answer| answer.status().is_success())
}
