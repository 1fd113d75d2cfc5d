//! What is not as it was signed, announced or promised leaves nothing.

use std::time::{Duration, SystemTime};

use aws_sdk_s3::{config::RequestChecksumCalculation, presigning::PresigningConfig, primitives::ByteStream};
use tokio::{io::AsyncWriteExt, net::TcpStream};

use crate::support::{
    BUCKET, TestServer, client_with, code, eventually, for_a_minute, get, head, payloads, presigned_put, raw,
    read_answer_within, send, send_with, start,
};

async fn assert_nothing_is_left(server: TestServer) {
    assert_eq!(get(&server.client, "key").await, Err("NoSuchKey".into()));
    server.server.shutdown().await;
    assert_eq!(payloads(server.directory.path()), 0);
}

#[tokio::test]
async fn a_presigned_put_takes_exactly_what_was_signed() {
    let server = start().await;
    let request = presigned_put(&server.client, "key", 5).await;
    assert_eq!(send(&server, &request, b"hello").await.status, 200);
    assert_eq!(server.get("key").await, b"hello");
    let head = server
        .client
        .head_object()
        .bucket(BUCKET)
        .key("key")
        .send()
        .await
        .unwrap();
    assert_eq!(head.content_type(), Some("audio/mpeg"));
}

#[tokio::test]
async fn a_body_of_another_length_or_type_than_signed_is_refused() {
    let server = start().await;
    let request = presigned_put(&server.client, "key", 5).await;
    for body in [&b"hell"[..], b"hello!", b""] {
        let answer = send(&server, &request, body).await;
        assert_eq!((answer.status, answer.code().as_str()), (403, "SignatureDoesNotMatch"));
    }
    let wrong_type = [("content-length", "5"), ("content-type", "text/html")];
    let bytes = [head("PUT", request.uri(), &wrong_type).as_bytes(), b"hello"].concat();
    assert_eq!(
        raw(server.server.address(), &bytes).await.code(),
        "SignatureDoesNotMatch"
    );
    assert_nothing_is_left(server).await;
}

#[tokio::test]
async fn a_body_that_breaks_off_or_has_no_length_is_refused() {
    let server = start().await;
    let request = presigned_put(&server.client, "key", 5_000_000).await;
    let mut headers: Vec<_> = request
        .headers()
        .filter(|(name, _)| *name != "content-length")
        .collect();
    headers.push(("content-length", "5000000"));
    let mut socket = TcpStream::connect(server.server.address()).await.unwrap();
    socket
        .write_all(head("PUT", request.uri(), &headers).as_bytes())
        .await
        .unwrap();
    socket.write_all(&vec![7; 1_000_000]).await.unwrap();
    let directory = server.directory.path();
    let begun = async || (payloads(directory) == 1).then_some(());
    eventually("the first bytes to be written", begun).await;
    drop(socket);
    let gone = async || (payloads(directory) == 0).then_some(());
    eventually("the half of an object to be removed", gone).await;

    let put = server
        .client
        .put_object()
        .bucket(BUCKET)
        .key("key")
        .presigned(for_a_minute())
        .await
        .unwrap();
    let chunked = head("PUT", put.uri(), &[("transfer-encoding", "chunked")]) + "5\r\nhello\r\n0\r\n\r\n";
    let answer = raw(server.server.address(), chunked.as_bytes()).await;
    assert_eq!((answer.status, answer.code().as_str()), (411, "MissingContentLength"));
    let huge = head("PUT", put.uri(), &[("content-length", "5368709121")]);
    assert_eq!(
        raw(server.server.address(), huge.as_bytes()).await.code(),
        "EntityTooLarge"
    );
    assert_nothing_is_left(server).await;
}

#[tokio::test]
async fn a_body_that_is_not_what_its_checksums_say_is_refused() {
    let server = start().await;
    let put = || {
        server
            .client
            .put_object()
            .bucket(BUCKET)
            .key("key")
            .body(ByteStream::from_static(b"hello"))
    };
    let md5 = "XUFAKrxLKna5cZ2REBfFkg==";
    let crc32 = "NhCmhg==";
    put().content_md5(md5).send().await.unwrap();
    put().checksum_crc32(crc32).send().await.unwrap();
    server
        .client
        .delete_object()
        .bucket(BUCKET)
        .key("key")
        .send()
        .await
        .unwrap();

    let wrong = put().content_md5("AAAAAAAAAAAAAAAAAAAAAA==").send().await.unwrap_err();
    assert_eq!(code(&wrong), "BadDigest");
    assert_eq!(
        code(&put().content_md5("no").send().await.unwrap_err()),
        "InvalidDigest"
    );
    assert_eq!(
        code(&put().checksum_crc32("AAAAAA==").send().await.unwrap_err()),
        "BadDigest"
    );
    let sha256 = base64_of_zeros(32);
    assert_eq!(
        code(&put().checksum_sha256(sha256).send().await.unwrap_err()),
        "BadDigest"
    );

    let request = presigned_put(&server.client, "key", 5).await;
    let hash = "0".repeat(64);
    let answer = send_with(&server, &request, &[("x-amz-content-sha256", &hash)], b"hello").await;
    assert_eq!(
        (answer.status, answer.code().as_str()),
        (400, "XAmzContentSHA256Mismatch")
    );
    assert_nothing_is_left(server).await;
}

