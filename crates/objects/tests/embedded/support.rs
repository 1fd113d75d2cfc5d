//! A server on a free port over its own directory, and clients for it.

use std::{fmt::Write, net::SocketAddr, path::Path, time::Duration};

use aws_sdk_s3::{
    Client,
    config::{
        BehaviorVersion, Credentials, Region, RequestChecksumCalculation, ResponseChecksumValidation,
        retry::RetryConfig,
    },
    error::{ProvideErrorMetadata, SdkError},
    presigning::{PresignedRequest, PresigningConfig},
    primitives::ByteStream,
};
use objects::{EmbeddedServer, EmbeddedSettings};
use tempfile::TempDir;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

pub(crate) const BUCKET: &str = "segue-test";
const ACCESS_KEY: &str = "tests";
const SECRET_KEY: &str = "a secret that only tests know";
pub(crate) const MIB: usize = 1 << 20;

pub(crate) struct TestServer {
    pub(crate) server: EmbeddedServer,
    pub(crate) directory: TempDir,
    pub(crate) client: Client,
}

pub(crate) fn settings(directory: &Path) -> EmbeddedSettings {
    EmbeddedSettings {
        directory: directory.to_owned(),
        listen: "127.0.0.1:0".parse().unwrap(),
        access_key: ACCESS_KEY.into(),
        secret_key: domain::Secret::new(SECRET_KEY),
        buckets: vec![BUCKET.into()],
    }
}

pub(crate) async fn start() -> TestServer {
    start_in(tempfile::tempdir().unwrap()).await
}

pub(crate) async fn start_in(directory: TempDir) -> TestServer {
    let server = EmbeddedServer::start(settings(directory.path())).await.unwrap();
    let client = client(&server.endpoint());
    TestServer {
        server,
        directory,
        client,
    }
}

impl TestServer {
    pub(crate) async fn restart(self) -> Self {
        self.server.shutdown().await;
        start_in(self.directory).await
    }

    pub(crate) async fn put(&self, key: &str, body: impl Into<Vec<u8>>) -> String {
        put(&self.client, key, body).await
    }

    pub(crate) async fn get(&self, key: &str) -> Vec<u8> {
        get(&self.client, key).await.expect("the object is there")
    }
}

pub(crate) async fn put(client: &Client, key: &str, body: impl Into<Vec<u8>>) -> String {
    let body = ByteStream::from(body.into());
    let put = client
        .put_object()
        .bucket(BUCKET)
        .key(key)
        .body(body)
        .send()
        .await
        .unwrap();
    put.e_tag().unwrap().to_owned()
}

/// The bytes, or the code of the error.
pub(crate) async fn get(client: &Client, key: &str) -> Result<Vec<u8>, String> {
    let got = client.get_object().bucket(BUCKET).key(key).send().await;
    match got {
        Ok(got) => Ok(got.body.collect().await.unwrap().to_vec()),
        Err(error) => Err(code(&error)),
    }
}

pub(crate) fn client(endpoint: &str) -> Client {
    client_with(
        endpoint,
        ACCESS_KEY,
        SECRET_KEY,
        RequestChecksumCalculation::WhenRequired,
    )
}

pub(crate) fn client_with(
    endpoint: &str,
    access_key: &str,
    secret_key: &str,
    checksums: RequestChecksumCalculation,
) -> Client {
    let config = aws_sdk_s3::Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .credentials_provider(Credentials::new(access_key, secret_key, None, None, "tests"))
        .region(Region::new("auto"))
        .endpoint_url(endpoint)
        .force_path_style(true)
        .request_checksum_calculation(checksums)
        .response_checksum_validation(ResponseChecksumValidation::WhenRequired)
        .retry_config(RetryConfig::disabled())
        .build();
    Client::from_conf(config)
}

pub(crate) fn with_checksums(server: &TestServer) -> Client {
    let endpoint = server.server.endpoint();
    client_with(
        &endpoint,
        ACCESS_KEY,
        SECRET_KEY,
        RequestChecksumCalculation::WhenSupported,
    )
}

/// The code that an error answer carries, or its status where HTTP allows no body.
pub(crate) fn code<E: ProvideErrorMetadata + std::fmt::Debug>(
    error: &SdkError<E, aws_sdk_s3::config::http::HttpResponse>,
) -> String {
    match (error.code(), error.raw_response()) {
        (Some(code), _) => code.to_owned(),
        (None, Some(response)) => response.status().as_u16().to_string(),
        (None, None) => format!("{error:?}"),
    }
}

pub(crate) fn for_a_minute() -> PresigningConfig {
    PresigningConfig::expires_in(Duration::from_mins(1)).unwrap()
}

pub(crate) async fn presigned_put(client: &Client, key: &str, length: i64) -> PresignedRequest {
    let put = client
        .put_object()
        .bucket(BUCKET)
        .key(key)
        .content_length(length)
        .content_type("audio/mpeg");
    put.presigned(for_a_minute()).await.unwrap()
}

