//! Which bucket, with which keys, and how patient to be with it.

use std::time::Duration;

use domain::Secret;

/// Everything that is needed to reach a bucket.
#[derive(Debug, Clone)]
pub struct BucketSettings {
    /// Where we and the workers reach the S3 API: scheme, host and port, as in `https://account.r2.cloudflarestorage.com`.
    pub endpoint: String,
    /// Where browsers reach it, if that is elsewhere. A URL's host is part of its signature.
    pub public_endpoint: Option<String>,
    /// The region that signatures name: `auto` for R2.
    pub region: String,
    /// The bucket's name.
    pub bucket: String,
    /// The id of the access key.
    pub access_key: String,
    /// The access key's secret.
    pub secret_key: Secret,
    /// Whether the bucket's name goes into the path (`https://host/bucket/key`) rather than before the host.
    pub path_style: bool,
    /// How long to wait, and how often to try.
    pub patience: Patience,
}

/// How long to wait for the bucket, and how often to try. Every call ends within `operation`; the reading of a body ends
/// when it stalls.
#[derive(Debug, Clone)]
pub struct Patience {
    /// Tries of one call, the first included.
    pub attempts: u32,
    /// For a connection.
    pub connect: Duration,
    /// For one try, from connecting to the answer's headers; and for a body that stands still.
    pub attempt: Duration,
    /// For all tries of one call together, with the pauses between them.
    pub operation: Duration,
    /// The longest pause before the second try; it doubles from try to try.
    pub first_pause: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        Self {
            attempts: 3,
            connect: Duration::from_secs(5),
            attempt: Duration::from_secs(30),
            operation: Duration::from_secs(90),
            first_pause: Duration::from_secs(1),
        }
    }
}

/// Why settings were refused. Each message says what to write instead.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[expect(missing_docs, reason = "the messages are the documentation")]
pub enum BadSettings {
    #[error(
        "`{0}` is no endpoint; write scheme, host and port only, as in https://s3.example.org or http://[::1]:3900"
    )]
    Endpoint(String),
    #[error("`{0}` is no bucket name; it has 3 to 63 lower-case letters, digits, hyphens and dots")]
    Bucket(String),
    #[error("the region is empty; write `auto` for R2, or the server's own, as in `us-east-1`")]
    NoRegion,
    #[error("the access key or its secret is empty")]
    NoKey,
}

impl BucketSettings {
    pub(crate) fn checked(mut self) -> Result<Self, BadSettings> {
        self.endpoint = endpoint(&self.endpoint)?;
        self.public_endpoint = self.public_endpoint.as_deref().map(endpoint).transpose()?;
        if !is_bucket_name(&self.bucket) {
            return Err(BadSettings::Bucket(shortened(&self.bucket)));
        }
        if self.region.is_empty() {
            return Err(BadSettings::NoRegion);
        }
        if self.access_key.is_empty() || self.secret_key.reveal().is_empty() {
            return Err(BadSettings::NoKey);
        }
        Ok(self)
    }
}

/// An endpoint in the one spelling that signatures are made for: without a slash at its end.
///
/// Strict, because one comes out of a request's `Host` header, and what passes here is signed with our keys.
pub(crate) fn endpoint(text: &str) -> Result<String, BadSettings> {
    let trimmed = text.strip_suffix('/').unwrap_or(text);
    let authority = trimmed
        .strip_prefix("https://")
        .or_else(|| trimmed.strip_prefix("http://"));
    if authority.is_some_and(is_authority) {
        Ok(trimmed.into())
    } else {
        Err(BadSettings::Endpoint(shortened(text)))
    }
}

/// Whether an endpoint is this very machine.
pub(crate) fn is_loopback(endpoint: &str) -> bool {
    let Some((_, authority)) = endpoint.split_once("://") else {
        return false;
    };
    let host = split_port(authority).map_or("", |(host, _)| host);
    let address = host
        .trim_start_matches('[')
        .trim_end_matches(']')
        .parse::<std::net::IpAddr>();
    host == "localhost" || address.is_ok_and(|address| address.is_loopback())
}

fn is_authority(authority: &str) -> bool {
    let Some((host, port)) = split_port(authority) else {
        return false;
    };
    let host_is_fine = match host.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
        Some(address) => address.parse::<std::net::Ipv6Addr>().is_ok(),
        None => host.len() <= 253 && host.split('.').all(is_label),
    };
    host_is_fine && port.is_none_or(|port| port.parse::<u16>().is_ok_and(|number| number > 0))
}

