//! Servers that refuse, fail, hang, break off or lie.

use std::time::{Duration, Instant};

use objects::{Bucket, ListFrom, ObjectError, Patience};

use crate::support::stub::{Stub, answer, error, settings};

fn impatient() -> Patience {
    Patience {
        attempts: 3,
        connect: Duration::from_millis(500),
        attempt: Duration::from_millis(500),
        operation: Duration::from_secs(3),
        first_pause: Duration::from_millis(10),
    }
}

fn keys(count: usize) -> Vec<String> {
    (0..count).map(|number| format!("a/{number:05}")).collect()
}

#[tokio::test]
async fn where_batches_are_refused_objects_are_deleted_singly() {
    let refusals = [
        (501, "NotImplemented"),
        (405, "MethodNotAllowed"),
        (400, "InvalidRequest"),
        (400, "BadDigest"),
    ];
    for (status, code) in refusals {
        let stub = Stub::serve(impatient(), move |request| match request {
            "POST /segue/?delete" | "POST /segue?delete" => error(status, code),
            _ => answer(204, ""),
        })
        .await;
        assert_eq!(stub.bucket.delete_many(&keys(1_005)).await, Ok(vec![]));
        // It is asked once, not once for each batch, and never retried.
        let seen = stub.seen();
        assert_eq!(
            seen.iter().filter(|request| request.starts_with("POST")).count(),
            1,
            "{code}"
        );
        let mut deleted: Vec<_> = seen
            .iter()
            .filter(|request| request.starts_with("DELETE"))
            .cloned()
            .collect();
        deleted.sort();
        let expected: Vec<_> = keys(1_005)
            .iter()
            .map(|key| format!("DELETE /segue/{key}?x-id=DeleteObject"))
            .collect();
        assert_eq!(deleted, expected, "{code}");
        assert_eq!(stub.bucket.delete_many(&keys(2)).await, Ok(vec![]));
        assert_eq!(stub.calls(), 1 + 1_005 + 2);
    }
}

#[tokio::test]
async fn single_deletes_report_what_they_could_not() {
    let stub = Stub::serve(impatient(), |request| match request {
        "DELETE /segue/a/00001?x-id=DeleteObject" => error(403, "AccessDenied"),
        "DELETE /segue/a/00002?x-id=DeleteObject" => error(404, "NoSuchKey"),
        request if request.starts_with("POST") => error(501, "NotImplemented"),
        _ => answer(204, ""),
    })
    .await;
    let failures = stub.bucket.delete_many(&keys(5)).await.unwrap();
    assert_eq!(failures.len(), 1);
    assert_eq!(failures[0].key, "a/00001");
    let denied = ObjectError::AccessDenied {
        code: "AccessDenied".into(),
    };
    assert_eq!(failures[0].error, denied);
}

#[tokio::test]
async fn single_deletes_stop_when_the_server_is_gone() {
    let stub = Stub::serve(impatient(), |request| match request {
        request if request.starts_with("POST") => error(501, "NotImplemented"),
        _ => error(503, "ServiceUnavailable"),
    })
    .await;
    let failed = stub.bucket.delete_many(&keys(1_000)).await.unwrap_err();
    assert!(failed.is_transient(), "{failed}");
    assert!(stub.calls() < 100, "{} calls", stub.calls());
}

#[tokio::test]
async fn batches_report_what_they_could_not() {
    let stub = Stub::serve(impatient(), |_| {
        let failed = |key, code| format!("<Error><Key>{key}</Key><Code>{code}</Code><Message>No</Message></Error>");
        let (denied, gone) = (failed("a/00001", "AccessDenied"), failed("a/00002", "NoSuchKey"));
        answer(200, &format!("<DeleteResult>{denied}{gone}</DeleteResult>"))
    })
    .await;
    let failures = stub.bucket.delete_many(&keys(3)).await.unwrap();
    assert_eq!(failures.len(), 1, "{failures:?}");
    assert_eq!(failures[0].key, "a/00001");
    assert!(!failures[0].error.is_transient());
    assert_eq!(stub.calls(), 1);
}

#[tokio::test]
async fn retries_are_bounded() {
    let stub = Stub::serve(impatient(), |_| error(503, "ServiceUnavailable")).await;
    let failed = stub.bucket.get_small("a", 9).await.unwrap_err();
    assert!(matches!(failed, ObjectError::Unavailable { .. }), "{failed}");
    assert!(failed.is_transient());
    assert_eq!(stub.calls(), 3);

    let stub = Stub::serve(impatient(), |_| error(503, "SlowDown")).await;
    let failed = stub
        .bucket
        .put_small("a", "x".into(), "text/plain", None)
        .await
        .unwrap_err();
    assert_eq!(
        failed,
        ObjectError::Busy {
            code: "SlowDown".into()
        }
    );
    assert!(failed.is_transient());
    assert_eq!(stub.calls(), 3);
}