fn base64_of_zeros(length: usize) -> String {
    let unpadded = "A".repeat((length * 8).div_ceil(6));
    let padding = "=".repeat((3 - length % 3) % 3);
    unpadded + &padding
}

#[tokio::test]
async fn wrong_altered_and_expired_signatures_are_refused() {
    let server = start().await;
    server.put("other", "x").await;
    let endpoint = server.server.endpoint();
    let stranger = |access_key: &str, secret: &str| {
        client_with(&endpoint, access_key, secret, RequestChecksumCalculation::WhenRequired)
    };
    assert_eq!(
        get(&stranger("tests", "wrong"), "other").await,
        Err("SignatureDoesNotMatch".into())
    );
    assert!(get(&stranger("nobody", "wrong"), "other").await.is_err());

    let request = presigned_put(&server.client, "key", 5).await;
    let altered = [
        request.uri().replace("/key?", "/keys?"),
        request.uri().replace("X-Amz-Expires=60", "X-Amz-Expires=61"),
        request.uri().replace("/segue-test/", "/segue-other/"),
    ];
    let headers = [("content-length", "5"), ("content-type", "audio/mpeg")];
    for uri in altered {
        assert_ne!(uri, request.uri());
        let bytes = head("PUT", &uri, &headers) + "hello";
        assert_eq!(
            raw(server.server.address(), bytes.as_bytes()).await.code(),
            "SignatureDoesNotMatch",
            "{uri}"
        );
    }
    let bytes = head("GET", request.uri(), &headers) + "hello";
    assert_eq!(
        raw(server.server.address(), bytes.as_bytes()).await.status,
        403,
        "signed for PUT only"
    );

    let long_ago = now() - Duration::from_mins(2);
    let expired = PresigningConfig::builder()
        .start_time(long_ago)
        .expires_in(Duration::from_mins(1));
    let expired = server
        .client
        .get_object()
        .bucket(BUCKET)
        .key("other")
        .presigned(expired.build().unwrap());
    let answer = send(&server, &expired.await.unwrap(), b"").await;
    assert_eq!((answer.status, answer.code().as_str()), (403, "AccessDenied"));
    let early = PresigningConfig::builder().start_time(now() + Duration::from_hours(2));
    let early = early.expires_in(Duration::from_mins(1)).build().unwrap();
    let early = server
        .client
        .get_object()
        .bucket(BUCKET)
        .key("other")
        .presigned(early)
        .await
        .unwrap();
    assert_eq!(send(&server, &early, b"").await.status, 403, "its time has not come");

    for uri in ["/segue-test/other", "/segue-test", "/"] {
        let bytes = head("GET", &format!("{endpoint}{uri}"), &[]);
        assert_eq!(
            raw(server.server.address(), bytes.as_bytes()).await.status,
            403,
            "nothing without a signature"
        );
    }
    assert_nothing_is_left_but_other(server).await;
}

#[expect(clippy::disallowed_methods, reason = "signatures are checked against the real clock")]
fn now() -> SystemTime {
    SystemTime::now()
}

async fn assert_nothing_is_left_but_other(server: TestServer) {
    server.server.shutdown().await;
    assert_eq!(payloads(server.directory.path()), 1);
}

#[tokio::test]
async fn what_would_be_gathered_in_memory_is_not_taken() {
    let server = start().await;
    let uri = format!("{}/segue-test", server.server.endpoint());
    let form = [
        ("content-type", "multipart/form-data; boundary=x"),
        ("content-length", "1000000000"),
    ];
    let answer = raw(server.server.address(), head("POST", &uri, &form).as_bytes()).await;
    assert_eq!((answer.status, answer.code().as_str()), (501, "NotImplemented"));
    let old = head(
        "GET",
        &format!("{uri}/key?AWSAccessKeyId=tests&Expires=9999999999&Signature=x"),
        &[],
    );
    assert_eq!(
        raw(server.server.address(), old.as_bytes()).await.code(),
        "AccessDenied"
    );
    let head_too_large = head("GET", &uri, &[("x-filler", &"x".repeat(1_000_000))]);
    assert_eq!(
        raw(server.server.address(), head_too_large.as_bytes()).await.status,
        431
    );
}

#[tokio::test]
async fn a_slow_body_is_given_up_and_others_are_served_meanwhile() {
    let server = start().await;
    let request = presigned_put(&server.client, "key", 5).await;
    let mut headers: Vec<_> = request
        .headers()
        .filter(|(name, _)| *name != "content-length")
        .collect();
    headers.push(("content-length", "5"));
    let mut socket = TcpStream::connect(server.server.address()).await.unwrap();
    socket
        .write_all((head("PUT", request.uri(), &headers) + "he").as_bytes())
        .await
        .unwrap();
    server.put("other", "x").await;
    server
        .client
        .delete_object()
        .bucket(BUCKET)
        .key("other")
        .send()
        .await
        .unwrap();

    // From here on the clock jumps to whatever is waited for.
    tokio::time::pause();
    let answer = read_answer_within(&mut socket, Duration::from_secs(90)).await;
    tokio::time::resume();
    assert_eq!((answer.status, answer.code().as_str()), (400, "RequestTimeout"));
    assert_nothing_is_left(server).await;
}
