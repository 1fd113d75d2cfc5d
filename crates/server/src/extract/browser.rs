use axum::{
    extract::FromRequestParts,
    http::{HeaderMap, header, request::Parts},
};
use objects::Audience;

use crate::{BucketForBrowsers, Problem, Settings, state::App};

/// Where the caller finds us and the bucket: by the settings, or by the host name that it asked for.
pub(crate) struct Browser {
    /// Of the API: scheme, host and port.
    pub(crate) public_url: String,
    /// Of the bucket, where it goes by the host name that was asked for.
    bucket: Option<String>,
}

impl Browser {
    /// For whom URLs of the bucket are to be signed.
    pub(crate) fn audience(&self) -> Audience<'_> {
        self.bucket.as_deref().map_or(Audience::Browsers, Audience::BrowsersAt)
    }
}

impl FromRequestParts<App> for Browser {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Problem> {
        let authority = || host(&parts.headers).ok_or(Problem::bad_request("the request has no `Host`"));
        let public_url = match &app.settings.public_url {
            Some(url) => url.clone(),
            None => format!("http://{}", authority()?),
        };
        let bucket = match app.settings.bucket_for_browsers {
            BucketForBrowsers::Endpoint => None,
            BucketForBrowsers::PortOf(port) => Some(format!("http://{}:{port}", without_port(authority()?))),
        };
        Ok(Self { public_url, bucket })
    }
}

/// The request comes from a page of our own, or from no page at all: what sets cookies must not be triggered by others.
pub(crate) struct OwnOrigin;

impl FromRequestParts<App> for OwnOrigin {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Problem> {
        let Some(origin) = parts.headers.get(header::ORIGIN) else {
            return Ok(Self);
        };
        let is_own = origin
            .to_str()
            .is_ok_and(|origin| is_own(&app.settings, &parts.headers, origin));
        let wrong = || Problem::forbidden("wrong_origin", "this can only be asked for by Segue's own pages");
        is_own.then_some(Self).ok_or_else(wrong)
    }
}

fn is_own(settings: &Settings, headers: &HeaderMap, origin: &str) -> bool {
    match &settings.public_url {
        Some(url) => url == origin,
        None => host(headers).is_some_and(|host| origin.strip_prefix("http://") == Some(host)),
    }
}

fn host(headers: &HeaderMap) -> Option<&str> {
    headers.get(header::HOST)?.to_str().ok().filter(|host| !host.is_empty())
}

/// `[::1]:8080` to `[::1]`.
fn without_port(authority: &str) -> &str {
    match authority.rfind(':') {
        Some(colon) if !authority[colon..].contains(']') => &authority[..colon],
        _ => authority,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_port_is_what_follows_the_last_colon_outside_of_brackets() {
        for (authority, host) in [
            ("localhost:8080", "localhost"),
            ("localhost", "localhost"),
            ("[::1]:8080", "[::1]"),
            ("[::1]", "[::1]"),
            ("192.168.1.5:80", "192.168.1.5"),
        ] {
            assert_eq!(without_port(authority), host);
        }
    }
}
