//! Uploads in parts.

use aws_sdk_s3::{
    Client,
    error::SdkError,
    operation::complete_multipart_upload::{CompleteMultipartUploadError, CompleteMultipartUploadOutput},
    primitives::ByteStream,
    types::{CompletedMultipartUpload, CompletedPart},
};

use crate::support::{BUCKET, MIB, code, get, md5, noise, payloads, start};

pub(crate) async fn create(client: &Client, key: &str) -> String {
    let create = client
        .create_multipart_upload()
        .bucket(BUCKET)
        .key(key)
        .content_type("audio/flac");
    create.send().await.unwrap().upload_id().unwrap().to_owned()
}

pub(crate) async fn part(client: &Client, key: &str, upload: &str, number: i32, body: Vec<u8>) -> String {
    let part = client
        .upload_part()
        .bucket(BUCKET)
        .key(key)
        .upload_id(upload)
        .part_number(number);
    let part = part.body(ByteStream::from(body)).send().await.unwrap();
    part.e_tag().unwrap().to_owned()
}

pub(crate) async fn complete(
    client: &Client,
    key: &str,
    upload: &str,
    parts: &[(i32, &str)],
) -> Result<CompleteMultipartUploadOutput, SdkError<CompleteMultipartUploadError>> {
    let parts = parts
        .iter()
        .map(|(number, etag)| CompletedPart::builder().part_number(*number).e_tag(*etag).build());
    let parts = CompletedMultipartUpload::builder()
        .set_parts(Some(parts.collect()))
        .build();
    let complete = client
        .complete_multipart_upload()
        .bucket(BUCKET)
        .key(key)
        .upload_id(upload);
    complete.multipart_upload(parts).send().await
}

#[tokio::test]
async fn parts_become_one_object_that_reads_across_their_boundaries() {
    let server = start().await;
    let client = &server.client;
    let body = noise(1, 12 * MIB + 5);
    let upload = create(client, "key").await;
    // Out of order, and one of them twice: the last one counts.
    let third = part(client, "key", &upload, 30, body[10 * MIB..].to_vec()).await;
    part(client, "key", &upload, 2, noise(9, 5 * MIB)).await;
    let first = part(client, "key", &upload, 2, body[..5 * MIB].to_vec()).await;
    let second = part(client, "key", &upload, 7, body[5 * MIB..10 * MIB].to_vec()).await;
    part(client, "key", &upload, 50, noise(8, 10)).await;
    assert_eq!(
        get(client, "key").await,
        Err("NoSuchKey".into()),
        "nothing is visible before it is complete"
    );

    let parts = [(2, first.as_str()), (7, second.as_str()), (30, third.as_str())];
    let completed = complete(client, "key", &upload, &parts).await.unwrap();
    let digests: Vec<u8> = parts
        .iter()
        .flat_map(|(_, etag)| from_hex(etag.trim_matches('"')))
        .collect();
    let etag = format!("\"{}-3\"", md5(&digests));
    assert_eq!(completed.e_tag(), Some(etag.as_str()));

    let server = server.restart().await;
    let head = server
        .client
        .head_object()
        .bucket(BUCKET)
        .key("key")
        .send()
        .await
        .unwrap();
    assert_eq!(
        (head.content_type(), head.e_tag()),
        (Some("audio/flac"), Some(etag.as_str()))
    );
    assert!(server.get("key").await == body);
    for range in [
        5 * MIB - 3..5 * MIB + 3,
        0..12 * MIB,
        10 * MIB..10 * MIB + 1,
        4 * MIB..11 * MIB,
    ] {
        let asked = format!("bytes={}-{}", range.start, range.end - 1);
        let got = server
            .client
            .get_object()
            .bucket(BUCKET)
            .key("key")
            .range(asked)
            .send()
            .await
            .unwrap();
        assert!(got.body.collect().await.unwrap().to_vec() == body[range]);
    }
    server.server.shutdown().await;
    assert_eq!(
        payloads(server.directory.path()),
        3,
        "only the parts that were listed are kept"
    );
}

fn from_hex(text: &str) -> Vec<u8> {
    let pair = |at| u8::from_str_radix(&text[at..at + 2], 16).unwrap();
    (0..text.len()).step_by(2).map(pair).collect()
}

