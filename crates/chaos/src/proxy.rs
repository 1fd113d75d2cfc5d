//! A proxy before the bucket or a server, with troubles that can be switched on.

use std::{
    convert::Infallible,
    io,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use anyhow::Result;
use bytes::Bytes;
use futures_util::{Stream, StreamExt, TryStreamExt};
use http_body_util::{BodyDataStream, BodyExt, StreamBody, combinators::UnsyncBoxBody};
use hyper::{
    Request, Response, StatusCode,
    body::{Body as _, Frame, Incoming},
    header::{CONTENT_LENGTH, HeaderMap, RETRY_AFTER, TRANSFER_ENCODING},
    server::conn::http1,
    service::service_fn,
};
use hyper_util::rt::TokioIo;
use tokio::{net::TcpListener, sync::watch};

/// Of URLs that were seen; older ones have run out or are as good as these.
const MOST_SEEN: usize = 2_000;
/// A body that is smaller is not worth cutting.
const SMALLEST_CUT: u64 = 1_000;

type Body = UnsyncBoxBody<Bytes, io::Error>;

/// What befalls every request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Trouble {
    #[default]
    None,
    Refuse,
    Hang,
    Answer(StatusCode),
    /// Bodies break off in the middle, in either direction.
    Cut,
}

/// A URL that a worker was given to PUT to.
#[derive(Debug, Clone)]
pub(crate) struct SeenPut {
    pub(crate) url: String,
    pub(crate) headers: Vec<(String, String)>,
    /// In bytes; nothing else can be written.
    pub(crate) size: usize,
}

/// Ends with the runtime.
pub(crate) struct Proxy {
    port: u16,
    shared: Arc<Shared>,
}

struct Shared {
    target: u16,
    http: reqwest::Client,
    trouble: watch::Sender<Trouble>,
    /// So many answers to requests with this last word in their path are still to be lost.
    losing: Mutex<(&'static str, u32)>,
    puts: Mutex<Vec<SeenPut>>,
}

/// The connection ends without an answer.
#[derive(Debug)]
struct Broken;

impl std::fmt::Display for Broken {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("broken on purpose")
    }
}

impl std::error::Error for Broken {}

impl Proxy {
    /// Before a port of this machine.
    pub(crate) async fn before(target: u16) -> Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let port = listener.local_addr()?.port();
        let shared = Arc::new(Shared {
            target,
            // A connection that was kept may have ended with the server that it led to.
            http: reqwest::Client::builder()
                .no_proxy()
                .pool_max_idle_per_host(0)
                .build()?,
            trouble: watch::Sender::default(),
            losing: Mutex::new(("", 0)),
            puts: Mutex::default(),
        });
        let accepting = Arc::clone(&shared);
        tokio::spawn(async move {
            while let Ok((socket, _)) = listener.accept().await {
                if *accepting.trouble.borrow() == Trouble::Refuse {
                    continue;
                }
                let shared = Arc::clone(&accepting);
                let service = service_fn(move |request| handle(Arc::clone(&shared), request));
                // How a connection ends is the business of the two that talk.
                tokio::spawn(http1::Builder::new().serve_connection(TokioIo::new(socket), service));
            }
        });
        Ok(Self { port, shared })
    }

    pub(crate) fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    pub(crate) fn set(&self, trouble: Trouble) {
        self.shared.trouble.send_replace(trouble);
    }

    /// Loses the next answers to such calls: they are passed on, and done.
    pub(crate) fn lose(&self, verb: &'static str, times: u32) {
        *locked(&self.shared.losing) = (verb, times);
    }

    /// How many of them are still to be lost.
    pub(crate) fn to_lose(&self) -> u32 {
        locked(&self.shared.losing).1
    }

    /// What workers were given through here.
    pub(crate) fn puts(&self) -> Vec<SeenPut> {
        locked(&self.shared.puts).clone()
    }
}

async fn handle(shared: Arc<Shared>, request: Request<Incoming>) -> Result<Response<Body>, Broken> {
    let trouble = *shared.trouble.borrow();
    match trouble {
        Trouble::None | Trouble::Cut => pass(&shared, request, trouble == Trouble::Cut).await,
        Trouble::Refuse => Err(Broken),
        Trouble::Hang => {
            let mut changed = shared.trouble.subscribe();
            // The sender lives as long as we do.
            let _ = changed.wait_for(|trouble| *trouble != Trouble::Hang).await;
            Err(Broken)
        }
        Trouble::Answer(status) => {
            let mut response = Response::new(empty());
            *response.status_mut() = status;
            if status == StatusCode::TOO_MANY_REQUESTS {
                response.headers_mut().insert(RETRY_AFTER, 1.into());
            }
            Ok(response)
        }
    }
}

