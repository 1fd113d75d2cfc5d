//! What comes over the wire from clients that may send anything: each is answered, nothing of it is a failure of the
//! server, and what it does not name stays as it is.

use std::time::Duration;

use aws_sdk_s3::{
    config::http::HttpResponse,
    error::{ProvideErrorMetadata, SdkError},
    primitives::{ByteStream, SdkBody},
    types::{CompletedMultipartUpload, Delete, EncodingType, ObjectIdentifier},
};
use proptest::prelude::*;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    runtime::Runtime,
    time::timeout,
};

#[path = "../../../domain/src/hostile.rs"]
mod damage;

use damage::damaged;

use crate::{
    multipart::{create, part},
    support::{BUCKET, TestServer, code, get, put, start},
};

const WITNESS: &str = "untouched";
const LONGEST_KEY: usize = 1024;
const NO_UPLOAD: &str = "00000001000000ff";

const DELETE: &str = r#"<?xml version="1.0" encoding="UTF-8"?>
<Delete xmlns="http://s3.amazonaws.com/doc/2006-03-01/">
<Object><Key>uploads/a</Key></Object>
<Object><Key>uploads/b&amp;c</Key><ETag>"9b2cf535f27731c974343645a3985328"</ETag></Object>
<Quiet>false</Quiet>
</Delete>"#;

const COMPLETE: &str = r#"<?xml version="1.0" encoding="UTF-8"?>
<CompleteMultipartUpload xmlns="http://s3.amazonaws.com/doc/2006-03-01/">
<Part><PartNumber>1</PartNumber><ETag>"5d41402abc4b2a76b9719d911017c592"</ETag></Part>
</CompleteMultipartUpload>"#;

const REQUEST: &str = "GET /segue-test?list-type=2&prefix=a%2F&max-keys=10 HTTP/1.1\r\n\
    Host: 127.0.0.1:9000\r\n\
    x-amz-date: 20260101T000000Z\r\n\
    x-amz-content-sha256: UNSIGNED-PAYLOAD\r\n\
    Authorization: AWS4-HMAC-SHA256 Credential=tests/20260101/auto/s3/aws4_request, SignedHeaders=host;x-amz-date, \
    Signature=0000000000000000000000000000000000000000000000000000000000000000\r\n\
    Content-Length: 5\r\n\
    \r\n\
    hello";

/// A server with one object that nobody names, and what to run it in.
fn served() -> (Runtime, TestServer) {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()
        .unwrap();
    let server = runtime.block_on(async {
        let server = start().await;
        server.put(WITNESS, "witness").await;
        server
    });
    (runtime, server)
}

/// Each case asks several things of the server.
fn few() -> ProptestConfig {
    ProptestConfig::with_cases(24)
}

fn text(example: &str) -> impl Strategy<Value = String> + use<> {
    damaged(example).prop_map(|bytes| String::from_utf8_lossy(&bytes).into_owned())
}

/// As much of a text as a URL or a header can carry.
fn short(text: &str) -> &str {
    &text[..text.floor_char_boundary(LONGEST_KEY)]
}

/// What is left of a header's value on its way, which is what both ends sign.
fn in_header(text: &str) -> String {
    short(text).split_whitespace().collect::<Vec<_>>().join(" ")
}

/// It was done or it was refused, in an answer, and not as if it were the server's fault.
fn is_answered<T, E>(result: &Result<T, SdkError<E, HttpResponse>>) -> Result<(), TestCaseError>
where
    E: ProvideErrorMetadata + std::fmt::Debug,
{
    let error = match result {
        // What no header can hold is never sent.
        Ok(_) | Err(SdkError::ConstructionFailure(_)) => return Ok(()),
        Err(error) => error,
    };
    let status = error.raw_response().map(|response| response.status().as_u16());
    prop_assert!(status.is_some_and(|status| status < 500), "{error:?}");
    // Both ends must read the same request out of the same bytes.
    prop_assert_ne!(code(error), "SignatureDoesNotMatch");
    Ok(())
}

async fn witness_is_there(server: &TestServer) -> Result<(), TestCaseError> {
    let witness = get(&server.client, WITNESS).await;
    prop_assert_eq!(witness, Ok(b"witness".to_vec()));
    Ok(())
}

/// What XML 1.0 (2.2) has a way to write.
fn fits_xml(text: &str) -> bool {
    let is_left_out = |character: char| {
        let is_control = character < ' ' && !"\t\n\r".contains(character);
        is_control || matches!(character, '\u{fffe}' | '\u{ffff}')
    };
    !text.contains(is_left_out)
}

