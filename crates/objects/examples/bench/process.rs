//! The server as a process of its own.

use std::{
    env, fs,
    io::{BufRead, BufReader, Read},
    path::Path,
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use objects::{EmbeddedServer, EmbeddedSettings};

use crate::BUCKET;

pub(crate) const ACCESS_KEY: &str = "bench";
pub(crate) const SECRET_KEY: &str = "bench";

pub(crate) struct Server {
    child: Child,
    pub(crate) endpoint: String,
    /// From starting the process until it listened.
    pub(crate) start: Duration,
}

/// Serves until standard input ends.
pub(crate) fn serve(directory: &Path) {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .unwrap();
    let settings = EmbeddedSettings {
        directory: directory.to_owned(),
        listen: "127.0.0.1:0".parse().unwrap(),
        access_key: ACCESS_KEY.into(),
        secret_key: domain::Secret::new(SECRET_KEY),
        buckets: vec![BUCKET.into()],
    };
    let server = runtime.block_on(EmbeddedServer::start(settings)).unwrap();
    println!("{}", server.endpoint());
    std::io::stdin().read_to_end(&mut Vec::new()).unwrap();
    runtime.block_on(server.shutdown());
}

impl Server {
    pub(crate) fn start(directory: &Path) -> Self {
        let began = Instant::now();
        let mut child = Command::new(env::current_exe().unwrap())
            .arg("serve")
            .arg(directory)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut endpoint = String::new();
        BufReader::new(child.stdout.take().unwrap())
            .read_line(&mut endpoint)
            .unwrap();
        assert!(!endpoint.is_empty(), "the server did not start");
        Self {
            child,
            endpoint: endpoint.trim().to_owned(),
            start: began.elapsed(),
        }
    }

    /// Resident now, and at most so far.
    pub(crate) fn memory(&self) -> String {
        let status = fs::read_to_string(format!("/proc/{}/status", self.child.id())).unwrap_or_default();
        let mebibytes = |name: &str| {
            let line = status.lines().find_map(|line| line.strip_prefix(name))?;
            let kibibytes: f64 = line
                .trim_matches([':', '\t', ' '])
                .strip_suffix(" kB")?
                .trim()
                .parse()
                .ok()?;
            Some(kibibytes / 1024.0)
        };
        match (mebibytes("VmRSS"), mebibytes("VmHWM")) {
            (Some(now), Some(peak)) => format!("{now:.0} MiB, at most {peak:.0} MiB"),
            _ => "not known on this system".into(),
        }
    }

    pub(crate) fn end(mut self) {
        drop(self.child.stdin.take());
        assert!(self.child.wait().unwrap().success());
    }

    pub(crate) fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}
