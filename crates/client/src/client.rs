//! The client itself: where the server is, and whose session it is.

use std::sync::{
    Arc, Mutex, MutexGuard, PoisonError,
    atomic::{AtomicBool, Ordering},
};

use domain::Secret;
use reqwest::{Method, Url};
use serde::de::DeserializeOwned;
use tokio::time::Instant;

use crate::{
    call::{Answer, Call, Repeat},
    error::ClientError,
    http,
    limits::Limits,
    session::{Access, Session},
};

/// Speaks the API of one server for one user. Clones share the session.
#[derive(Clone)]
pub struct Client {
    inner: Arc<Inner>,
}

struct Inner {
    server: Url,
    http: reqwest::Client,
    limits: Limits,
    session: Mutex<Session>,
    /// Whether the server has ever answered.
    is_known: AtomicBool,
    /// Held while the token is being exchanged, so that calls at the same time exchange it once.
    refreshing: tokio::sync::Mutex<()>,
}

/// Not where a server can be.
#[derive(Debug, Clone, thiserror::Error)]
pub enum BadServer {
    /// The URL is wrong.
    #[error("the server's URL must be scheme, host and port, as in https://segue.example or http://127.0.0.1:8080")]
    Url,
    /// No HTTP client could be made.
    #[error("https does not work on this machine; are the CA certificates installed? ({0})")]
    Tls(String),
}

impl Client {
    /// For the server at this URL: scheme, host and port. Nothing is asked yet.
    pub fn new(server: &str) -> Result<Self, BadServer> {
        Self::with_limits(server, Limits::default())
    }

    /// With bounds of its own.
    pub fn with_limits(server: &str, limits: Limits) -> Result<Self, BadServer> {
        let server: Url = server.parse().map_err(|_| BadServer::Url)?;
        let is_plain = matches!(server.scheme(), "http" | "https")
            && server.path() == "/"
            && server.query().is_none()
            && server.fragment().is_none()
            && server.username().is_empty()
            && server.password().is_none();
        if !is_plain {
            return Err(BadServer::Url);
        }
        let http = http::client(&server, &limits).map_err(|error| BadServer::Tls(http::plain(error)))?;
        Ok(Self {
            inner: Arc::new(Inner {
                server,
                http,
                limits,
                session: Mutex::default(),
                is_known: AtomicBool::default(),
                refreshing: tokio::sync::Mutex::default(),
            }),
        })
    }

    /// Uses an access token that came from elsewhere. Once it has run out, every call answers 401.
    pub fn use_token(&self, token: Secret) {
        *self.session() = Session {
            access: Some(Access::given(token)),
            cookie: None,
        };
    }

    /// The server's URL, without a slash at its end.
    #[must_use]
    pub fn server(&self) -> &str {
        self.inner.server.as_str().trim_end_matches('/')
    }

    pub(crate) fn http(&self) -> &reqwest::Client {
        &self.inner.http
    }

    pub(crate) fn limits(&self) -> &Limits {
        &self.inner.limits
    }

    pub(crate) fn has_answered(&self) {
        self.inner.is_known.store(true, Ordering::Relaxed);
    }

    /// How often to try. Whoever has never answered is not there, more likely than busy: nobody wants to wait long for
    /// being told so.
    pub(crate) fn tries(&self) -> u32 {
        let tries = self.inner.limits.tries;
        if self.inner.is_known.load(Ordering::Relaxed) {
            tries
        } else {
            tries.min(2)
        }
    }

    pub(crate) fn session(&self) -> MutexGuard<'_, Session> {
        // Nothing is half done where it could panic.
        self.inner.session.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// `path` under `/api/v1`, without a slash in front. What is put into it is ours: ids and fixed words.
    pub(crate) fn url(&self, path: &str) -> Url {
        let mut url = self.inner.server.clone();
        url.set_path(&format!("/api/v1/{path}"));
        url
    }

    /// A path of the server, or a whole URL, as a whole URL.
    pub(crate) fn absolute(&self, url: &str) -> Result<String, ClientError> {
        let url = self.inner.server.join(url);
        let url = url.map_err(|_| ClientError::Unexpected("it names a URL that is none".into()))?;
        Ok(url.into())
    }

    pub(crate) fn call(&self, method: Method, path: &str, repeat: Repeat) -> Call {
        Call::new(method, self.url(path), repeat)
    }

    /// Makes a call as the user and reads its answer.
    pub(crate) async fn ask<T: DeserializeOwned>(&self, call: Call) -> Result<T, ClientError> {
        self.as_user(call).await?.json()
    }

    /// Makes a call as the user. A token that the server does not take any more is exchanged, once.
    pub(crate) async fn as_user(&self, call: Call) -> Result<Answer, ClientError> {
        let token = self.token().await?;
        match call.make(self, token.as_ref()).await {
            Err(error) if error.status() == Some(401) => {
                let Some(token) = self.exchanged(token.as_ref()).await? else {
                    return Err(error);
                };
                call.make(self, Some(&token)).await
            }
            answer => answer,
        }
    }

    /// The access token, exchanged if it is about to run out. None if nobody has logged in.
    pub(crate) async fn token(&self) -> Result<Option<Secret>, ClientError> {
        let Some(access) = self.session().access.clone() else {
            return Ok(None);
        };
        if Instant::now() < access.stale_at {
            return Ok(Some(access.token));
        }
        let fresh = self.exchanged(Some(&access.token)).await?;
        Ok(Some(fresh.unwrap_or(access.token)))
    }

    /// A token other than this one: one that somebody else has got meanwhile, or a new one. None without a cookie to get
    /// it with.
    pub(crate) async fn exchanged(&self, old: Option<&Secret>) -> Result<Option<Secret>, ClientError> {
        let _one_at_a_time = self.inner.refreshing.lock().await;
        {
            let session = self.session();
            let current = session.access.as_ref().map(|access| &access.token);
            if let Some(current) = current
                && old.is_none_or(|old| old.reveal() != current.reveal())
            {
                return Ok(Some(current.clone()));
            }
            if session.cookie.is_none() {
                return Ok(None);
            }
        }
        self.refresh_now().await?;
        Ok(self.session().access.as_ref().map(|access| access.token.clone()))
    }

    /// [`Client::refresh`] holds this, so that it does not get in the way of another.
    pub(crate) async fn one_refresh(&self) -> tokio::sync::MutexGuard<'_, ()> {
        self.inner.refreshing.lock().await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_is_scheme_host_and_port() {
        for good in [
            "http://127.0.0.1:8080",
            "http://localhost:8080/",
            "https://segue.example",
            "http://[::1]:80",
        ] {
            assert!(Client::new(good).is_ok(), "{good}");
        }
        for bad in [
            "localhost:8080",
            "ftp://x",
            "https://x/y",
            "https://x?y",
            "https://a:b@x",
            "https://a@x",
            "",
        ] {
            assert!(matches!(Client::new(bad), Err(BadServer::Url)), "{bad}");
        }
    }

    #[test]
    fn urls_of_the_server_are_made_whole() {
        let client = Client::new("https://segue.example").unwrap();
        let whole = "https://segue.example/api/v1/play/t/master.m3u8";
        assert_eq!(client.absolute("/api/v1/play/t/master.m3u8").unwrap(), whole);
        assert_eq!(client.absolute(whole).unwrap(), whole);
        assert_eq!(client.url("uploads").as_str(), "https://segue.example/api/v1/uploads");
        assert_eq!(client.server(), "https://segue.example");
    }
}
