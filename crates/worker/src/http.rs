//! The HTTP client: no redirects, no proxy, and no URL in any message.

use std::{error::Error as _, fmt::Write as _, time::Duration};

use reqwest::{Client, ClientBuilder, redirect::Policy};

const CONNECT: Duration = Duration::from_secs(10);

/// A client for the server and the bucket. `HTTP_PROXY` is left alone, as it is on the server: what is on this machine
/// would be out of reach, and a proxy has no business with our secrets.
pub(crate) fn client() -> Result<Client, reqwest::Error> {
    match builder().build() {
        Ok(client) => Ok(client),
        // Without root certificates there is no TLS client. One machine by itself needs none.
        Err(error) => {
            tracing::warn!(
                error = plain(error),
                "https does not work here; are the CA certificates installed?"
            );
            builder().tls_certs_only([]).build()
        }
    }
}

fn builder() -> ClientBuilder {
    Client::builder()
        .no_proxy()
        // A presigned URL belongs to one place, and so do our secrets.
        .redirect(Policy::none())
        // Repeating is decided where it is known what may be repeated.
        .retry(reqwest::retry::never())
        .connect_timeout(CONNECT)
        .user_agent(concat!("segue-worker/", env!("CARGO_PKG_VERSION")))
}

/// What went wrong and why, without the URL: its query may hold a signature.
pub(crate) fn plain(error: reqwest::Error) -> String {
    let error = error.without_url();
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let _ = write!(text, ": {error}");
        cause = error.source();
    }
    text
}
