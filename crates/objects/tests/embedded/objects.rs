//! Putting, getting and deleting.

use std::time::Duration;

use aws_sdk_s3::primitives::{ByteStream, DateTime};

use crate::support::{BUCKET, MIB, code, get, md5, noise, payloads, start, with_checksums};

#[tokio::test]
async fn an_object_comes_back_with_all_that_was_sent_with_it() {
    let server = start().await;
    let put = server
        .client
        .put_object()
        .bucket(BUCKET)
        .key("a/master.m3u8")
        .body(ByteStream::from_static(b"#EXTM3U"));
    let put = put
        .content_type("application/vnd.apple.mpegurl")
        .cache_control("public, max-age=31536000, immutable")
        .content_disposition("attachment; filename=\"x\"")
        .metadata("colour", "blue");
    let put = put.send().await.unwrap();
    assert_eq!(put.e_tag(), Some(format!("\"{}\"", md5(b"#EXTM3U")).as_str()));

    let server = server.restart().await;
    let head = server
        .client
        .head_object()
        .bucket(BUCKET)
        .key("a/master.m3u8")
        .send()
        .await
        .unwrap();
    let got = server
        .client
        .get_object()
        .bucket(BUCKET)
        .key("a/master.m3u8")
        .send()
        .await
        .unwrap();
    assert_eq!(head.content_type(), Some("application/vnd.apple.mpegurl"));
    assert_eq!(head.cache_control(), Some("public, max-age=31536000, immutable"));
    assert_eq!(head.content_disposition(), Some("attachment; filename=\"x\""));
    assert_eq!(head.metadata().unwrap()["colour"], "blue");
    assert_eq!(head.content_length(), Some(7));
    assert_eq!(head.e_tag(), put.e_tag());
    assert_eq!(head.last_modified(), got.last_modified());
    assert_eq!(
        (got.content_type(), got.content_length()),
        (head.content_type(), Some(7))
    );
    assert_eq!(got.body.collect().await.unwrap().to_vec(), b"#EXTM3U");
}

#[tokio::test]
async fn objects_of_every_size_around_the_chunks_come_back_whole() {
    let server = start().await;
    let chunk = 256 << 10;
    for size in [0, 1, chunk - 1, chunk, chunk + 1, 3 * chunk, 5 * MIB + 3] {
        let body = noise(size as u64, size);
        let etag = server.put("key", body.clone()).await;
        assert_eq!(etag, format!("\"{}\"", md5(&body)));
        assert!(server.get("key").await == body, "{size} bytes");
    }
}

#[tokio::test]
async fn checksums_that_follow_the_body_are_checked_and_kept_out_of_it() {
    let server = start().await;
    let body = noise(1, 700_000);
    let put = with_checksums(&server)
        .put_object()
        .bucket(BUCKET)
        .key("key")
        .body(ByteStream::from(body.clone()));
    let put = put.send().await.unwrap();
    assert!(put.checksum_crc32().is_some());
    assert!(server.get("key").await == body);
}

#[tokio::test]
async fn ranges_are_cut_as_asked() {
    let server = start().await;
    let body = noise(2, 600_000);
    server.put("key", body.clone()).await;
    let cases = [
        ("bytes=0-0", 0..1),
        ("bytes=10-19", 10..20),
        ("bytes=262140-262150", 262_140..262_151),
        ("bytes=599999-", 599_999..600_000),
        ("bytes=0-", 0..600_000),
        ("bytes=-5", 599_995..600_000),
        ("bytes=-900000", 0..600_000),
        ("bytes=599990-700000", 599_990..600_000),
    ];
    for (asked, range) in cases {
        let got = server
            .client
            .get_object()
            .bucket(BUCKET)
            .key("key")
            .range(asked)
            .send()
            .await
            .unwrap();
        let shown = format!("bytes {}-{}/600000", range.start, range.end - 1);
        assert_eq!(got.content_range(), Some(shown.as_str()), "{asked}");
        assert_eq!(got.content_length(), i64::try_from(range.len()).ok());
        assert!(got.body.collect().await.unwrap().to_vec() == body[range], "{asked}");
    }
    for asked in ["bytes=600000-", "bytes=600000-600001", "bytes=-0"] {
        let refused = server
            .client
            .get_object()
            .bucket(BUCKET)
            .key("key")
            .range(asked)
            .send()
            .await
            .unwrap_err();
        assert_eq!(code(&refused), "InvalidRange", "{asked}");
        let response = refused.raw_response().unwrap();
        assert_eq!(response.status().as_u16(), 416);
        assert_eq!(response.headers().get("content-range"), Some("bytes */600000"));
    }
    server.put("empty", "").await;
    for asked in ["bytes=0-", "bytes=-1"] {
        let refused = server
            .client
            .get_object()
            .bucket(BUCKET)
            .key("empty")
            .range(asked)
            .send()
            .await
            .unwrap_err();
        assert_eq!(code(&refused), "InvalidRange", "{asked}");
    }
}

