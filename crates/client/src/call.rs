//! One call: tried, repeated where that does no harm, and read.

use std::time::Duration;

use domain::Secret;
use reqwest::{
    Method, RequestBuilder, StatusCode, Url,
    header::{COOKIE, HeaderMap},
};
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::{
    backoff::Backoff,
    client::Client,
    error::ClientError,
    http::{self, BodyError},
};

/// What to ask for.
pub(crate) struct Call {
    method: Method,
    url: Url,
    body: Option<Value>,
    cookie: Option<Secret>,
    repeat: Repeat,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Repeat {
    /// Twice does what once does.
    Always,
    /// Only while it is sure that the server did nothing: it was not reached, or it said that it is busy.
    IfUndone,
}

/// What came.
pub(crate) struct Answer {
    pub(crate) headers: HeaderMap,
    body: Vec<u8>,
}

impl Answer {
    pub(crate) fn json<T: DeserializeOwned>(&self) -> Result<T, ClientError> {
        // What serde says quotes fields of ours at most; values may be secrets.
        serde_json::from_slice(&self.body).map_err(|error| {
            ClientError::Unexpected(format!("{:?} error at column {}", error.classify(), error.column()))
        })
    }
}

/// One try that failed.
pub(crate) struct Failed {
    pub(crate) error: ClientError,
    pub(crate) retry_after: Option<Duration>,
    kind: Kind,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// The server did nothing.
    Undone,
    /// Nobody knows what the server did.
    Lost,
    Final,
}

impl Failed {
    pub(crate) fn lost(error: reqwest::Error) -> Self {
        let kind = if error.is_connect() { Kind::Undone } else { Kind::Lost };
        Self {
            error: ClientError::Unreachable(http::plain(error)),
            retry_after: None,
            kind,
        }
    }

    pub(crate) fn of_answer(status: StatusCode, headers: &HeaderMap, body: &[u8]) -> Self {
        let kind = match status.as_u16() {
            429 => Kind::Undone,
            408 | 500 | 502 | 503 | 504 => Kind::Lost,
            _ => Kind::Final,
        };
        Self {
            error: ClientError::of_answer(status, http::header_text(headers, "x-request-id"), body),
            retry_after: http::retry_after(headers),
            kind,
        }
    }

    pub(crate) fn late() -> Self {
        Self {
            error: ClientError::Unreachable("there is no answer in time".into()),
            retry_after: None,
            kind: Kind::Lost,
        }
    }

    /// A stream that ended as it should: it may begin again.
    pub(crate) fn over() -> Self {
        Self {
            error: ClientError::Unreachable("it ended the connection".into()),
            ..Self::late()
        }
    }

    /// Nothing that another try would mend.
    pub(crate) fn end(error: ClientError) -> Self {
        Self {
            error,
            retry_after: None,
            kind: Kind::Final,
        }
    }

    pub(crate) fn may_be_repeated(&self, repeat: Repeat) -> bool {
        match self.kind {
            Kind::Undone => true,
            Kind::Lost => repeat == Repeat::Always,
            Kind::Final => false,
        }
    }
}

impl Call {
    pub(crate) fn new(method: Method, url: Url, repeat: Repeat) -> Self {
        Self {
            method,
            url,
            body: None,
            cookie: None,
            repeat,
        }
    }

    pub(crate) fn with_body(self, body: Value) -> Self {
        Self {
            body: Some(body),
            ..self
        }
    }

    pub(crate) fn with_cookie(self, cookie: Option<Secret>) -> Self {
        Self { cookie, ..self }
    }

    fn request(&self, client: &Client, token: Option<&Secret>) -> RequestBuilder {
        let mut request = client.http().request(self.method.clone(), self.url.clone());
        if let Some(token) = token {
            request = request.bearer_auth(token.reveal());
        }
        if let Some(cookie) = &self.cookie {
            request = request.header(COOKIE, cookie.reveal());
        }
        if let Some(body) = &self.body {
            request = request.json(body);
        }
        request.timeout(client.limits().call)
    }

    async fn once(&self, client: &Client, token: Option<&Secret>) -> Result<Answer, Failed> {
        let mut response = self.request(client, token).send().await.map_err(Failed::lost)?;
        client.has_answered();
        let body = http::body(&mut response).await.map_err(|error| match error {
            BodyError::Lost(error) => Failed::lost(error),
            BodyError::TooLong => Failed::end(ClientError::Unexpected("it is too long".into())),
        })?;
        if !response.status().is_success() {
            return Err(Failed::of_answer(response.status(), response.headers(), &body));
        }
        Ok(Answer {
            headers: std::mem::take(response.headers_mut()),
            body,
        })
    }

    /// Makes the call, and makes it again as long as that may help and does no harm.
    pub(crate) async fn make(&self, client: &Client, token: Option<&Secret>) -> Result<Answer, ClientError> {
        let limits = client.limits();
        let mut backoff = Backoff::new(limits);
        let mut tries = 0;
        loop {
            let failed = match self.once(client, token).await {
                Ok(answer) => return Ok(answer),
                Err(failed) => failed,
            };
            tries += 1;
            let too_long = failed.retry_after.is_some_and(|asked| asked > limits.longest_asked);
            if tries >= client.tries() || too_long || !failed.may_be_repeated(self.repeat) {
                return Err(failed.error);
            }
            tracing::info!(path = self.url.path(), error = %failed.error, tries, "a call failed and is repeated");
            backoff.wait(failed.retry_after).await;
        }
    }
}
