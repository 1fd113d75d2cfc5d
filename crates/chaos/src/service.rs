//! The real thing: servers, their workers, a database and a bucket, each reached through something that can fail.

use std::{
    fs::{self, File},
    net::TcpListener,
    path::{Path, PathBuf},
    process::{Child, Command, ExitStatus, Stdio},
    time::Duration,
};

use anyhow::{Context, Result, bail, ensure};
use client::Client;
use domain::{KeyPrefix, Secret};
use objects::{Bucket, BucketSettings, EmbeddedServer, EmbeddedSettings, ListFrom, Listed, Patience};
use rustix::process::Signal;
use tempfile::TempDir;
use tokio::time::{Instant, sleep};

use crate::{
    database::{Database, Engine},
    launcher, processes,
    proxy::Proxy,
};

pub(crate) const PASSWORD: &str = "the password of everybody here";
pub(crate) const WORKER_SECRET: &str = "the secret of all workers of this service";
pub(crate) const S3_SECRET: &str = "the key to all objects of this service";
pub(crate) const TOKEN_SECRET: &str = "what signs the tokens of this service";
const BUCKET: &str = "segue";
const KEY: &str = "chaos";
/// For one question whether a server is well.
const ANSWER: Duration = Duration::from_secs(5);
const START: Duration = Duration::from_mins(1);
/// How long a server that was told to end may take: it has ten seconds for its workers and ten for its objects.
const END: Duration = Duration::from_secs(40);
/// Where Debian keeps it, below the folder of the machine's kind.
const FAKE_TIME: &str = "faketime/libfaketimeMT.so.1";

/// How long leases are.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Terms {
    pub(crate) lease: Duration,
    pub(crate) launch_lease: Duration,
    pub(crate) workers: u32,
}

pub(crate) struct Service {
    folder: TempDir,
    terms: Terms,
    pub(crate) database: Database,
    /// Past all troubles.
    pub(crate) bucket: Bucket,
    /// Until the end.
    objects: Option<EmbeddedServer>,
    pub(crate) bucket_proxy: Proxy,
    servers: Vec<Server>,
}

struct Server {
    port: u16,
    child: Option<Child>,
    /// Between it and its workers.
    callbacks: Proxy,
    /// By how many seconds its clock is wrong.
    clock: i32,
}

impl Service {
    /// One server on SQLite, two on PostgreSQL.
    pub(crate) async fn start(segue: &Path, engine: Engine, terms: Terms) -> Result<Self> {
        let folder = TempDir::with_prefix("segue-chaos-")?;
        for name in ["bin", "files", "sent", "temporary", "work", "full"] {
            fs::create_dir(folder.path().join(name))?;
        }
        let binary = folder.path().join("bin/segue");
        fs::copy(segue, &binary).with_context(|| format!("cannot copy {}", segue.display()))?;
        launcher::write(folder.path())?;
        let secret_key = Secret::new(S3_SECRET);
        let objects = EmbeddedServer::start(EmbeddedSettings {
            directory: folder.path().join("objects"),
            listen: "127.0.0.1:0".parse()?,
            access_key: KEY.into(),
            secret_key: secret_key.clone(),
            buckets: vec![BUCKET.into()],
        })
        .await?;
        let bucket = Bucket::new(BucketSettings {
            endpoint: objects.endpoint(),
            public_endpoint: None,
            region: "auto".into(),
            bucket: BUCKET.into(),
            access_key: KEY.into(),
            secret_key,
            path_style: true,
            patience: Patience::default(),
        })?;
        let database = Database::new(engine, &folder.path().join("data-0")).await?;
        let mut service = Self {
            terms,
            database,
            bucket,
            bucket_proxy: Proxy::before(objects.address().port()).await?,
            objects: Some(objects),
            servers: Vec::new(),
            folder,
        };
        let servers = match engine {
            Engine::Sqlite => 1,
            Engine::Postgres => 2,
        };
        for server in 0..servers {
            let port = free_port()?;
            service.servers.push(Server {
                port,
                child: None,
                callbacks: Proxy::before(port).await?,
                clock: 0,
            });
            service.start_server(server).await?;
        }
        Ok(service)
    }

    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    pub(crate) fn servers(&self) -> usize {
        self.servers.len()
    }

    pub(crate) fn url(&self, server: usize) -> String {
        format!("http://127.0.0.1:{}", self.servers[server].port)
    }

    pub(crate) fn callbacks(&self, server: usize) -> &Proxy {
        &self.servers[server].callbacks
    }

    pub(crate) fn is_up(&self, server: usize) -> bool {
        self.servers[server].child.is_some()
    }

    pub(crate) fn pid(&self, server: usize) -> Option<u32> {
        self.servers[server].child.as_ref().map(Child::id)
    }

    /// From its next start on.
    pub(crate) fn set_clock(&mut self, server: usize, seconds: i32) {
        self.servers[server].clock = seconds;
    }

    /// Starts a server, and waits until it answers.
    pub(crate) async fn start_server(&mut self, server: usize) -> Result<()> {
        self.servers[server].child = Some(self.spawn(server)?);
        // With a clock that is far off it is alive, but never ready.
        let path = if self.servers[server].clock == 0 {
            "readyz"
        } else {
            "healthz"
        };
        let url = format!("{}/{path}", self.url(server));
        let deadline = Instant::now() + START;
        while !is_well(&url).await {
            if let Some(child) = &mut self.servers[server].child
                && let Some(status) = child.try_wait()?
            {
                bail!("a server ended while it started: {status}");
            }
            ensure!(Instant::now() < deadline, "a server does not get ready");
            sleep(Duration::from_millis(20)).await;
        }
        Ok(())
    }

