//! The flags and variables of `segue serve`, and what they mean.

use std::{
    env,
    ffi::OsString,
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
    num::NonZeroU32,
    path::PathBuf,
    thread,
    time::Duration,
};

use domain::{KeyPrefix, Ladder, Secret};
use server::{BucketForBrowsers, RegistrationPolicy, Settings, WorkerCommand};

use super::bucket::BucketArgs;
use crate::{failure::Failure, secrets::Secrets, settings::DatabaseArgs};

/// A shorter secret could be guessed.
const SHORTEST_SECRET: usize = 16;
/// What a worker's environment takes over from ours: where ffmpeg is, how it is held, where to work and to log.
const FOR_WORKERS: [&str; 11] = [
    "PATH",
    "TMPDIR",
    "SEGUE_FFMPEG",
    "SEGUE_FFPROBE",
    "SEGUE_SANDBOX",
    "SEGUE_WORK_DIR",
    "SEGUE_WORKERS",
    "SEGUE_LOG",
    "SEGUE_LOG_FORMAT",
    "SSL_CERT_FILE",
    "SSL_CERT_DIR",
];

const PUBLIC_URL_HELP: &str =
    "Where browsers find this server, as in https://audio.example.org [default: wherever they asked]";

/// Serve the API, and have what is uploaded processed. With nothing configured, everything is kept in the data directory
#[derive(clap::Args)]
pub(crate) struct Args {
    /// Check the configuration, print one line for each check, and exit
    #[arg(long)]
    pub(super) check_config: bool,

    /// Where to listen for browsers and workers
    #[arg(long, env = "SEGUE_LISTEN", value_name = "ADDRESS", default_value = "127.0.0.1:8080")]
    pub(super) listen: SocketAddr,

    #[command(flatten)]
    pub(super) database: DatabaseArgs,

    #[command(flatten)]
    pub(super) bucket: BucketArgs,

    /// The folder of this deployment in the bucket
    #[arg(long, env = "SEGUE_S3_PREFIX", value_name = "PREFIX", default_value = "uploads")]
    prefix: KeyPrefix,

    // As an attribute, since a comment would have to quote the URL.
    #[arg(long, env = "SEGUE_PUBLIC_URL", value_name = "URL", value_parser = origin, help = PUBLIC_URL_HELP)]
    pub(super) public_url: Option<String>,

    /// Where workers find this server [default: this machine, at the port of --listen]
    #[arg(long, env = "SEGUE_INTERNAL_URL", value_name = "URL", value_parser = origin)]
    internal_url: Option<String>,

    /// How many files to process at once, all servers together [default: one for every two cores]
    #[arg(long, env = "SEGUE_MAX_WORKERS", value_name = "N")]
    max_workers: Option<NonZeroU32>,

    /// What starts workers: a process on this machine, or nothing, for a pool that pulls
    #[arg(long, env = "SEGUE_LAUNCHER", value_name = "KIND", default_value = "process")]
    pub(super) launcher: LauncherKind,

    /// The executable that workers are [default: this one]
    #[arg(long, env = "SEGUE_WORKER_PROGRAM", value_name = "PATH")]
    worker_program: Option<PathBuf>,

    /// The largest file to take, in bytes
    #[arg(long, env = "SEGUE_MAX_UPLOAD_BYTES", value_name = "BYTES", default_value_t = 2 << 30)]
    max_upload_bytes: u64,

    /// The longest recording to take, as in 12h or 90m
    #[arg(long, env = "SEGUE_MAX_DURATION", value_name = "TIME", default_value = "12h", value_parser = humantime::parse_duration)]
    max_duration: Duration,

    /// The renditions to make
    #[arg(long, env = "SEGUE_LADDER", value_name = "RUNGS", default_value_t)]
    ladder: Ladder,

    /// The length of segments, in seconds
    #[arg(long, env = "SEGUE_SEGMENT_SECONDS", value_name = "SECONDS", default_value_t = domain::DEFAULT_SEGMENT_SECONDS)]
    segment_seconds: u32,

    /// How long a file may wait for its processing before it fails
    #[arg(long, env = "SEGUE_QUEUE_TIMEOUT", value_name = "TIME", default_value = "7days", value_parser = humantime::parse_duration)]
    queue_timeout: Duration,

