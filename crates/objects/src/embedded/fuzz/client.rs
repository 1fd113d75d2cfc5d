//! The operations as the protocol hands them to the store, with answers that can be compared: what came, or the error's
//! code.

use futures_util::StreamExt;
use hyper::{HeaderMap, Method, Uri, http::Extensions};
use s3s::{
    Body, S3, S3Request, S3Response, S3Result,
    dto::{
        AbortMultipartUploadInput, CompleteMultipartUploadInput, CompletedMultipartUpload, CompletedPart,
        CreateMultipartUploadInput, Delete, DeleteObjectInput, DeleteObjectsInput, ETag, ETagCondition, GetObjectInput,
        HeadObjectInput, ListMultipartUploadsInput, ListObjectsV2Input, ListPartsInput, ObjectIdentifier,
        PutObjectInput, Range, StreamingBlob, UploadPartInput,
    },
};

use super::super::s3::Protocol;

const BUCKET: &str = "bucket";
/// No listing here has as many entries.
const MOST_PAGES: usize = 1_000;

/// The code of the error.
pub(super) type Answer<T> = Result<T, String>;

/// A key or part number, its size and its `ETag`.
pub(super) type Row<K> = (K, i64, String);

pub(super) struct Client(pub(super) Protocol);

fn request<T>(input: T) -> S3Request<T> {
    S3Request {
        input,
        method: Method::default(),
        uri: Uri::default(),
        headers: HeaderMap::default(),
        extensions: Extensions::default(),
        credentials: None,
        region: None,
        service: None,
        trailing_headers: None,
    }
}

fn answer<T>(result: S3Result<S3Response<T>>) -> Answer<T> {
    match result {
        Ok(response) => Ok(response.output),
        Err(error) => Err(error.code().as_str().to_owned()),
    }
}

fn tag(etag: Option<ETag>) -> String {
    etag.map(ETag::into_value).unwrap_or_default()
}

fn condition(etag: &str) -> ETagCondition {
    ETagCondition::ETag(ETag::Strong(etag.to_owned()))
}

fn blob(bytes: Vec<u8>) -> (Option<i64>, Option<StreamingBlob>) {
    let length = i64::try_from(bytes.len()).ok();
    (length, Some(StreamingBlob::from(Body::from(bytes))))
}

impl Client {
    pub(super) async fn put(
        &self,
        key: &str,
        bytes: Vec<u8>,
        if_match: Option<&str>,
        if_absent: bool,
    ) -> Answer<String> {
        let (content_length, body) = blob(bytes);
        let input = PutObjectInput {
            bucket: BUCKET.into(),
            key: key.into(),
            content_length,
            body,
            if_match: if_match.map(condition),
            if_none_match: if_absent.then_some(ETagCondition::Any),
            ..PutObjectInput::default()
        };
        answer(self.0.put_object(request(input)).await).map(|output| tag(output.e_tag))
    }

    /// The bytes and the `ETag`.
    pub(super) async fn get(&self, key: &str, range: Option<(u64, Option<u64>)>) -> Answer<(Vec<u8>, String)> {
        let input = GetObjectInput {
            bucket: BUCKET.into(),
            key: key.into(),
            range: range.map(|(first, last)| Range::Int { first, last }),
            ..GetObjectInput::default()
        };
        let output = answer(self.0.get_object(request(input)).await)?;
        let mut bytes = Vec::new();
        let mut body = output.body.unwrap();
        while let Some(chunk) = body.next().await {
            bytes.extend_from_slice(&chunk.unwrap());
        }
        assert_eq!(output.content_length, i64::try_from(bytes.len()).ok());
        Ok((bytes, tag(output.e_tag)))
    }

    pub(super) async fn head(&self, key: &str) -> Answer<(i64, String)> {
        let input = HeadObjectInput {
            bucket: BUCKET.into(),
            key: key.into(),
            ..HeadObjectInput::default()
        };
        let output = answer(self.0.head_object(request(input)).await)?;
        Ok((output.content_length.unwrap_or(-1), tag(output.e_tag)))
    }

    pub(super) async fn delete(&self, key: &str, if_match: Option<&str>) -> Answer<()> {
        let input = DeleteObjectInput {
            bucket: BUCKET.into(),
            key: key.into(),
            if_match: if_match.map(condition),
            ..DeleteObjectInput::default()
        };
        answer(self.0.delete_object(request(input)).await).map(drop)
    }

    /// The keys that are gone.
    pub(super) async fn delete_many(&self, keys: &[String]) -> Answer<Vec<String>> {
        let objects = keys.iter().map(|key| ObjectIdentifier {
            key: key.clone(),
            ..ObjectIdentifier::default()
        });
        let delete = Delete {
            objects: objects.collect(),
            quiet: None,
        };
        let input = DeleteObjectsInput::builder()
            .bucket(BUCKET.into())
            .delete(delete)
            .build()
            .unwrap();
        let output = answer(self.0.delete_objects(request(input)).await)?;
        assert!(output.errors.is_none());
        let deleted = output.deleted.unwrap_or_default().into_iter();
        Ok(deleted.filter_map(|deleted| deleted.key).collect())
    }

