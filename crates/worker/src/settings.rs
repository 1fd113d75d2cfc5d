//! What a worker is told, and how patient it is.

use std::{fmt, path::PathBuf, str::FromStr, time::Duration};

use domain::{JobId, Secret};
use media::{Sandbox, Tools};
use reqwest::Url;

/// All that one attempt needs to know before it starts.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Where the server answers.
    pub api: ApiUrl,
    /// The job to work on.
    pub job: JobId,
    /// The secret of the attempt.
    pub job_secret: Secret,
    /// The secret that all workers share.
    pub worker_secret: Secret,
    /// What the platform calls this execution, where it says so.
    pub execution: Option<String>,
    /// Where the attempt's temporary folder is made.
    pub work_dir: PathBuf,
    /// ffmpeg and ffprobe.
    pub tools: Tools,
    /// What holds them.
    pub sandbox: Sandbox,
    /// The most ffmpeg processes to run at once.
    pub processes: usize,
    /// The most files to upload at once.
    pub transfers: usize,
    /// When to try again, and when to give up.
    pub limits: Limits,
}

/// How long things may take, and how often they are tried. Over all of these stand the lease and the attempt's deadline.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// From one heartbeat to the next; a short lease makes it shorter.
    pub heartbeat: Duration,
    /// How long one callback may take.
    pub call: Duration,
    /// How long `start` and `grant` are tried.
    pub calls: Duration,
    /// How long one `finish` may take: the server looks at the whole tree meanwhile.
    pub finish: Duration,
    /// How long `finish` is tried, also beyond the lease.
    pub finishes: Duration,
    /// How long handing back may take after the word to go has come.
    pub hand_back: Duration,
    /// How long one file of the tree may take to upload, and how long a download may stand still.
    pub transfer: Duration,
    /// How often a file is sent, and how often the source is asked for without a new byte.
    pub tries: u32,
    /// The first pause before a repetition; each is twice as long as the one before.
    pub first_pause: Duration,
    /// The longest.
    pub longest_pause: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Limits {
            heartbeat: Duration::from_secs(5),
            call: Duration::from_secs(15),
            calls: Duration::from_mins(3),
            finish: Duration::from_mins(1),
            finishes: Duration::from_mins(15),
            hand_back: Duration::from_secs(4),
            transfer: Duration::from_mins(1),
            tries: 12,
            first_pause: Duration::from_millis(300),
            longest_pause: Duration::from_secs(15),
        }
    }
}

/// The URL that the server's API is found under, such as `http://127.0.0.1:8080`.
#[derive(Clone, PartialEq, Eq)]
pub struct ApiUrl(Url);

/// Not the URL of a server.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("write the server's address as in https://segue.example or http://127.0.0.1:8080")]
pub struct BadApiUrl;

impl ApiUrl {
    /// Where a callback about a job goes.
    pub(crate) fn callback(&self, job: JobId, verb: &str) -> Url {
        let mut url = self.0.clone();
        let path = format!("{}/api/internal/jobs/{job}/{verb}", self.0.path().trim_end_matches('/'));
        url.set_path(&path);
        url
    }
}

impl FromStr for ApiUrl {
    type Err = BadApiUrl;

    fn from_str(text: &str) -> Result<Self, BadApiUrl> {
        let url = Url::parse(text).map_err(|_| BadApiUrl)?;
        let is_plain = url.query().is_none() && url.fragment().is_none() && url.username().is_empty();
        let is_ours = matches!(url.scheme(), "http" | "https") && url.has_host() && url.password().is_none();
        if is_plain && is_ours {
            Ok(Self(url))
        } else {
            Err(BadApiUrl)
        }
    }
}

impl fmt::Display for ApiUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Debug for ApiUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn callbacks_lie_under_the_servers_address() {
        let job: JobId = "018bcfe5-6800-7fff-bfff-ffffffffffff".parse().unwrap();
        for (api, expected) in [
            ("http://127.0.0.1:8080", "http://127.0.0.1:8080/api/internal/jobs/"),
            ("https://segue.example/", "https://segue.example/api/internal/jobs/"),
            (
                "https://example.org/segue/",
                "https://example.org/segue/api/internal/jobs/",
            ),
        ] {
            let url = api.parse::<ApiUrl>().unwrap().callback(job, "start");
            assert_eq!(url.as_str(), format!("{expected}{job}/start"));
        }
    }

    #[test]
    fn what_is_no_server_is_refused() {
        for bad in [
            "",
            "segue.example",
            "ftp://segue.example",
            "http://",
            "http://user:password@segue.example",
            "http://segue.example/?job=1",
            "http://segue.example/#top",
            "file:///etc/passwd",
        ] {
            assert_eq!(bad.parse::<ApiUrl>(), Err(BadApiUrl), "{bad}");
        }
    }
}