    // Hidden: for tests, which cannot wait for as long as workers may be silent, or URLs work.
    #[arg(long, value_name = "TIME", default_value = "1m", value_parser = humantime::parse_duration, hide = true)]
    lease: Duration,

    #[arg(long, value_name = "TIME", default_value = "10m", value_parser = humantime::parse_duration, hide = true)]
    launch_lease: Duration,

    #[arg(long, value_name = "TIME", value_parser = humantime::parse_duration, hide = true)]
    playback_lifetime: Option<Duration>,

    /// Who may make an account [default: open until the first account exists]
    #[arg(long, env = "SEGUE_REGISTRATION", value_name = "POLICY")]
    registration: Option<Registration>,

    /// What all workers show [default: drawn on the first start, kept in the data directory]
    #[arg(long, env = "SEGUE_WORKER_SECRET", value_name = "SECRET", hide_env_values = true)]
    worker_secret: Option<String>,

    /// What a pool shows beside it, with `--launcher none`
    #[arg(long, env = "SEGUE_POOL_SECRET", value_name = "SECRET", hide_env_values = true)]
    pool_secret: Option<String>,

    /// What signs tokens [default: drawn on the first start, kept in the data directory]
    #[arg(long, env = "SEGUE_TOKEN_SECRET", value_name = "SECRET", hide_env_values = true)]
    token_secret: Option<String>,
}

#[derive(Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum LauncherKind {
    Process,
    None,
}

#[derive(Clone, Copy, clap::ValueEnum)]
enum Registration {
    Open,
    Closed,
}

impl Args {
    /// Whether something of this server is kept in the data directory, for which it must be the only one.
    pub(super) fn is_alone(&self) -> bool {
        !self.database.is_postgres() || self.bucket.is_embedded()
    }

    /// What was drawn on the first start, for whatever is not configured.
    pub(super) fn secrets(&self) -> Result<Option<Secrets>, Failure> {
        let is_configured = [&self.token_secret, &self.worker_secret]
            .into_iter()
            .all(|secret| given(secret.as_ref()).is_some());
        if is_configured && !self.bucket.is_embedded() {
            return Ok(None);
        }
        Secrets::of(self.database.data_dir()?).map(Some)
    }

    /// What the server takes.
    pub(super) fn settings(&self, secrets: Option<&Secrets>, browsers: BucketForBrowsers) -> Result<Settings, Failure> {
        let or_drawn = |name, configured: &Option<String>, drawn: Option<&Secret>| match given(configured.as_ref()) {
            Some(secret) => long_enough(name, secret),
            None => drawn
                .cloned()
                .ok_or_else(|| Failure::usage("usage", format!("{name} is not set"))),
        };
        let token = or_drawn(
            "SEGUE_TOKEN_SECRET",
            &self.token_secret,
            secrets.map(|secrets| &secrets.token_key),
        )?;
        let worker = or_drawn(
            "SEGUE_WORKER_SECRET",
            &self.worker_secret,
            secrets.map(|secrets| &secrets.worker_secret),
        )?;
        let ladder = self.ladder.clone().with_segment_seconds(self.segment_seconds);
        let mut settings = Settings::new(self.prefix.clone(), token, worker);
        settings.public_url = given(self.public_url.as_ref()).map(str::to_owned);
        settings.bucket_for_browsers = browsers;
        settings.ladder = ladder.map_err(|error| Failure::usage("usage", error.to_string()))?;
        settings.max_duration = self.max_duration;
        settings.max_upload_bytes = self.max_upload_bytes;
        settings.registration = match self.registration {
            None => RegistrationPolicy::UntilFirst,
            Some(Registration::Open) => RegistrationPolicy::Open,
            Some(Registration::Closed) => RegistrationPolicy::Closed,
        };
        settings.pool_secret = self.pool_secret()?;
        settings.max_workers = self.max_workers.map_or_else(one_for_two_cores, NonZeroU32::get);
        settings.queue_timeout = self.queue_timeout;
        settings.lease = self.lease;
        settings.launch_lease = self.launch_lease;
        settings.playback_lifetime = self.playback_lifetime;
        Ok(settings)
    }