/// A host and its port. `None`: the brackets of an IPv6 address do not close.
fn split_port(authority: &str) -> Option<(&str, Option<&str>)> {
    let host_ends = match authority.strip_prefix('[') {
        Some(rest) => rest.find(']')? + 2,
        None => authority.find(':').unwrap_or(authority.len()),
    };
    let (host, rest) = authority.split_at(host_ends);
    if rest.is_empty() {
        return Some((host, None));
    }
    let port = rest.strip_prefix(':')?;
    port.bytes()
        .all(|byte| byte.is_ascii_digit())
        .then_some((host, Some(port)))
}

/// Underscores are not for host names, but machines on home and container networks have them.
fn is_label(label: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
    !label.is_empty() && label.len() <= 63 && label.bytes().all(plain)
}

fn is_bucket_name(name: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-' || byte == b'.';
    let at_its_ends = |byte: &u8| byte.is_ascii_alphanumeric();
    (3..=63).contains(&name.len())
        && name.bytes().all(plain)
        && !name.contains("..")
        && name.as_bytes().first().is_some_and(at_its_ends)
        && name.as_bytes().last().is_some_and(at_its_ends)
}

fn shortened(text: &str) -> String {
    text.chars().take(100).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings() -> BucketSettings {
        BucketSettings {
            endpoint: "https://s3.example.org/".into(),
            public_endpoint: None,
            region: "auto".into(),
            bucket: "segue-audio".into(),
            access_key: "AKIA".into(),
            secret_key: Secret::new("hunter2"),
            path_style: true,
            patience: Patience::default(),
        }
    }

    #[test]
    fn an_endpoint_is_scheme_host_and_port() {
        for (text, kept) in [
            ("https://s3.example.org", "https://s3.example.org"),
            ("https://s3.example.org/", "https://s3.example.org"),
            ("http://127.0.0.1:9000", "http://127.0.0.1:9000"),
            ("http://[::1]:9000", "http://[::1]:9000"),
            ("http://[fe80::1]", "http://[fe80::1]"),
            ("http://my_nas.local:3900", "http://my_nas.local:3900"),
        ] {
            assert_eq!(endpoint(text).unwrap(), kept);
        }
        for bad in [
            "",
            "s3.example.org",
            "ftp://s3.example.org",
            "https://",
            "https://a/b",
            "https://a?b",
            "https://a#b",
            "https://a//",
            "https://user@host",
            "https://a b",
            "https://a:",
            "https://a:0",
            "https://a:65536",
            "https://a:+1",
            "https://[::1",
            "https://[::1]x",
            "https://::1",
            "https://a..b",
            "https://a\r\nb",
        ] {
            assert_eq!(endpoint(bad), Err(BadSettings::Endpoint(bad.into())), "{bad:?}");
        }
    }

    #[test]
    fn this_machine_is_known_by_its_names() {
        for own in [
            "http://127.0.0.1:1",
            "http://localhost:80",
            "https://[::1]:9",
            "http://127.9.9.9",
        ] {
            assert!(is_loopback(own), "{own}");
        }
        for other in [
            "http://10.0.0.1:1",
            "http://localhost.example.org",
            "http://[fe80::1]:9",
        ] {
            assert!(!is_loopback(other), "{other}");
        }
    }

    #[test]
    fn what_is_missing_or_misspelled_is_said() {
        assert_eq!(settings().checked().unwrap().endpoint, "https://s3.example.org");
        for name in ["ab", "Upper", "a..b", "-ab", "ab-", "a/b", "a_b", &"a".repeat(64)] {
            let bucket = BucketSettings {
                bucket: name.into(),
                ..settings()
            };
            assert_eq!(bucket.checked().unwrap_err(), BadSettings::Bucket(shortened(name)));
        }
        let no_region = BucketSettings {
            region: String::new(),
            ..settings()
        };
        assert_eq!(no_region.checked().unwrap_err(), BadSettings::NoRegion);
        let no_key = BucketSettings {
            secret_key: Secret::new(""),
            ..settings()
        };
        assert_eq!(no_key.checked().unwrap_err(), BadSettings::NoKey);
    }

    #[test]
    fn printing_shows_no_secret() {
        assert!(!format!("{:?}", settings()).contains("hunter2"));
    }
}
