//! The HTTP client: no redirects, and no URL in any message.

use std::{net::IpAddr, time::Duration};

use reqwest::{ClientBuilder, Response, Url, header::HeaderMap, redirect::Policy};

use crate::limits::Limits;

const CONNECT: Duration = Duration::from_secs(10);
/// No answer of the API is longer: the longest lists the 10,000 parts of a transfer.
const LONGEST_BODY: usize = 4 << 20;

/// A client for the server at this URL and its bucket.
pub(crate) fn client(server: &Url, limits: &Limits) -> Result<reqwest::Client, reqwest::Error> {
    match builder(server, limits).build() {
        Ok(client) => Ok(client),
        // Without root certificates there is no TLS client. A server on this machine needs none.
        Err(error) if server.scheme() == "http" => {
            tracing::warn!(
                error = plain(error),
                "https does not work here; are the CA certificates installed?"
            );
            builder(server, limits).tls_certs_only([]).build()
        }
        Err(error) => Err(error),
    }
}

fn builder(server: &Url, limits: &Limits) -> ClientBuilder {
    let builder = reqwest::Client::builder()
        // A presigned URL belongs to one place, and so do tokens.
        .redirect(Policy::none())
        // Repeating is decided where it is known what may be repeated.
        .retry(reqwest::retry::never())
        .connect_timeout(CONNECT.min(limits.call))
        .user_agent(concat!("segue/", env!("CARGO_PKG_VERSION")));
    // `HTTP_PROXY` cannot reach what is on this machine.
    if is_loopback(server) {
        builder.no_proxy()
    } else {
        builder
    }
}

fn is_loopback(url: &Url) -> bool {
    let host = url.host_str().unwrap_or_default();
    let address: Option<IpAddr> = host.trim_matches(['[', ']']).parse().ok();
    host == "localhost" || address.is_some_and(|address| address.is_loopback())
}

/// A whole body, if it is not too long.
pub(crate) async fn body(response: &mut Response) -> Result<Vec<u8>, BodyError> {
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(BodyError::Lost)? {
        if body.len() + chunk.len() > LONGEST_BODY {
            return Err(BodyError::TooLong);
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}

pub(crate) enum BodyError {
    Lost(reqwest::Error),
    TooLong,
}

pub(crate) fn header_text(headers: &HeaderMap, name: &str) -> Option<String> {
    Some(headers.get(name)?.to_str().ok()?.to_owned())
}

/// `Retry-After` in seconds. Its other form, a date, is left alone: nobody's clocks agree.
pub(crate) fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let seconds: u32 = headers
        .get(reqwest::header::RETRY_AFTER)?
        .to_str()
        .ok()?
        .trim()
        .parse()
        .ok()?;
    Some(Duration::from_secs(seconds.into()))
}

/// What went wrong, without the URL: its query may hold a signature. The innermost cause is what people can use; the
/// layers round it are for the log.
pub(crate) fn plain(error: reqwest::Error) -> String {
    let error = error.without_url();
    if error.is_timeout() {
        return "there is no answer in time".to_owned();
    }
    let mut innermost: &dyn std::error::Error = &error;
    while let Some(cause) = innermost.source() {
        innermost = cause;
    }
    tracing::debug!(?error, "an exchange failed");
    innermost.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_on_this_machine_is_recognised() {
        for (url, expected) in [
            ("http://127.0.0.1:8080", true),
            ("http://localhost", true),
            ("http://[::1]:80", true),
            ("https://segue.example", false),
            ("http://192.168.1.5:8080", false),
        ] {
            assert_eq!(is_loopback(&url.parse().unwrap()), expected, "{url}");
        }
    }
}