    fn pool_secret(&self) -> Result<Option<Secret>, Failure> {
        match (self.launcher, given(self.pool_secret.as_ref())) {
            (LauncherKind::Process, None) => Ok(None),
            (LauncherKind::None, Some(secret)) => long_enough("SEGUE_POOL_SECRET", secret).map(Some),
            (LauncherKind::Process, Some(_)) => Err(Failure::usage(
                "usage",
                "SEGUE_POOL_SECRET is for pools that pull; leave it out, or set SEGUE_LAUNCHER=none",
            )),
            (LauncherKind::None, None) => Err(Failure::usage(
                "usage",
                "with SEGUE_LAUNCHER=none a pool pulls its jobs; set SEGUE_POOL_SECRET, which it shows",
            )),
        }
    }

    /// How workers on this machine are started.
    pub(super) fn worker_command(&self, listen: SocketAddr, worker_secret: Secret) -> Result<WorkerCommand, Failure> {
        let own = || env::current_exe().map_err(|error| Failure::io("this executable cannot be found", &error));
        let taken_over = FOR_WORKERS
            .into_iter()
            .filter_map(|name| Some((OsString::from(name), env::var_os(name)?)));
        Ok(WorkerCommand {
            program: self.worker_program.clone().map_or_else(own, Ok)?,
            arguments: vec!["worker".into()],
            api_url: given(self.internal_url.as_ref())
                .map_or_else(|| format!("http://{}", loopback(listen)), str::to_owned),
            worker_secret,
            environment: taken_over.collect(),
        })
    }
}

/// A variable that is set to nothing is not set, as compose files and shells leave it.
pub(super) fn given(value: Option<&String>) -> Option<&str> {
    value.map(String::as_str).filter(|value| !value.is_empty())
}

fn long_enough(name: &str, secret: &str) -> Result<Secret, Failure> {
    if secret.len() >= SHORTEST_SECRET {
        return Ok(Secret::new(secret));
    }
    let message = format!("{name} is too short; use at least {SHORTEST_SECRET} random characters");
    Err(Failure::usage("usage", message))
}

fn one_for_two_cores() -> u32 {
    let cores = thread::available_parallelism().map_or(1, |cores| u32::try_from(cores.get()).unwrap_or(1));
    (cores / 2).max(1)
}

/// Where this machine reaches itself.
fn loopback(mut address: SocketAddr) -> SocketAddr {
    if address.ip().is_unspecified() {
        address.set_ip(match address.ip() {
            IpAddr::V4(_) => Ipv4Addr::LOCALHOST.into(),
            IpAddr::V6(_) => Ipv6Addr::LOCALHOST.into(),
        });
    }
    address
}

/// Scheme, host and port.
fn origin(text: &str) -> Result<String, &'static str> {
    let trimmed = text.strip_suffix('/').unwrap_or(text);
    let host = trimmed
        .strip_prefix("https://")
        .or_else(|| trimmed.strip_prefix("http://"));
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b".-_:[]".contains(&byte);
    match host {
        Some(host) if !host.is_empty() && host.bytes().all(is_plain) => Ok(trimmed.to_ascii_lowercase()),
        None if text.is_empty() => Ok(String::new()),
        _ => Err("write scheme, host and port only, as in https://audio.example.org"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_origin_is_scheme_host_and_port() {
        assert_eq!(
            origin("https://Audio.example.org/"),
            Ok("https://audio.example.org".into())
        );
        assert_eq!(origin("http://[::1]:8080"), Ok("http://[::1]:8080".into()));
        for bad in [
            "audio.example.org",
            "ftp://a",
            "https://",
            "https://a/b",
            "https://a@b",
            "https://a?b",
        ] {
            assert!(origin(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn workers_reach_a_server_that_listens_everywhere() {
        let reached = |listen: &str| loopback(listen.parse().expect("an address")).to_string();
        assert_eq!(reached("0.0.0.0:8080"), "127.0.0.1:8080");
        assert_eq!(reached("[::]:8080"), "[::1]:8080");
        assert_eq!(reached("192.168.1.5:80"), "192.168.1.5:80");
    }
}