#[tokio::test]
async fn completing_again_answers_the_same_even_after_a_restart() {
    let server = start().await;
    let upload = create(&server.client, "key").await;
    let etag = part(&server.client, "key", &upload, 1, noise(1, 100)).await;
    let once = complete(&server.client, "key", &upload, &[(1, &etag)]).await.unwrap();
    let again = complete(&server.client, "key", &upload, &[(1, &etag)]).await.unwrap();
    let server = server.restart().await;
    let later = complete(&server.client, "key", &upload, &[(1, &etag)]).await.unwrap();
    assert_eq!((once.e_tag(), once.e_tag()), (again.e_tag(), later.e_tag()));
    // Not for another list of parts, nor for another key.
    let other = "\"00000000000000000000000000000000\"";
    let refused = complete(&server.client, "key", &upload, &[(1, other)])
        .await
        .unwrap_err();
    assert_eq!(code(&refused), "NoSuchUpload");
    let refused = complete(&server.client, "other", &upload, &[(1, &etag)])
        .await
        .unwrap_err();
    assert_eq!(code(&refused), "NoSuchUpload");
    // Nor does it bring back what was deleted since.
    server
        .client
        .delete_object()
        .bucket(BUCKET)
        .key("key")
        .send()
        .await
        .unwrap();
    complete(&server.client, "key", &upload, &[(1, &etag)]).await.unwrap();
    assert_eq!(get(&server.client, "key").await, Err("NoSuchKey".into()));
}

#[tokio::test]
async fn what_does_not_fit_is_refused_and_can_be_put_right() {
    let server = start().await;
    let client = &server.client;
    let upload = create(client, "key").await;
    let small = part(client, "key", &upload, 1, noise(1, 100)).await;
    let last = part(client, "key", &upload, 2, noise(2, 100)).await;
    let other = "\"00000000000000000000000000000000\"";
    let cases: [(&[(i32, &str)], &str); 6] = [
        (&[(1, other)], "InvalidPart"),
        (&[(1, &small), (3, &last)], "InvalidPart"),
        (&[(2, &last), (1, &small)], "InvalidPartOrder"),
        (&[(1, &small), (1, &small)], "InvalidPartOrder"),
        (&[(1, &small), (2, &last)], "EntityTooSmall"),
        (&[], "InvalidRequest"),
    ];
    for (parts, expected) in cases {
        let refused = complete(client, "key", &upload, parts).await.unwrap_err();
        let found = code(&refused);
        // An empty list is no list for some readers of XML.
        assert!(
            found == expected || (parts.is_empty() && found == "MalformedXML"),
            "{found}, not {expected}"
        );
    }
    assert_eq!(get(client, "key").await, Err("NoSuchKey".into()));
    let big = part(client, "key", &upload, 1, noise(3, 5 * MIB)).await;
    complete(client, "key", &upload, &[(1, &big), (2, &last)])
        .await
        .unwrap();
    assert_eq!(server.get("key").await.len(), 5 * MIB + 100);
}

#[tokio::test]
async fn a_part_needs_an_upload_and_a_number_in_range() {
    let server = start().await;
    let client = &server.client;
    let upload = create(client, "key").await;
    let send = |key: &str, upload: &str, number: i32| {
        let part = client
            .upload_part()
            .bucket(BUCKET)
            .key(key)
            .upload_id(upload)
            .part_number(number);
        part.body(ByteStream::from_static(b"x")).send()
    };
    for number in [0, -1, 10_001, 70_000] {
        assert_eq!(
            code(&send("key", &upload, number).await.unwrap_err()),
            "InvalidArgument",
            "{number}"
        );
    }
    for (key, id) in [
        ("other", upload.as_str()),
        ("key", "0000000000000000"),
        ("key", "../x"),
        ("key", ""),
    ] {
        let refused = code(&send(key, id, 1).await.err().unwrap());
        // The SDK itself refuses an empty id.
        assert!(refused == "NoSuchUpload" || id.is_empty(), "{key} {id}: {refused}");
    }
    send("key", &upload, 10_000).await.unwrap();
}

#[tokio::test]
async fn aborting_removes_the_parts() {
    let server = start().await;
    let client = &server.client;
    let upload = create(client, "key").await;
    let etag = part(client, "key", &upload, 1, noise(1, 100)).await;
    let abort = || {
        client
            .abort_multipart_upload()
            .bucket(BUCKET)
            .key("key")
            .upload_id(&upload)
            .send()
    };
    abort().await.unwrap();
    assert_eq!(code(&abort().await.unwrap_err()), "NoSuchUpload");
    assert_eq!(
        code(&complete(client, "key", &upload, &[(1, &etag)]).await.unwrap_err()),
        "NoSuchUpload"
    );
    let parts = client
        .list_parts()
        .bucket(BUCKET)
        .key("key")
        .upload_id(&upload)
        .send()
        .await;
    assert_eq!(code(&parts.unwrap_err()), "NoSuchUpload");
    server.server.shutdown().await;
    assert_eq!(payloads(server.directory.path()), 0);
}