#[tokio::test]
async fn reading_can_depend_on_what_is_there() {
    let server = start().await;
    let etag = server.put("key", "one").await;
    let get = || server.client.get_object().bucket(BUCKET).key("key");
    let head = || server.client.head_object().bucket(BUCKET).key("key");
    let modified = head().send().await.unwrap().last_modified().unwrap().secs();
    let other = "\"00000000000000000000000000000000\"";

    assert!(get().if_match(&etag).send().await.is_ok());
    assert_eq!(
        code(&get().if_match(other).send().await.unwrap_err()),
        "PreconditionFailed"
    );
    assert_eq!(code(&head().if_match(other).send().await.unwrap_err()), "412");
    assert!(get().if_none_match(other).send().await.is_ok());
    let known = get().if_none_match(&etag).send().await.unwrap_err();
    let known = known.raw_response().unwrap();
    assert_eq!(
        (known.status().as_u16(), known.headers().get("etag")),
        (304, Some(etag.as_str()))
    );
    let since = |seconds| DateTime::from_secs(modified + seconds);
    assert!(get().if_modified_since(since(-1)).send().await.is_ok());
    let known = get().if_modified_since(since(0)).send().await.unwrap_err();
    assert_eq!(known.raw_response().unwrap().status().as_u16(), 304);
    assert!(get().if_unmodified_since(since(0)).send().await.is_ok());
    assert_eq!(
        code(&get().if_unmodified_since(since(-1)).send().await.unwrap_err()),
        "PreconditionFailed"
    );
}

#[tokio::test]
async fn writing_and_deleting_can_depend_on_what_is_there() {
    let server = start().await;
    let put = |text: &'static str| {
        server
            .client
            .put_object()
            .bucket(BUCKET)
            .key("key")
            .body(ByteStream::from_static(text.as_bytes()))
    };
    let delete = || server.client.delete_object().bucket(BUCKET).key("key");
    let other = "\"00000000000000000000000000000000\"";
    assert_eq!(code(&put("x").if_match(other).send().await.unwrap_err()), "NoSuchKey");
    let first = put("one").if_none_match("*").send().await.unwrap();
    assert_eq!(
        code(&put("x").if_none_match("*").send().await.unwrap_err()),
        "PreconditionFailed"
    );
    assert_eq!(
        code(&put("x").if_match(other).send().await.unwrap_err()),
        "PreconditionFailed"
    );
    let second = put("two").if_match(first.e_tag().unwrap()).send().await.unwrap();
    assert_eq!(server.get("key").await, b"two");
    assert_eq!(
        code(&delete().if_match(first.e_tag().unwrap()).send().await.unwrap_err()),
        "PreconditionFailed"
    );
    delete().if_match(second.e_tag().unwrap()).send().await.unwrap();
    assert_eq!(get(&server.client, "key").await, Err("NoSuchKey".into()));
}

#[tokio::test]
async fn deleting_is_idempotent_and_frees_the_disk() {
    let server = start().await;
    for key in ["a", "b", "c"] {
        server.put(key, "x").await;
    }
    for _ in 0..2 {
        server
            .client
            .delete_object()
            .bucket(BUCKET)
            .key("a")
            .send()
            .await
            .unwrap();
    }
    let identifiers =
        ["a", "b", "never"].map(|key| aws_sdk_s3::types::ObjectIdentifier::builder().key(key).build().unwrap());
    let delete = aws_sdk_s3::types::Delete::builder()
        .set_objects(Some(identifiers.to_vec()))
        .build()
        .unwrap();
    let deleted = server
        .client
        .delete_objects()
        .bucket(BUCKET)
        .delete(delete)
        .send()
        .await
        .unwrap();
    let keys: Vec<_> = deleted.deleted().iter().map(|deleted| deleted.key().unwrap()).collect();
    assert_eq!((keys, deleted.errors().len()), (vec!["a", "b", "never"], 0));
    assert_eq!(get(&server.client, "b").await, Err("NoSuchKey".into()));
    assert_eq!(server.get("c").await, b"x");
    server.server.shutdown().await;
    assert_eq!(payloads(server.directory.path()), 1);
}

#[tokio::test]
async fn an_object_that_is_being_read_is_read_to_its_end_whatever_becomes_of_it() {
    let server = start().await;
    let before = noise(3, 8 * MIB);
    server.put("key", before.clone()).await;
    let mut reading = server
        .client
        .get_object()
        .bucket(BUCKET)
        .key("key")
        .send()
        .await
        .unwrap();
    let first = reading.body.next().await.unwrap().unwrap();
    server.put("key", "after").await;
    server
        .client
        .delete_object()
        .bucket(BUCKET)
        .key("key")
        .send()
        .await
        .unwrap();
    let rest = tokio::time::timeout(Duration::from_secs(30), reading.body.collect())
        .await
        .unwrap()
        .unwrap();
    let whole = [first.as_ref(), &rest.to_vec()].concat();
    assert!(whole == before);
    assert_eq!(get(&server.client, "key").await, Err("NoSuchKey".into()));
}

#[tokio::test]
async fn buckets_are_made_once_and_removed_empty() {
    let server = start().await;
    let client = &server.client;
    for _ in 0..2 {
        client.create_bucket().bucket("another").send().await.unwrap();
    }
    client.head_bucket().bucket("another").send().await.unwrap();
    let key = client
        .put_object()
        .bucket("another")
        .key("key")
        .body(ByteStream::from_static(b"x"));
    key.send().await.unwrap();
    assert_eq!(get(client, "key").await, Err("NoSuchKey".into()), "buckets do not mix");
    assert_eq!(
        code(&client.delete_bucket().bucket("another").send().await.unwrap_err()),
        "BucketNotEmpty"
    );
    client
        .delete_object()
        .bucket("another")
        .key("key")
        .send()
        .await
        .unwrap();
    client.delete_bucket().bucket("another").send().await.unwrap();
    assert_eq!(
        code(&client.head_bucket().bucket("another").send().await.unwrap_err()),
        "NotFound"
    );
    let put = client
        .put_object()
        .bucket("another")
        .key("key")
        .body(ByteStream::from_static(b"x"));
    assert_eq!(code(&put.send().await.unwrap_err()), "NoSuchBucket");
    let names = client.list_buckets().send().await.unwrap();
    let names: Vec<_> = names.buckets().iter().filter_map(|bucket| bucket.name()).collect();
    assert_eq!(names, [BUCKET]);
}
