//! A tiny server that answers as a test wants it to.

use std::sync::{
    Arc, Mutex,
    atomic::{AtomicUsize, Ordering},
};

use domain::Secret;
use objects::{Bucket, BucketSettings, Patience};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
};

/// What to do with a request, by its method and path. `None`: never answer.
type Answering = dyn Fn(&str) -> Option<String> + Send + Sync;

pub(crate) struct Stub {
    pub(crate) bucket: Bucket,
    calls: Arc<AtomicUsize>,
    seen: Arc<Mutex<Vec<String>>>,
}

impl Stub {
    /// Serves until the test's runtime ends.
    pub(crate) async fn serve(
        patience: Patience,
        answer: impl Fn(&str) -> Option<String> + Send + Sync + 'static,
    ) -> Self {
        Self::serve_until(patience, answer, false).await
    }

    /// The same, but connections stay open after the answer, as if more were to come.
    pub(crate) async fn serve_and_hold(
        patience: Patience,
        answer: impl Fn(&str) -> Option<String> + Send + Sync + 'static,
    ) -> Self {
        Self::serve_until(patience, answer, true).await
    }

    async fn serve_until(
        patience: Patience,
        answer: impl Fn(&str) -> Option<String> + Send + Sync + 'static,
        hold: bool,
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address");
        let (calls, seen) = (Arc::new(AtomicUsize::new(0)), Arc::new(Mutex::new(Vec::new())));
        let stub = Self {
            bucket: Bucket::new(settings(format!("http://{address}"), patience)).expect("good settings"),
            calls: calls.clone(),
            seen: seen.clone(),
        };
        let answer: Arc<Answering> = Arc::new(answer);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (answer, calls, seen) = (answer.clone(), calls.clone(), seen.clone());
                tokio::spawn(async move {
                    let stream = converse(stream, &*answer, &calls, &seen).await;
                    if hold {
                        std::future::pending::<()>().await;
                    }
                    drop(stream);
                });
            }
        });
        stub
    }

    pub(crate) fn calls(&self) -> usize {
        self.calls.load(Ordering::SeqCst)
    }

    /// The requests so far, each as method and path.
    pub(crate) fn seen(&self) -> Vec<String> {
        self.seen.lock().expect("no test panicked here").clone()
    }
}

pub(crate) fn settings(endpoint: String, patience: Patience) -> BucketSettings {
    BucketSettings {
        endpoint,
        public_endpoint: None,
        region: "auto".into(),
        bucket: "segue".into(),
        access_key: "AKIA".into(),
        secret_key: Secret::new("secret"),
        path_style: true,
        patience,
    }
}

/// An answer in full.
#[expect(clippy::unnecessary_wraps, reason = "it is what a stub is given")]
pub(crate) fn answer(status: u16, body: &str) -> Option<String> {
    let length = body.len();
    Some(format!(
        "HTTP/1.1 {status} X\r\ncontent-type: application/xml\r\ncontent-length: {length}\r\n\r\n{body}"
    ))
}

/// An error as S3 words it.
pub(crate) fn error(status: u16, code: &str) -> Option<String> {
    answer(
        status,
        &format!("<Error><Code>{code}</Code><Message>As you like it</Message></Error>"),
    )
}

/// Takes one request and answers it. The connection comes back, to be closed.
async fn converse(
    mut stream: TcpStream,
    answer: &Answering,
    calls: &AtomicUsize,
    seen: &Mutex<Vec<String>>,
) -> Option<TcpStream> {
    let mut received = Vec::new();
    let ends = loop {
        if let Some(at) = received.windows(4).position(|window| window == b"\r\n\r\n") {
            break at + 4;
        }
        if stream.read_buf(&mut received).await.unwrap_or(0) == 0 {
            return None;
        }
    };
    let head = String::from_utf8_lossy(&received[..ends]).to_ascii_lowercase();
    let length = head
        .split("content-length: ")
        .nth(1)
        .and_then(|rest| rest.split("\r\n").next());
    let length: usize = length.map_or(0, |digits| digits.parse().expect("a length"));
    while received.len() < ends + length {
        if stream.read_buf(&mut received).await.unwrap_or(0) == 0 {
            return None;
        }
    }
    let line = String::from_utf8_lossy(&received);
    let line: Vec<&str> = line.split(' ').take(2).collect();
    let line = line.join(" ");
    calls.fetch_add(1, Ordering::SeqCst);
    seen.lock().expect("no test panicked here").push(line.clone());
    match answer(&line) {
        // Closing it after each answer keeps the stub simple.
        Some(text) => {
            let text = text.replacen("\r\n", "\r\nconnection: close\r\n", 1);
            let _ = stream.write_all(text.as_bytes()).await;
        }
        None => std::future::pending().await,
    }
    Some(stream)
}
