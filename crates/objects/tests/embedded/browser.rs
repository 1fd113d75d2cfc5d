//! A real browser on another origin: what its preflights and its rules for reading headers make of the server.

use std::{
    process::{Child, Command, Stdio},
    time::Duration,
};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};

use crate::{
    multipart,
    support::{BUCKET, for_a_minute, md5, start},
};

const PAGE: &str = include_str!("browser.html");

struct Browser(Child);

impl Browser {
    fn open(url: &str, profile: &std::path::Path) -> Self {
        let mut chromium = Command::new("chromium");
        chromium.args([
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--no-first-run",
            "--disable-dev-shm-usage",
        ]);
        chromium
            .arg(format!("--user-data-dir={}", profile.display()))
            .arg("--remote-debugging-port=0")
            .arg(url);
        chromium
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        // Its helpers end with their group.
        std::os::unix::process::CommandExt::process_group(&mut chromium, 0);
        Self(
            chromium
                .spawn()
                .expect("chromium is installed: `cargo xtask setup --full` does it"),
        )
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        let group = rustix::process::Pid::from_child(&self.0);
        rustix::process::kill_process_group(group, rustix::process::Signal::KILL).ok();
        self.0.wait().ok();
    }
}

/// Serves the page and its plan until the page reports.
async fn await_report(listener: &TcpListener, plan: &str) -> String {
    loop {
        let (mut socket, _) = listener.accept().await.unwrap();
        let (head, body) = read_request(&mut socket).await;
        let (kind, answer) = match head.split(' ').nth(1) {
            Some("/") => ("text/html", PAGE),
            Some("/plan") => ("application/json", plan),
            Some("/report") => return body,
            _ => ("text/plain", ""),
        };
        let length = answer.len();
        let head =
            format!("HTTP/1.1 200 OK\r\nContent-Type: {kind}\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n");
        socket.write_all((head + answer).as_bytes()).await.ok();
        socket.shutdown().await.ok();
    }
}

async fn read_request(socket: &mut TcpStream) -> (String, String) {
    let mut bytes = Vec::new();
    loop {
        let text = String::from_utf8_lossy(&bytes).into_owned();
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let length = head.to_ascii_lowercase();
            let length = length
                .lines()
                .find_map(|line| line.strip_prefix("content-length: ")?.parse().ok());
            if body.len() >= length.unwrap_or(0) {
                return (head.to_owned(), body.to_owned());
            }
        }
        if socket.read_buf(&mut bytes).await.unwrap_or(0) == 0 {
            return (text, String::new());
        }
    }
}

#[tokio::test]
async fn chromium_uploads_and_plays_from_another_origin() {
    let server = start().await;
    let put = server
        .client
        .put_object()
        .bucket(BUCKET)
        .key("key")
        .content_type("audio/mpeg")
        .content_length(10);
    let put = put.presigned(for_a_minute()).await.unwrap();
    let upload = multipart::create(&server.client, "parts").await;
    let mut parts = Vec::new();
    for number in [1, 2] {
        let part = server
            .client
            .upload_part()
            .bucket(BUCKET)
            .key("parts")
            .upload_id(&upload)
            .part_number(number);
        let part = part.content_length(19).presigned(for_a_minute()).await.unwrap();
        parts.push(format!("{:?}", part.uri()));
    }
    let get = server
        .client
        .get_object()
        .bucket(BUCKET)
        .key("key")
        .presigned(for_a_minute())
        .await
        .unwrap();
    let missing = server
        .client
        .get_object()
        .bucket(BUCKET)
        .key("none")
        .presigned(for_a_minute())
        .await
        .unwrap();
    let plan = format!(
        "{{\"put\": {:?}, \"parts\": [{}], \"get\": {:?}, \"missing\": {:?}}}",
        put.uri(),
        parts.join(", "),
        get.uri(),
        missing.uri()
    );

    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let page = format!("http://{}/", listener.local_addr().unwrap());
    assert_ne!(page.trim_end_matches('/'), server.server.endpoint(), "another origin");
    let profile = tempfile::tempdir().unwrap();
    let browser = Browser::open(&page, profile.path());
    let report = tokio::time::timeout(Duration::from_secs(90), await_report(&listener, &plan)).await;
    drop(browser);
    let part = md5(b"a part of an object");
    let expected = [
        format!("put 200 \"{}\"", md5(b"0123456789")),
        format!("part 200 \"{part}\""),
        format!("part 200 \"{part}\""),
        "range 206 bytes 2-5/10 2345".into(),
        "missing 404".into(),
        "xhr 200 10".into(),
        "wrong 403".into(),
    ];
    assert_eq!(report.expect("the page reports").lines().collect::<Vec<_>>(), expected);
    assert_eq!(server.get("key").await, b"abcdefghij");
}
