//! Keys that would be trouble if they were paths.

use aws_sdk_s3::{primitives::ByteStream, types::EncodingType};

use crate::support::{BUCKET, TestServer, code, payloads, start};

fn keys() -> Vec<String> {
    let mut keys: Vec<String> = [
        "..",
        "../../../../etc/passwd",
        "/",
        "//",
        "/leading",
        "a//b",
        "a/../b",
        "a/./b",
        "a",
        "a/b",
        "a/",
        "segue-other/../../x",
        "lock",
        "index.redb",
        "data/00000001/00000/00000000",
        "nul\0inside",
        "controls\u{1}\u{1f}\u{7f}\r\n\t",
        "quotes\"'<&>`$(id);|*?\\",
        "percent%2e%2e%2f+ space",
        "ünï/日本語/\u{202e}gnp.exe",
        "x-amz-acl",
        "?uploads",
        "#fragment",
        "con",
    ]
    .map(String::from)
    .to_vec();
    keys.push("k".repeat(1024));
    keys.push("/".repeat(1024));
    keys.push("ü".repeat(512));
    keys
}

async fn listed(server: &TestServer) -> Vec<String> {
    let list = server
        .client
        .list_objects_v2()
        .bucket(BUCKET)
        .encoding_type(EncodingType::Url)
        .send()
        .await
        .unwrap();
    list.contents()
        .iter()
        .map(|object| decode(object.key().unwrap()))
        .collect()
}

fn decode(text: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = text.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        let (byte, after) = match first {
            b'%' => (
                u8::from_str_radix(std::str::from_utf8(&after[..2]).unwrap(), 16).unwrap(),
                &after[2..],
            ),
            _ => (*first, after),
        };
        bytes.push(byte);
        rest = after;
    }
    String::from_utf8(bytes).unwrap()
}

#[tokio::test]
async fn any_key_of_up_to_1024_bytes_is_data_and_no_path() {
    let server = start().await;
    let keys = keys();
    for (number, key) in keys.iter().enumerate() {
        server.put(key, number.to_string()).await;
    }
    let server = server.restart().await;
    for (number, key) in keys.iter().enumerate() {
        assert_eq!(server.get(key).await, number.to_string().as_bytes(), "{key:?}");
    }
    let mut sorted = keys.clone();
    sorted.sort();
    assert_eq!(listed(&server).await, sorted);

    // Everything lies where the server put it, and nothing beside.
    let mut names: Vec<_> = std::fs::read_dir(server.directory.path())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    assert_eq!(names, ["data", "index.redb", "lock"]);
    assert_eq!(payloads(server.directory.path()), keys.len());
    for key in &keys {
        server
            .client
            .delete_object()
            .bucket(BUCKET)
            .key(key)
            .send()
            .await
            .unwrap();
    }
    assert_eq!(listed(&server).await, [""; 0]);
}

#[tokio::test]
async fn a_longer_key_is_refused() {
    let server = start().await;
    for key in ["k".repeat(1025), "ü".repeat(513)] {
        let put = server
            .client
            .put_object()
            .bucket(BUCKET)
            .key(&key)
            .body(ByteStream::from_static(b"x"));
        assert_eq!(code(&put.send().await.unwrap_err()), "KeyTooLongError");
        let create = server.client.create_multipart_upload().bucket(BUCKET).key(&key);
        assert_eq!(code(&create.send().await.unwrap_err()), "KeyTooLongError");
    }
}