#[tokio::test]
async fn a_passing_failure_is_not_seen() {
    let failures = std::sync::atomic::AtomicUsize::new(2);
    let stub = Stub::serve(impatient(), move |_| {
        let countdown = |left: usize| left.checked_sub(1);
        let order = std::sync::atomic::Ordering::SeqCst;
        match failures.fetch_update(order, order, countdown) {
            Ok(_) => error(500, "InternalError"),
            Err(_) => Some("HTTP/1.1 200 OK\r\netag: \"e\"\r\ncontent-length: 2\r\n\r\nhi".into()),
        }
    })
    .await;
    assert_eq!(stub.bucket.get_small("a", 9).await.unwrap(), "hi");
    assert_eq!(stub.calls(), 3);
}

#[tokio::test]
async fn what_was_refused_is_not_tried_again() {
    for (status, code) in [
        (403, "AccessDenied"),
        (404, "NoSuchKey"),
        (400, "InvalidRequest"),
        (501, "NotImplemented"),
    ] {
        let stub = Stub::serve(impatient(), move |_| error(status, code)).await;
        let failed = stub.bucket.get_small("a", 9).await.unwrap_err();
        assert!(!failed.is_transient(), "{failed}");
        assert_eq!(stub.calls(), 1, "{code}");
    }
}

#[tokio::test]
async fn a_server_that_hangs_is_unavailable() {
    let stub = Stub::serve(impatient(), |_| None).await;
    let start = Instant::now();
    let failed = stub.bucket.head("a").await.unwrap_err();
    assert!(matches!(failed, ObjectError::Unavailable { .. }), "{failed}");
    assert!(start.elapsed() < Duration::from_secs(10), "{:?}", start.elapsed());
    assert!((1..=3).contains(&stub.calls()));
}

#[tokio::test]
async fn a_server_that_is_not_there_is_unavailable() {
    let port = std::net::TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap()
        .port();
    let bucket = Bucket::new(settings(format!("http://127.0.0.1:{port}"), impatient())).unwrap();
    let failed = bucket.list("", ListFrom::Start, 1).await.unwrap_err();
    assert!(matches!(failed, ObjectError::Unavailable { .. }), "{failed}");
    assert!(failed.to_string().contains("refused"), "{failed}");
}

#[tokio::test]
async fn a_body_that_breaks_off_or_stalls_is_unavailable() {
    // Of ten bytes, two come; then the connection closes.
    let cut = |_: &str| Some("HTTP/1.1 200 OK\r\netag: \"e\"\r\ncontent-length: 10\r\n\r\nhi".to_owned());
    let stub = Stub::serve(impatient(), cut).await;
    let failed = stub.bucket.get_small("a", 99).await.unwrap_err();
    assert!(matches!(failed, ObjectError::Unavailable { .. }), "{failed}");

    let stub = Stub::serve_and_hold(impatient(), cut).await;
    let start = Instant::now();
    let failed = stub.bucket.get_small("a", 99).await.unwrap_err();
    assert!(matches!(failed, ObjectError::Unavailable { .. }), "{failed}");
    assert!(start.elapsed() < Duration::from_secs(10), "{:?}", start.elapsed());
}

#[tokio::test]
async fn success_that_turns_into_an_error_is_one() {
    // S3 says 200 before it assembles the parts, and may fail after that.
    let stub = Stub::serve(impatient(), |_| error(200, "InternalError")).await;
    let failed = stub
        .bucket
        .complete_multipart("a", "id", &[(1, "e".into())])
        .await
        .unwrap_err();
    assert!(failed.is_transient(), "{failed}");
}

#[tokio::test]
async fn answers_that_make_no_sense_are_errors() {
    let lists = [
        "",
        "not XML",
        "<ListBucketResult><IsTruncated>true</IsTruncated></ListBucketResult>",
        "<ListBucketResult><Contents><Key>a</Key><Size>1</Size></Contents></ListBucketResult>",
        "<ListBucketResult><Contents><Key>a</Key><LastModified>2026-01-01T00:00:00Z</LastModified><Size>-1</Size>\
         </Contents></ListBucketResult>",
    ];
    for list in lists {
        let stub = Stub::serve(impatient(), move |_| answer(200, list)).await;
        let failed = stub.bucket.list("", ListFrom::Start, 1).await.unwrap_err();
        assert!(matches!(failed, ObjectError::Other { .. }), "{list}: {failed}");
    }
    let endless = "<ListPartsResult><IsTruncated>true</IsTruncated><NextPartNumberMarker>0</NextPartNumberMarker>\
                   <Part><PartNumber>1</PartNumber><ETag>e</ETag><Size>1</Size></Part></ListPartsResult>";
    let stub = Stub::serve(impatient(), move |_| answer(200, endless)).await;
    let failed = stub.bucket.list_parts("a", "id").await.unwrap_err();
    assert!(matches!(failed, ObjectError::Other { .. }), "{failed}");
    assert!(stub.calls() < 10, "{} calls", stub.calls());
}

#[tokio::test]
async fn a_missing_bucket_is_not_a_missing_object() {
    let stub = Stub::serve(impatient(), |_| error(404, "NoSuchBucket")).await;
    let failed = stub.bucket.delete("a").await.unwrap_err();
    assert!(failed.to_string().contains("NoSuchBucket"), "{failed}");
    let failed = stub.bucket.get_small("a", 9).await.unwrap_err();
    assert!(failed.to_string().contains("NoSuchBucket"), "{failed}");
}