async fn key_is_data(server: &TestServer, key: &str) -> Result<(), TestCaseError> {
    let client = &server.client;
    // The SDK takes a blank key for none.
    if key.trim().is_empty() || key == WITNESS {
        return Ok(());
    }
    put(client, key, key.as_bytes()).await;
    prop_assert_eq!(get(client, key).await, Ok(key.as_bytes().to_vec()));
    let list = client.list_objects_v2().bucket(BUCKET).encoding_type(EncodingType::Url);
    let list = list.send().await.unwrap();
    prop_assert_eq!(list.contents().len(), 2, "{:?} and the witness", key);

    let object = ObjectIdentifier::builder().key(key).build().unwrap();
    let delete = Delete::builder().objects(object).build().unwrap();
    let deleted = client.delete_objects().bucket(BUCKET).delete(delete).send().await;
    is_answered(&deleted)?;
    if fits_xml(key) {
        prop_assert_eq!(
            get(client, key).await,
            Err("NoSuchKey".into()),
            "{:?} was not deleted",
            key
        );
    }
    let deleted = client.delete_object().bucket(BUCKET).key(key).send().await;
    prop_assert!(deleted.is_ok());
    prop_assert_eq!(get(client, key).await, Err("NoSuchKey".into()));
    witness_is_there(server).await
}

#[test]
fn any_key_is_data_on_the_way_there_and_back() {
    let (runtime, server) = served();
    proptest!(few(), |(key in text("uploads/a b/ü"))| {
        runtime.block_on(key_is_data(&server, short(&key)))?;
    });
}

/// Asks for deletions with this body. The code of the error, if it was one.
async fn delete(server: &TestServer, body: Vec<u8>) -> Result<Option<String>, TestCaseError> {
    let object = ObjectIdentifier::builder().key("a").build().unwrap();
    let delete = Delete::builder().objects(object).build().unwrap();
    let request = server.client.delete_objects().bucket(BUCKET).delete(delete);
    let request = request.customize().mutate_request(move |request| {
        request.headers_mut().insert("content-length", body.len().to_string());
        *request.body_mut() = SdkBody::from(body.clone());
    });
    let deleted = request.send().await;
    is_answered(&deleted)?;
    witness_is_there(server).await?;
    Ok(deleted.err().as_ref().map(code))
}

/// Asks for the completion of an upload of one part with this body. The code of the error, if it was one.
async fn complete(server: &TestServer, body: Vec<u8>) -> Result<Option<String>, TestCaseError> {
    let upload = create(&server.client, "uploads/a").await;
    part(&server.client, "uploads/a", &upload, 1, b"hello".to_vec()).await;
    let complete = server
        .client
        .complete_multipart_upload()
        .bucket(BUCKET)
        .key("uploads/a");
    let complete = complete.multipart_upload(CompletedMultipartUpload::builder().build());
    let complete = complete.upload_id(&upload).customize().mutate_request(move |request| {
        request.headers_mut().insert("content-length", body.len().to_string());
        *request.body_mut() = SdkBody::from(body.clone());
    });
    let completed = complete.send().await;
    is_answered(&completed)?;
    if completed.is_ok() {
        prop_assert_eq!(get(&server.client, "uploads/a").await, Ok(b"hello".to_vec()));
    } else {
        let parts = server
            .client
            .list_parts()
            .bucket(BUCKET)
            .key("uploads/a")
            .upload_id(&upload);
        prop_assert_eq!(
            parts.send().await.unwrap().parts().len(),
            1,
            "refused, and yet something was done"
        );
        let abort = server.client.abort_multipart_upload().bucket(BUCKET).key("uploads/a");
        prop_assert!(abort.upload_id(&upload).send().await.is_ok());
    }
    Ok(completed.err().as_ref().map(code))
}

#[test]
fn a_hostile_body_is_refused_or_does_what_it_says() {
    let (runtime, server) = served();
    proptest!(few(), |(to_delete in damaged(DELETE), to_complete in damaged(COMPLETE))| {
        runtime.block_on(async {
            delete(&server, to_delete).await?;
            complete(&server, to_complete).await
        })?;
    });
}

/// What goes into the query and the headers of a request.
#[derive(Debug)]
struct Asked {
    id: String,
    number: i32,
    range: String,
    token: String,
    prefix: String,
    page: i32,
}