    fn spawn(&self, server: usize) -> Result<Child> {
        let Server {
            port, callbacks, clock, ..
        } = &self.servers[server];
        let folder = self.folder();
        let log = File::options().create(true).append(true).open(self.log())?;
        let mut serve = Command::new(folder.join("bin/segue"));
        serve.env_clear().arg("serve");
        serve.args(["--listen", &format!("127.0.0.1:{port}"), "--registration", "open"]);
        serve.args(["--internal-url", &callbacks.url()]);
        serve.args(["--max-workers", &self.terms.workers.to_string()]);
        serve
            .arg("--lease")
            .arg(humantime::format_duration(self.terms.lease).to_string());
        serve
            .arg("--launch-lease")
            .arg(humantime::format_duration(self.terms.launch_lease).to_string());
        serve.arg("--worker-program").arg(folder.join("bin/launch"));
        serve.arg("--data-dir").arg(folder.join(format!("data-{server}")));
        serve.env("PATH", std::env::var_os("PATH").unwrap_or_default());
        serve
            .env("TMPDIR", folder.join("temporary"))
            .env("SEGUE_WORK_DIR", folder.join("work"));
        if let Some(url) = self.database.url() {
            serve.env("SEGUE_DATABASE_URL", url);
        }
        serve.env("SEGUE_LOG", "info");
        serve
            .env("SEGUE_WORKER_SECRET", WORKER_SECRET)
            .env("SEGUE_TOKEN_SECRET", TOKEN_SECRET);
        serve
            .env("SEGUE_S3_ENDPOINT", self.bucket_proxy.url())
            .env("SEGUE_S3_BUCKET", BUCKET);
        serve.env("SEGUE_S3_ACCESS_KEY_ID", KEY);
        serve.env("SEGUE_S3_SECRET_ACCESS_KEY", S3_SECRET);
        if *clock != 0 {
            serve
                .env("LD_PRELOAD", fake_time()?)
                .env("FAKETIME", format!("{clock:+}s"));
            serve.env("FAKETIME_DONT_FAKE_MONOTONIC", "1").env("NO_FAKE_STAT", "1");
        }
        serve.stdin(Stdio::null()).stdout(log.try_clone()?).stderr(log);
        serve.spawn().context("cannot start a server")
    }

    /// SIGKILL; returns when it is gone.
    pub(crate) fn kill_server(&mut self, server: usize) -> Result<()> {
        if let Some(mut child) = self.servers[server].child.take() {
            child.kill()?;
            child.wait()?;
        }
        Ok(())
    }

    /// SIGTERM; returns how it has ended.
    pub(crate) async fn end_server(&mut self, server: usize) -> Result<ExitStatus> {
        let mut child = self.servers[server].child.take().context("the server is not up")?;
        processes::signal(child.id(), Signal::TERM);
        let deadline = Instant::now() + END;
        loop {
            if let Some(status) = child.try_wait()? {
                return Ok(status);
            }
            if Instant::now() > deadline {
                child.kill()?;
                child.wait()?;
                bail!("a server that was told to end did not, and was killed");
            }
            sleep(Duration::from_millis(50)).await;
        }
    }

    pub(crate) async fn user(&self, server: usize, name: &str) -> Result<Client> {
        let client = Client::new(&self.url(server))?;
        client
            .register(&format!("{name}@example.org"), &Secret::new(PASSWORD))
            .await?;
        Ok(client)
    }

    pub(crate) fn log(&self) -> PathBuf {
        self.folder().join("log")
    }

    /// Ends the object store; leaves the folder if somebody is to look at it, and says where it is.
    pub(crate) async fn close(mut self, keep: bool) -> Option<PathBuf> {
        self.folder.disable_cleanup(keep);
        if let Some(objects) = self.objects.take() {
            objects.shutdown().await;
        }
        keep.then(|| self.folder().to_owned())
    }
}

/// Whatever went wrong, nothing of it runs on; unless we are killed ourselves.
impl Drop for Service {
    fn drop(&mut self) {
        for server in 0..self.servers() {
            // What does not die by this does not die by anything.
            let _ = self.kill_server(server);
        }
        for process in processes::of(self.folder()) {
            processes::signal(process.pid, Signal::KILL);
        }
    }
}

pub(crate) fn prefix() -> Result<KeyPrefix> {
    Ok("uploads".parse()?)
}

/// All objects with a prefix.
pub(crate) async fn list(bucket: &Bucket, prefix: &str) -> Result<Vec<Listed>> {
    let mut objects = Vec::new();
    let mut from = ListFrom::Start;
    loop {
        let page = bucket.list(prefix, from, 1000).await?;
        objects.extend(page.objects);
        match page.next {
            Some(next) => from = ListFrom::Next(next),
            None => return Ok(objects),
        }
    }
}

async fn is_well(url: &str) -> bool {
    let asked = async {
        reqwest::Client::builder()
            .no_proxy()
            .timeout(ANSWER)
            .build()?
            .get(url)
            .send()
            .await
    };
    asked.await.is_ok_and(|answer| answer.status().is_success())
}

fn fake_time() -> Result<PathBuf> {
    let folders = fs::read_dir("/usr/lib")?
        .flatten()
        .map(|entry| entry.path().join(FAKE_TIME));
    folders
        .into_iter()
        .find(|path| path.is_file())
        .context("libfaketime is not installed")
}

/// Free a moment ago, which is all that can be had.
fn free_port() -> Result<u16> {
    Ok(TcpListener::bind("127.0.0.1:0")?.local_addr()?.port())
}
