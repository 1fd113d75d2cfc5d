//! Sending an object, or a range of it, or only what is known about it.

use std::{
    ops::Range,
    sync::Arc,
    time::{Duration, UNIX_EPOCH},
};

use hyper::{HeaderMap, StatusCode, body::Bytes, header};
use s3s::{
    Body, S3Error, S3ErrorCode, S3Request, S3Response, S3Result,
    dto::{
        ETagCondition, GetObjectInput, GetObjectOutput, HeadObjectInput, HeadObjectOutput, Range as AskedRange,
        StreamingBlob, Timestamp,
    },
    s3_error,
};
use tokio::task::spawn_blocking;

use super::{
    change::is_met,
    error::StoreError,
    reading::{Cursor, Reading},
    record::{ObjectRecord, Payload, Piece},
    s3::{etag, time},
    store::Store,
};

/// An object may be replaced between looking it up and opening its file; then it is looked up again.
const TRIES: usize = 10;

/// What a GET or HEAD makes its answer depend on (RFC 9110, section 13).
#[expect(clippy::struct_field_names, reason = "they are the headers' names")]
struct Conditions {
    if_match: Option<ETagCondition>,
    if_none_match: Option<ETagCondition>,
    if_modified_since: Option<Timestamp>,
    if_unmodified_since: Option<Timestamp>,
}

pub(super) async fn get_object(
    store: &Arc<Store>,
    request: S3Request<GetObjectInput>,
) -> S3Result<S3Response<GetObjectOutput>> {
    let input = request.input;
    refuse_part_number(input.part_number)?;
    let conditions = Conditions {
        if_match: input.if_match,
        if_none_match: input.if_none_match,
        if_modified_since: input.if_modified_since,
        if_unmodified_since: input.if_unmodified_since,
    };
    let for_opening = Arc::clone(store);
    let opened = spawn_blocking(move || open(&for_opening, &input.bucket, &input.key, &conditions, input.range)).await;
    let Opened {
        object,
        range,
        first,
        cursor,
    } = opened.map_err(|_| StoreError::Closed)??;
    let body = if cursor.remaining() == 0 {
        StreamingBlob::from(Body::from(first))
    } else {
        StreamingBlob::new(Reading::new(first, cursor))
    };
    let is_part = input.range.is_some();
    let output = GetObjectOutput {
        body: Some(body),
        accept_ranges: Some("bytes".into()),
        content_length: i64::try_from(range.end - range.start).ok(),
        content_range: is_part.then(|| content_range(&range, object.size)),
        e_tag: Some(etag(object.etag)),
        last_modified: Some(time(object.modified)),
        content_type: object.headers.content_type,
        cache_control: object.headers.cache_control,
        content_disposition: object.headers.content_disposition,
        content_encoding: object.headers.content_encoding,
        content_language: object.headers.content_language,
        metadata: (!object.headers.metadata.is_empty()).then(|| object.headers.metadata.into_iter().collect()),
        ..GetObjectOutput::default()
    };
    let status = if is_part {
        StatusCode::PARTIAL_CONTENT
    } else {
        StatusCode::OK
    };
    Ok(S3Response::with_status(output, status))
}

pub(super) async fn head_object(
    store: &Arc<Store>,
    request: S3Request<HeadObjectInput>,
) -> S3Result<S3Response<HeadObjectOutput>> {
    let input = request.input;
    refuse_part_number(input.part_number)?;
    let object = store
        .read(move |snapshot| snapshot.object(&input.bucket, &input.key))
        .await?;
    let conditions = Conditions {
        if_match: input.if_match,
        if_none_match: input.if_none_match,
        if_modified_since: input.if_modified_since,
        if_unmodified_since: input.if_unmodified_since,
    };
    conditions.check(&object)?;
    let range = input.range.map(|asked| satisfy(asked, object.size)).transpose()?;
    let length = range.as_ref().map_or(object.size, |range| range.end - range.start);
    let status = if range.is_some() {
        StatusCode::PARTIAL_CONTENT
    } else {
        StatusCode::OK
    };
    let output = HeadObjectOutput {
        accept_ranges: Some("bytes".into()),
        content_length: i64::try_from(length).ok(),
        content_range: range.map(|range| content_range(&range, object.size)),
        e_tag: Some(etag(object.etag)),
        last_modified: Some(time(object.modified)),
        content_type: object.headers.content_type,
        cache_control: object.headers.cache_control,
        content_disposition: object.headers.content_disposition,
        content_encoding: object.headers.content_encoding,
        content_language: object.headers.content_language,
        metadata: (!object.headers.metadata.is_empty()).then(|| object.headers.metadata.into_iter().collect()),
        ..HeadObjectOutput::default()
    };
    Ok(S3Response::with_status(output, status))
}