/// An answer as it came over the socket.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    head: String,
    pub(crate) body: Vec<u8>,
}

impl Answer {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let lines = self.head.lines().skip(1).filter_map(|line| line.split_once(": "));
        lines
            .filter(|(found, _)| found.eq_ignore_ascii_case(name))
            .map(|(_, value)| value)
            .next()
    }

    /// The code of an S3 error.
    pub(crate) fn code(&self) -> String {
        let text = String::from_utf8_lossy(&self.body);
        let code = text
            .split_once("<Code>")
            .and_then(|(_, rest)| rest.split_once("</Code>"));
        code.map(|(code, _)| code.to_owned()).unwrap_or_default()
    }

    fn parse(bytes: &[u8]) -> Self {
        let end = bytes
            .windows(4)
            .position(|window| window == b"\r\n\r\n")
            .expect("an answer has a head");
        let head = String::from_utf8_lossy(&bytes[..end]).into_owned();
        let status = head.split(' ').nth(1).and_then(|status| status.parse().ok());
        Self {
            status: status.expect("an answer has a status"),
            head,
            body: bytes[end + 4..].to_vec(),
        }
    }
}

/// A request as text, without its body; the connection ends with the answer.
pub(crate) fn head(method: &str, uri: &str, headers: &[(&str, &str)]) -> String {
    let rest = uri.strip_prefix("http://").unwrap_or(uri);
    let (host, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
    let mut head = format!("{method} {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n");
    for (name, value) in headers {
        write!(head, "{name}: {value}\r\n").unwrap();
    }
    head.push_str("\r\n");
    head
}

/// Sends bytes, says that no more come, and waits for the answer.
pub(crate) async fn raw(address: SocketAddr, bytes: &[u8]) -> Answer {
    let mut socket = TcpStream::connect(address).await.unwrap();
    // The server may answer, and hang up, before it has taken everything.
    socket.write_all(bytes).await.ok();
    read_answer(&mut socket).await
}

async fn read_answer(socket: &mut TcpStream) -> Answer {
    read_answer_within(socket, Duration::from_secs(30)).await
}

pub(crate) async fn read_answer_within(socket: &mut TcpStream, deadline: Duration) -> Answer {
    let mut answer = Vec::new();
    let read = tokio::time::timeout(deadline, socket.read_to_end(&mut answer)).await;
    read.unwrap_or_else(|_| panic!("no answer within {deadline:?}")).ok();
    Answer::parse(&answer)
}

/// Uses a presigned URL as a browser would.
pub(crate) async fn send(server: &TestServer, request: &PresignedRequest, body: &[u8]) -> Answer {
    send_with(server, request, &[], body).await
}

pub(crate) async fn send_with(
    server: &TestServer,
    request: &PresignedRequest,
    more: &[(&str, &str)],
    body: &[u8],
) -> Answer {
    let length = body.len().to_string();
    let mut headers: Vec<_> = request
        .headers()
        .filter(|(name, _)| *name != "content-length")
        .collect();
    if !body.is_empty() || request.method() == "PUT" {
        headers.push(("content-length", &length));
    }
    headers.extend(more);
    let mut bytes = head(request.method(), request.uri(), &headers).into_bytes();
    bytes.extend(body);
    raw(server.server.address(), &bytes).await
}

/// Looks until there is something to see, and fails the test after the deadline.
pub(crate) async fn eventually<T>(what: &str, mut look: impl AsyncFnMut() -> Option<T>) -> T {
    let look = async {
        loop {
            if let Some(seen) = look().await {
                return seen;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    let seen = tokio::time::timeout(Duration::from_secs(30), look).await;
    seen.unwrap_or_else(|_| panic!("waited in vain for {what}"))
}

/// How many payloads lie in a directory.
pub(crate) fn payloads(directory: &Path) -> usize {
    let mut count = 0;
    let mut folders = vec![directory.join("data")];
    while let Some(folder) = folders.pop() {
        // A folder may be swept away while this looks.
        for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
            if entry.path().is_dir() {
                folders.push(entry.path());
            } else {
                count += 1;
            }
        }
    }
    count
}

pub(crate) fn md5(bytes: &[u8]) -> String {
    use s3s::crypto::Checksum;
    let digest = s3s::crypto::Md5::checksum(bytes);
    digest.iter().fold(String::new(), |mut hex, byte| {
        write!(hex, "{byte:02x}").unwrap();
        hex
    })
}

/// Bytes that look like no other seed's.
pub(crate) fn noise(seed: u64, length: usize) -> Vec<u8> {
    let mut random = Random(seed);
    let mut bytes = Vec::with_capacity(length + 8);
    while bytes.len() < length {
        bytes.extend(random.next().to_le_bytes());
    }
    bytes.truncate(length);
    bytes
}

/// splitmix64: the same for the same seed, everywhere.
pub(crate) struct Random(pub(crate) u64);

impl Random {
    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    pub(crate) fn below(&mut self, end: u64) -> u64 {
        self.next() % end
    }
}