#[tokio::test]
async fn parts_and_uploads_are_listed_in_pages_and_outlive_a_restart() {
    let server = start().await;
    let mut uploads = Vec::new();
    for key in ["a", "b", "b", "c/d"] {
        uploads.push((key.to_owned(), create(&server.client, key).await));
    }
    let (key, upload) = &uploads[0];
    for number in [1, 2, 5, 9, 10_000] {
        part(
            &server.client,
            key,
            upload,
            number,
            noise(1, usize::try_from(number).unwrap()),
        )
        .await;
    }
    let server = server.restart().await;
    let client = &server.client;
    for page in [1, 2, 5, 1000] {
        let (mut found, mut marker) = (Vec::new(), None);
        loop {
            let list = client
                .list_parts()
                .bucket(BUCKET)
                .key(key)
                .upload_id(upload)
                .max_parts(page);
            let list = list.set_part_number_marker(marker).send().await.unwrap();
            found.extend(
                list.parts()
                    .iter()
                    .map(|part| (part.part_number().unwrap(), part.size().unwrap())),
            );
            marker = list.next_part_number_marker().map(str::to_owned);
            if list.is_truncated() != Some(true) {
                break;
            }
        }
        assert_eq!(
            found,
            [(1, 1), (2, 2), (5, 5), (9, 9), (10_000, 10_000)],
            "pages of {page}"
        );

        let (mut found, mut markers) = (Vec::new(), (None, None));
        loop {
            let list = client.list_multipart_uploads().bucket(BUCKET).max_uploads(page);
            let list = list
                .set_key_marker(markers.0)
                .set_upload_id_marker(markers.1)
                .send()
                .await
                .unwrap();
            let id = |upload: &aws_sdk_s3::types::MultipartUpload| {
                (upload.key().unwrap().to_owned(), upload.upload_id().unwrap().to_owned())
            };
            found.extend(list.uploads().iter().map(id));
            markers = (
                list.next_key_marker().map(str::to_owned),
                list.next_upload_id_marker().map(str::to_owned),
            );
            if list.is_truncated() != Some(true) {
                break;
            }
        }
        assert_eq!(found, uploads, "pages of {page}");
    }
    let below = client
        .list_multipart_uploads()
        .bucket(BUCKET)
        .prefix("c/")
        .send()
        .await
        .unwrap();
    assert_eq!(below.uploads().len(), 1);
}

#[tokio::test]
async fn completing_can_be_write_once_and_say_how_large_the_whole_is() {
    let server = start().await;
    let client = &server.client;
    server.put("key", "first").await;
    let upload = create(client, "key").await;
    let etag = part(client, "key", &upload, 1, noise(1, 100)).await;
    let parts = CompletedMultipartUpload::builder().parts(CompletedPart::builder().part_number(1).e_tag(etag).build());
    let complete = client
        .complete_multipart_upload()
        .bucket(BUCKET)
        .key("key")
        .upload_id(&upload);
    let complete = complete.multipart_upload(parts.build());
    let refused = complete.clone().if_none_match("*").send().await.unwrap_err();
    assert_eq!(code(&refused), "PreconditionFailed");
    assert_eq!(server.get("key").await, b"first");
    let refused = complete.clone().mpu_object_size(101).send().await.unwrap_err();
    assert_eq!(code(&refused), "InvalidRequest");
    complete.mpu_object_size(100).send().await.unwrap();
    assert_eq!(server.get("key").await, noise(1, 100));
}

#[tokio::test]
async fn an_object_of_parts_that_is_being_read_outlives_its_deletion() {
    let server = start().await;
    let client = &server.client;
    let body = noise(1, 15 * MIB);
    let upload = create(client, "key").await;
    let mut etags = Vec::new();
    for number in 0..3 {
        let bytes = body[number * 5 * MIB..][..5 * MIB].to_vec();
        etags.push(part(client, "key", &upload, i32::try_from(number).unwrap() + 1, bytes).await);
    }
    let parts = [(1, etags[0].as_str()), (2, &etags[1]), (3, &etags[2])];
    complete(client, "key", &upload, &parts).await.unwrap();
    let mut reading = client.get_object().bucket(BUCKET).key("key").send().await.unwrap();
    let first = reading.body.next().await.unwrap().unwrap();
    client.delete_object().bucket(BUCKET).key("key").send().await.unwrap();
    let rest = reading.body.collect().await.unwrap();
    assert!([first.as_ref(), &rest.to_vec()].concat() == body);
    let directory = server.directory.path();
    let gone = async || (payloads(directory) == 0).then_some(());
    crate::support::eventually("the files to go after their last reader", gone).await;
}
