//! A plain HTTP client. Its own, because it must be able to lie: about lengths, hosts and headers.

use std::time::Duration;

use objects::PresignedRequest;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    time::timeout,
};

const PATIENCE: Duration = Duration::from_mins(1);

/// A request, to be sent to whoever its URL names unless told otherwise.
#[derive(Clone)]
pub(crate) struct Request {
    pub(crate) method: String,
    pub(crate) url: String,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
    /// What is claimed; otherwise the truth.
    pub(crate) content_length: Option<usize>,
    /// What is connected to, as `host:port`; otherwise what the URL names.
    pub(crate) connect_to: Option<String>,
}

#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

/// A request as whoever got it would make it.
pub(crate) fn with_body(presigned: &PresignedRequest, body: impl Into<Vec<u8>>) -> Request {
    Request {
        method: presigned.method.clone(),
        url: presigned.url.clone(),
        headers: presigned.headers.clone(),
        body: body.into(),
        content_length: None,
        connect_to: None,
    }
}

pub(crate) fn without_body(presigned: &PresignedRequest) -> Request {
    with_body(presigned, [])
}

impl Request {
    pub(crate) fn new(method: &str, url: &str) -> Self {
        Self {
            method: method.into(),
            url: url.into(),
            headers: Vec::new(),
            body: Vec::new(),
            content_length: None,
            connect_to: None,
        }
    }

    /// The header with another value, or one more header.
    pub(crate) fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.retain(|(known, _)| known != name);
        self.headers.push((name.into(), value.into()));
        self
    }

    pub(crate) async fn send(&self) -> Answer {
        self.try_send().await.expect("an answer")
    }

    /// `None`: the server closed the connection without a word, as it may when it is lied to.
    pub(crate) async fn try_send(&self) -> Option<Answer> {
        timeout(PATIENCE, self.exchange()).await.expect("an answer in time")
    }

    async fn exchange(&self) -> Option<Answer> {
        let rest = self.url.strip_prefix("http://").expect("plain HTTP");
        let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
        let mut headers = self.headers.clone();
        headers.push(("host".into(), authority.into()));
        headers.push(("connection".into(), "close".into()));
        if self.method == "PUT" {
            let length = self.content_length.unwrap_or(self.body.len());
            headers.push(("content-length".into(), length.to_string()));
        }
        let mut head = vec![format!("{} {path} HTTP/1.1", self.method)];
        head.extend(headers.iter().map(|(name, value)| format!("{name}: {value}")));
        let address = self.connect_to.as_deref().unwrap_or(authority);
        let mut stream = TcpStream::connect(address).await.expect("a connection");
        // A server may answer and close before it has read all; then what counts is its answer.
        let _ = stream.write_all((head.join("\r\n") + "\r\n\r\n").as_bytes()).await;
        let _ = stream.write_all(&self.body).await;
        if self.content_length.is_some_and(|claimed| claimed > self.body.len()) {
            let _ = stream.shutdown().await;
        }
        let mut received = Vec::new();
        let _ = stream.read_to_end(&mut received).await;
        parse(&received)
    }
}

impl Answer {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let found = self.headers.iter().find(|(known, _)| known == name);
        found.map(|(_, value)| value.as_str())
    }

    /// The `ETag`, which every successful PUT has.
    pub(crate) fn etag(&self) -> String {
        assert_eq!(self.status, 200, "{}", self.text());
        self.header("etag").expect("an ETag").into()
    }

    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }
}

fn parse(received: &[u8]) -> Option<Answer> {
    let ends = received.windows(4).position(|window| window == b"\r\n\r\n")?;
    let head = String::from_utf8_lossy(&received[..ends]).into_owned();
    let mut lines = head.split("\r\n");
    let status = lines.next()?.split(' ').nth(1)?.parse().ok()?;
    let headers: Vec<_> = lines
        .filter_map(|line| line.split_once(':'))
        .map(|(name, value)| (name.trim().to_ascii_lowercase(), value.trim().to_owned()))
        .collect();
    // An interim answer (100) stands before the real one.
    if status == 100 {
        return parse(&received[ends + 4..]);
    }
    let answer = Answer {
        status,
        headers,
        body: received[ends + 4..].to_vec(),
    };
    assert_eq!(
        answer.header("transfer-encoding"),
        None,
        "this client does not know chunks"
    );
    Some(answer)
}