async fn pass(shared: &Shared, request: Request<Incoming>, cuts: bool) -> Result<Response<Body>, Broken> {
    let (head, body) = request.into_parts();
    let path = head.uri.path_and_query().map_or("/", |path| path.as_str());
    let verb = head.uri.path().rsplit('/').next().unwrap_or_default().to_owned();
    let url = format!("http://127.0.0.1:{}{path}", shared.target);
    let mut headers = head.headers;
    headers.remove(TRANSFER_ENCODING);
    let half = half_of(&headers).filter(|_| cuts);
    let mut asked = None;
    let body = if verb == "grant" {
        let bytes = body.collect().await.map_err(|_| Broken)?.to_bytes();
        asked = Some(bytes.clone());
        reqwest::Body::from(bytes)
    } else if body.is_end_stream() {
        // As a stream it would be sent in chunks, without a length.
        reqwest::Body::default()
    } else {
        reqwest::Body::wrap_stream(first(BodyDataStream::new(body).map_err(io::Error::other), half))
    };
    // The host stays as it is, since signatures name it.
    let sent = shared.http.request(head.method, url).headers(headers).body(body);
    let answer = sent.send().await.map_err(|_| Broken)?;

    let mut response = Response::new(empty());
    *response.status_mut() = answer.status();
    *response.headers_mut() = answer.headers().clone();
    response.headers_mut().remove(TRANSFER_ENCODING);
    if shared.loses(&verb) {
        // It is done by now, whatever the answer would have been.
        return Err(Broken);
    }
    let half = half_of(response.headers()).filter(|_| cuts);
    *response.body_mut() = match asked {
        Some(asked) if answer.status().is_success() => {
            let granted = answer.bytes().await.map_err(|_| Broken)?;
            shared.note(&asked, &granted);
            http_body_util::Full::new(granted).map_err(never).boxed_unsync()
        }
        _ => {
            let body = first(answer.bytes_stream().map_err(io::Error::other), half);
            StreamBody::new(body.map_ok(Frame::data)).boxed_unsync()
        }
    };
    Ok(response)
}

impl Shared {
    fn loses(&self, verb: &str) -> bool {
        let mut losing = locked(&self.losing);
        let loses = losing.1 > 0 && losing.0 == verb;
        if loses {
            losing.1 -= 1;
        }
        loses
    }

    /// What a worker asked for, and what it was given, in the same order.
    fn note(&self, asked: &[u8], granted: &[u8]) {
        let parsed = |json| serde_json::from_slice::<serde_json::Value>(json).unwrap_or_default();
        let (asked, granted) = (parsed(asked), parsed(granted));
        let list = |value: &serde_json::Value| value.as_array().cloned().unwrap_or_default();
        let text = |value: &serde_json::Value| value.as_str().unwrap_or_default().to_owned();
        let pairs = list(&asked["files"]).into_iter().zip(list(&granted["puts"]));
        let puts = pairs.filter_map(|(file, put)| {
            let headers = put["headers"].as_object().into_iter().flatten();
            Some(SeenPut {
                url: text(&put["url"]),
                headers: headers.map(|(name, value)| (name.clone(), text(value))).collect(),
                size: usize::try_from(file["size"].as_u64()?).ok()?,
            })
        });
        let mut seen = locked(&self.puts);
        seen.extend(puts);
        let excess = seen.len().saturating_sub(MOST_SEEN);
        seen.drain(..excess);
    }
}

fn half_of(headers: &HeaderMap) -> Option<u64> {
    let length: u64 = headers.get(CONTENT_LENGTH)?.to_str().ok()?.parse().ok()?;
    (length >= SMALLEST_CUT).then_some(length / 2)
}

/// So much of it; the rest is swallowed, and whoever promised the whole length breaks the connection.
fn first(
    body: impl Stream<Item = io::Result<Bytes>> + Send + 'static,
    limit: Option<u64>,
) -> impl Stream<Item = io::Result<Bytes>> + Send + 'static {
    let mut left = limit.unwrap_or(u64::MAX);
    body.map_ok(move |mut chunk| {
        chunk.truncate(usize::try_from(left).unwrap_or(usize::MAX));
        left -= chunk.len() as u64;
        chunk
    })
    .map(move |chunk| match (limit, chunk) {
        (Some(_), Ok(chunk)) if chunk.is_empty() => Err(io::ErrorKind::ConnectionAborted.into()),
        (_, chunk) => chunk,
    })
}

fn empty() -> Body {
    http_body_util::Empty::new().map_err(never).boxed_unsync()
}

fn never(never: Infallible) -> io::Error {
    match never {}
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