fn refuse_part_number(part_number: Option<i32>) -> S3Result<()> {
    match part_number {
        Some(_) => Err(s3_error!(
            NotImplemented,
            "objects are not read by part number here; use a range"
        )),
        None => Ok(()),
    }
}

/// An object about to be sent.
struct Opened {
    object: ObjectRecord,
    range: Range<u64>,
    first: Bytes,
    cursor: Cursor,
}

/// Looks an object up, opens its bytes and reads the first of them. Whatever happens to the object from here on, this
/// reads what it was. Blocks.
fn open(
    store: &Store,
    bucket: &str,
    key: &str,
    conditions: &Conditions,
    asked: Option<AskedRange>,
) -> S3Result<Opened> {
    let look_up = || store.index.read(|snapshot| snapshot.object(bucket, key));
    for _ in 0..TRIES {
        let object = look_up()?;
        conditions.check(&object)?;
        let range = match asked {
            Some(asked) => satisfy(asked, object.size)?,
            None => 0..object.size,
        };
        let (pieces, pin) = match object.payload {
            Payload::File(file) => (
                vec![Piece {
                    file,
                    size: object.size,
                }],
                None,
            ),
            Payload::Pieces(number) => {
                let pin = store.files.pin(number);
                let pieces = store.index.read(|snapshot| snapshot.pieces_of(number));
                match pieces {
                    // Still in the index after it was pinned: so it will not be removed.
                    Ok(pieces) => (pieces, Some(pin)),
                    Err(StoreError::NoSuchKey) => continue,
                    Err(error) => return Err(error.into()),
                }
            }
        };
        let mut cursor = Cursor::new(&store.files, &pieces, range.clone(), pin);
        match cursor.read() {
            Ok(first) => {
                return Ok(Opened {
                    object,
                    range,
                    first,
                    cursor,
                });
            }
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                if look_up()?.payload == object.payload {
                    return Err(StoreError::Io(error).into());
                }
            }
            Err(error) => return Err(StoreError::Io(error).into()),
        }
    }
    Err(s3_error!(SlowDown, "the object is replaced faster than it can be read"))
}

fn content_range(range: &Range<u64>, size: u64) -> String {
    format!("bytes {}-{}/{size}", range.start, range.end - 1)
}

/// The range that is asked for, as far as it exists. Of nothing there is no range.
fn satisfy(asked: AskedRange, size: u64) -> S3Result<Range<u64>> {
    match asked.check(size) {
        Ok(range) if !range.is_empty() => Ok(range),
        _ => {
            let mut error = s3_error!(InvalidRange, "the object has {size} bytes");
            let mut headers = xml_headers();
            headers.extend(
                format!("bytes */{size}")
                    .parse()
                    .map(|value| (header::CONTENT_RANGE, value)),
            );
            error.set_headers(headers);
            Err(error)
        }
    }
}

/// `s3s` lets an error's headers replace those that it would set itself.
fn xml_headers() -> HeaderMap {
    let value = header::HeaderValue::from_static("application/xml");
    HeaderMap::from_iter([(header::CONTENT_TYPE, value)])
}

impl Conditions {
    fn check(&self, object: &ObjectRecord) -> S3Result<()> {
        // HTTP's times have no fractions of seconds.
        let seconds = u64::try_from(object.modified.as_millis()).unwrap_or(0) / 1000;
        let modified = Timestamp::from(UNIX_EPOCH + Duration::from_secs(seconds));
        let is_refused = match (&self.if_match, &self.if_unmodified_since) {
            (Some(condition), _) => !is_met(condition, object.etag),
            (None, Some(since)) => modified > *since,
            (None, None) => false,
        };
        if is_refused {
            return Err(StoreError::PreconditionFailed.into());
        }
        let is_known = match (&self.if_none_match, &self.if_modified_since) {
            (Some(condition), _) => is_met(condition, object.etag),
            (None, Some(since)) => modified <= *since,
            (None, None) => false,
        };
        if is_known {
            let mut error = S3Error::new(S3ErrorCode::NotModified);
            let mut headers = HeaderMap::new();
            headers.extend(
                format!("\"{}\"", object.etag)
                    .parse()
                    .map(|value| (header::ETAG, value)),
            );
            error.set_headers(headers);
            return Err(error);
        }
        Ok(())
    }
}

#[cfg(test)]
mod fuzz;
