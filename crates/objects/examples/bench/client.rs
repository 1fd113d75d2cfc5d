//! Clients that cost little: URLs are signed beforehand, and requests are plain bytes over kept connections.

use std::{
    cell::RefCell,
    collections::HashMap,
    io::{BufRead, BufReader, Read, Write},
    net::TcpStream,
    time::Duration,
};

use aws_sdk_s3::{
    Client,
    config::{BehaviorVersion, Credentials, Region, RequestChecksumCalculation, ResponseChecksumValidation},
    presigning::PresigningConfig,
};

use crate::{
    BUCKET, Load, in_threads,
    process::{ACCESS_KEY, SECRET_KEY, Server},
};

pub(crate) fn sdk(server: &Server) -> Client {
    let config = aws_sdk_s3::Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .credentials_provider(Credentials::new(ACCESS_KEY, SECRET_KEY, None, None, "bench"))
        .region(Region::new("auto"))
        .endpoint_url(&server.endpoint)
        .force_path_style(true)
        .request_checksum_calculation(RequestChecksumCalculation::WhenRequired)
        .response_checksum_validation(ResponseChecksumValidation::WhenRequired)
        .build();
    Client::from_conf(config)
}

pub(crate) fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap()
}

fn key(load: &Load, number: usize) -> String {
    format!("uploads/{}/{number:06}.ts", load.name.replace(' ', "-"))
}

pub(crate) fn put(server: &Server, load: &Load) -> Duration {
    let body = vec![7; load.size];
    let length = i64::try_from(load.size).unwrap();
    let client = sdk(server);
    let sign = async |key: String| {
        let put = client
            .put_object()
            .bucket(BUCKET)
            .key(key)
            .content_length(length)
            .content_type("video/mp2t");
        put.presigned(for_an_hour()).await.unwrap().uri().to_owned()
    };
    let heads = sign_all(load, sign, |host, path| {
        format!(
            "PUT {path} HTTP/1.1\r\nHost: {host}\r\nContent-Type: video/mp2t\r\nContent-Length: {}\r\n\r\n",
            load.size
        )
    });
    in_threads(load, |number| {
        assert_eq!(exchange(&server.endpoint, &heads[number], &body), 0);
    })
}

pub(crate) fn get(server: &Server, load: &Load) -> Duration {
    let client = sdk(server);
    let sign = async |key: String| {
        let get = client.get_object().bucket(BUCKET).key(key).presigned(for_an_hour());
        get.await.unwrap().uri().to_owned()
    };
    let heads = sign_all(load, sign, |host, path| {
        format!("GET {path} HTTP/1.1\r\nHost: {host}\r\n\r\n")
    });
    in_threads(load, |number| {
        assert_eq!(exchange(&server.endpoint, &heads[number], &[]), load.size);
    })
}

fn for_an_hour() -> PresigningConfig {
    PresigningConfig::expires_in(Duration::from_hours(1)).unwrap()
}

fn sign_all(load: &Load, sign: impl AsyncFn(String) -> String, head: impl Fn(&str, &str) -> String) -> Vec<String> {
    runtime().block_on(async {
        let mut heads = Vec::new();
        for number in 0..load.count {
            let uri = sign(key(load, number)).await;
            let rest = uri.strip_prefix("http://").unwrap();
            let (host, path) = rest.split_at(rest.find('/').unwrap());
            heads.push(head(host, path));
        }
        heads
    })
}

/// One request over this thread's connection. Returns how long the answer's body was.
fn exchange(endpoint: &str, head: &str, body: &[u8]) -> usize {
    thread_local! {
        static CONNECTIONS: RefCell<HashMap<String, BufReader<TcpStream>>> = RefCell::default();
    }
    CONNECTIONS.with_borrow_mut(|connections| {
        let connection = connections.entry(endpoint.to_owned()).or_insert_with(|| {
            let socket = TcpStream::connect(endpoint.strip_prefix("http://").unwrap()).unwrap();
            socket.set_nodelay(true).unwrap();
            BufReader::with_capacity(1 << 20, socket)
        });
        connection.get_mut().write_all(head.as_bytes()).unwrap();
        connection.get_mut().write_all(body).unwrap();
        let (mut line, mut length) = (String::new(), 0);
        connection.read_line(&mut line).unwrap();
        assert!(line.contains(" 200 "), "{line}");
        while line != "\r\n" {
            line.clear();
            connection.read_line(&mut line).unwrap();
            if let Some(value) = line.strip_prefix("content-length: ") {
                length = value.trim().parse().unwrap();
            }
        }
        let copied = std::io::copy(&mut connection.take(length), &mut std::io::sink()).unwrap();
        usize::try_from(copied).unwrap()
    })
}