async fn each_is_answered(server: &TestServer, asked: &Asked) -> Result<(), TestCaseError> {
    let client = &server.client;
    let [id, token, prefix] = [&asked.id, &asked.token, &asked.prefix].map(|text| short(text));
    let [range, etag] = [&asked.range, &asked.token].map(|text| in_header(text));
    let upload_part = client.upload_part().bucket(BUCKET).key("uploads/a").upload_id(id);
    let upload_part = upload_part
        .part_number(asked.number)
        .body(ByteStream::from_static(b"x"));
    let upload_part = upload_part.send().await;
    is_answered(&upload_part)?;
    prop_assert!(upload_part.is_err(), "there is no upload");

    let list_parts = client.list_parts().bucket(BUCKET).key("uploads/a").upload_id(id);
    let list_parts = list_parts
        .max_parts(asked.page)
        .part_number_marker(asked.number.to_string());
    is_answered(&list_parts.send().await)?;
    let list_parts = client.list_parts().bucket(BUCKET).key("uploads/a").upload_id(id);
    is_answered(&list_parts.part_number_marker(token).send().await)?;
    let abort = client
        .abort_multipart_upload()
        .bucket(BUCKET)
        .key("uploads/a")
        .upload_id(id);
    is_answered(&abort.send().await)?;

    let list = client
        .list_multipart_uploads()
        .bucket(BUCKET)
        .prefix(prefix)
        .max_uploads(asked.page);
    is_answered(&list.key_marker(token).upload_id_marker(id).send().await)?;
    let list = client
        .list_objects_v2()
        .bucket(BUCKET)
        .prefix(prefix)
        .max_keys(asked.page);
    let list = list.encoding_type(EncodingType::Url);
    is_answered(&list.clone().continuation_token(token).send().await)?;
    is_answered(&list.start_after(token).delimiter(prefix).send().await)?;

    let read = client
        .get_object()
        .bucket(BUCKET)
        .key(WITNESS)
        .range(&range)
        .send()
        .await;
    is_answered(&read)?;
    if let Ok(read) = read {
        let bytes = read.body.collect().await.unwrap().to_vec();
        prop_assert!(
            b"witness".windows(bytes.len().max(1)).any(|window| window == bytes),
            "{bytes:?}"
        );
    }
    let read = client
        .get_object()
        .bucket(BUCKET)
        .key(WITNESS)
        .part_number(asked.number);
    prop_assert!(read.send().await.is_err());
    let head = client
        .head_object()
        .bucket(BUCKET)
        .key(WITNESS)
        .range(&range)
        .if_none_match(&etag);
    is_answered(&head.send().await)?;
    // Nothing, and what matches everything, are no ETag.
    if !etag.is_empty() && !etag.contains('*') {
        let write = client.put_object().bucket(BUCKET).key(WITNESS).if_match(&etag);
        let write = write.body(ByteStream::from_static(b"x")).send().await;
        is_answered(&write)?;
        prop_assert!(write.is_err(), "the witness has another ETag than {etag:?}");
    }
    witness_is_there(server).await
}

#[test]
fn hostile_ids_numbers_ranges_and_tokens_are_answered() {
    let (runtime, server) = served();
    let asked = (
        (text(NO_UPLOAD), any::<i32>(), text("bytes=0-3")),
        (text("k75706c6f6164732f61"), text("uploads/"), any::<i32>()),
    );
    let asked = asked.prop_map(|((id, number, range), (token, prefix, page))| Asked {
        id,
        number,
        range,
        token,
        prefix,
        page,
    });
    proptest!(few(), |(asked in asked)| {
        runtime.block_on(each_is_answered(&server, &asked))?;
    });
}

async fn raw_is_answered(server: &TestServer, request: &[u8]) -> Result<(), TestCaseError> {
    let mut socket = TcpStream::connect(server.server.address()).await.unwrap();
    let mut answer = Vec::new();
    let exchange = async {
        // The server may hang up before it has taken everything.
        socket.write_all(request).await.ok();
        socket.shutdown().await.ok();
        socket.read_to_end(&mut answer).await.ok();
    };
    let exchange = timeout(Duration::from_secs(20), exchange).await;
    prop_assert!(exchange.is_ok(), "no answer and no end");
    if !answer.is_empty() {
        let status = answer.get(9..12).map(String::from_utf8_lossy);
        prop_assert!(answer.starts_with(b"HTTP/1.") && status.is_some_and(|status| !status.starts_with("20")));
    }
    witness_is_there(server).await
}

#[test]
fn a_request_that_is_none_is_answered_or_cut_off() {
    let (runtime, server) = served();
    proptest!(few(), |(request in damaged(REQUEST))| {
        runtime.block_on(raw_is_answered(&server, &request))?;
    });
}

/// What is no property.
mod plain {
    use super::*;

    #[test]
    fn the_examples_are_understood() {
        let (runtime, server) = served();
        runtime.block_on(async {
            server.put("uploads/a", "x").await;
            assert_eq!(delete(&server, DELETE.into()).await.unwrap(), None);
            assert_eq!(get(&server.client, "uploads/a").await, Err("NoSuchKey".into()));
            assert_eq!(complete(&server, COMPLETE.into()).await.unwrap(), None);
        });
    }

    #[test]
    fn a_body_that_nests_without_end_is_answered() {
        let (runtime, server) = served();
        for open in ["<a>", "<Object>", "<!--", "&amp;"] {
            let nested = open.repeat((1 << 20) / open.len());
            let within = DELETE.replacen("<Object>", &format!("<Object>{nested}"), 1);
            for body in [nested, within] {
                runtime.block_on(async {
                    delete(&server, body.clone().into()).await.unwrap();
                    assert!(complete(&server, body.into()).await.unwrap().is_some(), "{open}");
                });
            }
        }
    }
}
