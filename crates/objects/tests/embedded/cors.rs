//! What a browser on another origin is allowed, as far as headers say it.

use crate::support::{BUCKET, for_a_minute, head, presigned_put, raw, send_with, start};

const ORIGIN: (&str, &str) = ("origin", "https://segue.example");

#[tokio::test]
async fn a_preflight_allows_what_uploading_and_playing_need_and_no_more() {
    let server = start().await;
    let uri = presigned_put(&server.client, "key", 5).await.uri().to_owned();
    let asked = [
        ORIGIN,
        ("access-control-request-method", "PUT"),
        ("access-control-request-headers", "content-type,range,if-none-match"),
    ];
    let answer = raw(server.server.address(), head("OPTIONS", &uri, &asked).as_bytes()).await;
    assert_eq!(answer.status, 200);
    assert_eq!(answer.header("access-control-allow-origin"), Some("*"));
    assert_eq!(answer.header("access-control-allow-methods"), Some("PUT,GET,HEAD"));
    assert_eq!(
        answer.header("access-control-allow-headers"),
        Some("content-type,range,if-none-match")
    );
    assert_eq!(answer.header("access-control-allow-credentials"), None);
}

#[tokio::test]
async fn answers_and_errors_can_be_read_by_scripts() {
    let server = start().await;
    let put = presigned_put(&server.client, "key", 5).await;
    let answer = send_with(&server, &put, &[ORIGIN], b"hello").await;
    let exposed = "etag,content-length,content-range,accept-ranges";
    assert_eq!(
        (answer.status, answer.header("access-control-expose-headers")),
        (200, Some(exposed))
    );
    assert!(answer.header("etag").is_some());

    let get = server
        .client
        .get_object()
        .bucket(BUCKET)
        .key("key")
        .presigned(for_a_minute())
        .await
        .unwrap();
    let answer = send_with(&server, &get, &[ORIGIN, ("range", "bytes=1-2")], b"").await;
    assert_eq!((answer.status, answer.body.as_slice()), (206, &b"el"[..]));
    assert_eq!(answer.header("content-range"), Some("bytes 1-2/5"));
    assert_eq!(answer.header("accept-ranges"), Some("bytes"));

    let get = server
        .client
        .get_object()
        .bucket(BUCKET)
        .key("none")
        .presigned(for_a_minute())
        .await
        .unwrap();
    let answer = send_with(&server, &get, &[ORIGIN], b"").await;
    assert_eq!(
        (answer.status, answer.header("access-control-allow-origin")),
        (404, Some("*"))
    );
}