    /// All pages of a listing: the objects, and the common prefixes.
    pub(super) async fn list(
        &self,
        prefix: &str,
        delimiter: Option<&str>,
        start_after: Option<&str>,
        page: i32,
    ) -> Answer<(Vec<Row<String>>, Vec<String>)> {
        let (mut objects, mut prefixes, mut token) = (Vec::new(), Vec::new(), None);
        for _ in 0..MOST_PAGES {
            let input = ListObjectsV2Input {
                bucket: BUCKET.into(),
                prefix: Some(prefix.into()),
                delimiter: delimiter.map(str::to_owned),
                start_after: start_after.map(str::to_owned),
                max_keys: Some(page),
                continuation_token: token,
                ..ListObjectsV2Input::default()
            };
            let output = answer(self.0.list_objects_v2(request(input)).await)?;
            let (contents, common) = (output.contents.unwrap(), output.common_prefixes.unwrap());
            assert_eq!(output.key_count, i32::try_from(contents.len() + common.len()).ok());
            assert!(output.key_count <= Some(page));
            objects.extend(contents.into_iter().map(|object| {
                let size = object.size.unwrap_or(-1);
                (object.key.unwrap_or_default(), size, tag(object.e_tag))
            }));
            prefixes.extend(common.into_iter().filter_map(|common| common.prefix));
            assert_eq!(output.is_truncated, Some(output.next_continuation_token.is_some()));
            token = output.next_continuation_token;
            if token.is_none() {
                return Ok((objects, prefixes));
            }
        }
        panic!("pages without end");
    }

    pub(super) async fn begin(&self, key: &str) -> Answer<String> {
        let input = CreateMultipartUploadInput {
            bucket: BUCKET.into(),
            key: key.into(),
            ..CreateMultipartUploadInput::default()
        };
        let output = answer(self.0.create_multipart_upload(request(input)).await)?;
        Ok(output.upload_id.unwrap_or_default())
    }

    pub(super) async fn part(&self, key: &str, upload: &str, number: i32, bytes: Vec<u8>) -> Answer<String> {
        let (content_length, body) = blob(bytes);
        let input = UploadPartInput {
            bucket: BUCKET.into(),
            key: key.into(),
            upload_id: upload.into(),
            part_number: number,
            content_length,
            body,
            ..UploadPartInput::default()
        };
        answer(self.0.upload_part(request(input)).await).map(|output| tag(output.e_tag))
    }

    pub(super) async fn complete(&self, key: &str, upload: &str, parts: &[(i32, String)]) -> Answer<String> {
        let parts = parts.iter().map(|(number, etag)| CompletedPart {
            part_number: Some(*number),
            e_tag: Some(ETag::Strong(etag.clone())),
            ..CompletedPart::default()
        });
        let input = CompleteMultipartUploadInput {
            bucket: BUCKET.into(),
            key: key.into(),
            upload_id: upload.into(),
            multipart_upload: Some(CompletedMultipartUpload {
                parts: Some(parts.collect()),
            }),
            ..CompleteMultipartUploadInput::default()
        };
        let output = answer(self.0.complete_multipart_upload(request(input)).await)?;
        Ok(tag(output.e_tag))
    }

    pub(super) async fn abort(&self, key: &str, upload: &str) -> Answer<()> {
        let input = AbortMultipartUploadInput {
            bucket: BUCKET.into(),
            key: key.into(),
            upload_id: upload.into(),
            ..AbortMultipartUploadInput::default()
        };
        answer(self.0.abort_multipart_upload(request(input)).await).map(drop)
    }

    pub(super) async fn list_parts(&self, key: &str, upload: &str, page: i32) -> Answer<Vec<Row<i32>>> {
        let (mut parts, mut marker) = (Vec::new(), None);
        for _ in 0..MOST_PAGES {
            let input = ListPartsInput {
                bucket: BUCKET.into(),
                key: key.into(),
                upload_id: upload.into(),
                max_parts: Some(page),
                part_number_marker: marker,
                ..ListPartsInput::default()
            };
            let output = answer(self.0.list_parts(request(input)).await)?;
            parts.extend(output.parts.unwrap_or_default().into_iter().map(|part| {
                let size = part.size.unwrap_or(-1);
                (part.part_number.unwrap_or(-1), size, tag(part.e_tag))
            }));
            marker = output.next_part_number_marker;
            if output.is_truncated != Some(true) {
                return Ok(parts);
            }
        }
        panic!("pages without end");
    }

    /// Keys and ids.
    pub(super) async fn list_uploads(&self, prefix: &str, page: i32) -> Answer<Vec<(String, String)>> {
        let (mut uploads, mut markers) = (Vec::new(), (None, None));
        for _ in 0..MOST_PAGES {
            let input = ListMultipartUploadsInput {
                bucket: BUCKET.into(),
                prefix: Some(prefix.into()),
                max_uploads: Some(page),
                key_marker: markers.0,
                upload_id_marker: markers.1,
                ..ListMultipartUploadsInput::default()
            };
            let output = answer(self.0.list_multipart_uploads(request(input)).await)?;
            let page = output.uploads.unwrap_or_default().into_iter();
            uploads.extend(page.map(|upload| (upload.key.unwrap_or_default(), upload.upload_id.unwrap_or_default())));
            markers = (output.next_key_marker, output.next_upload_id_marker);
            if output.is_truncated != Some(true) {
                return Ok(uploads);
            }
        }
        panic!("pages without end");
    }
}
