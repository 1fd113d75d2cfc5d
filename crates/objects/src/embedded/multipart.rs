//! Uploads in parts.

use std::{ops::Bound, sync::Arc};

use s3s::{
    S3Request, S3Response, S3Result,
    dto::{
        AbortMultipartUploadInput, AbortMultipartUploadOutput, Checksum, CompleteMultipartUploadInput,
        CompleteMultipartUploadOutput, CreateMultipartUploadInput, CreateMultipartUploadOutput,
        ListMultipartUploadsInput, ListMultipartUploadsOutput, ListPartsInput, ListPartsOutput, MultipartUpload, Part,
        UploadPartInput, UploadPartOutput,
    },
    s3_error,
};

use super::{
    change::{self, Condition, Tables},
    completion::{self, Completion},
    error::StoreError,
    index::object_key,
    listing::{encoder, page_length},
    put::{Expected, announced_trailer, receive, refuse_foreign_keys},
    record::{Etag, Headers, PartRecord, Record, UploadRecord},
    s3::{etag, time},
    store::Store,
};

const PART_NUMBERS: std::ops::RangeInclusive<u16> = 1..=10_000;

pub(super) async fn create(
    store: &Store,
    input: CreateMultipartUploadInput,
) -> S3Result<S3Response<CreateMultipartUploadOutput>> {
    refuse_foreign_keys(input.sse_customer_algorithm.is_some() || input.ssekms_key_id.is_some())?;
    let record = UploadRecord {
        started: domain::Timestamp::from_millis(0),
        headers: Headers {
            content_type: Some(input.content_type.unwrap_or_else(|| "application/octet-stream".into())),
            cache_control: input.cache_control,
            content_disposition: input.content_disposition,
            content_encoding: input.content_encoding,
            content_language: input.content_language,
            metadata: input.metadata.unwrap_or_default().into_iter().collect(),
        },
    };
    let upload = store.files.draw();
    let (bucket, key) = (input.bucket.clone(), input.key.clone());
    let change = move |tables: &mut Tables<'_>| change::begin_upload(tables, &bucket, &key, upload, record);
    store.committer.commit(None, change).await?;
    Ok(S3Response::new(CreateMultipartUploadOutput {
        bucket: Some(input.bucket),
        key: Some(input.key),
        upload_id: Some(to_id(upload)),
        ..CreateMultipartUploadOutput::default()
    }))
}

pub(super) async fn upload_part(
    store: &Arc<Store>,
    request: S3Request<UploadPartInput>,
) -> S3Result<S3Response<UploadPartOutput>> {
    let announced = announced_trailer(&request.headers);
    let UploadPartInput { bucket, key, body, .. } = request.input;
    refuse_foreign_keys(request.input.sse_customer_algorithm.is_some())?;
    let upload = from_id(&request.input.upload_id)?;
    let number = u16::try_from(request.input.part_number).ok();
    let Some(number) = number.filter(|number| PART_NUMBERS.contains(number)) else {
        return Err(s3_error!(InvalidArgument, "parts are numbered from 1 to 10,000"));
    };
    // Asked again when the part is added; asked here so that nobody sends gigabytes for nothing.
    let asked = object_key(&bucket, &key);
    let is_known = move |snapshot: &super::index::Snapshot| {
        let upload = snapshot.uploads()?.get((asked.as_slice(), upload))?;
        upload.map(drop).ok_or(StoreError::NoSuchUpload)
    };
    store.read(is_known).await?;
    let expected = Expected {
        length: request.input.content_length,
        md5: request.input.content_md5,
        checksum: Checksum {
            checksum_crc32: request.input.checksum_crc32,
            checksum_crc32c: request.input.checksum_crc32c,
            checksum_crc64nvme: request.input.checksum_crc64nvme,
            checksum_sha1: request.input.checksum_sha1,
            checksum_sha256: request.input.checksum_sha256,
            ..Checksum::default()
        },
        trailers: request.trailing_headers,
        announced,
    };
    let received = receive(&store.files, body, expected).await?;
    let part = PartRecord {
        file: received.payload.number(),
        size: received.size,
        md5: received.md5,
        modified: domain::Timestamp::from_millis(0),
    };
    let change = move |tables: &mut Tables<'_>| change::put_part(tables, &bucket, &key, (upload, number), part);
    store.committer.commit(Some(received.payload), change).await?;
    Ok(S3Response::new(UploadPartOutput {
        e_tag: Some(etag(of_part(&part))),
        checksum_crc32: received.checksum.checksum_crc32,
        checksum_crc32c: received.checksum.checksum_crc32c,
        checksum_crc64nvme: received.checksum.checksum_crc64nvme,
        checksum_sha1: received.checksum.checksum_sha1,
        checksum_sha256: received.checksum.checksum_sha256,
        ..UploadPartOutput::default()
    }))
}

pub(super) async fn complete(
    store: &Store,
    input: CompleteMultipartUploadInput,
) -> S3Result<S3Response<CompleteMultipartUploadOutput>> {
    let listed = input
        .multipart_upload
        .and_then(|upload| upload.parts)
        .unwrap_or_default();
    let mut parts = Vec::with_capacity(listed.len());
    for part in listed {
        let (Some(number), Some(etag)) = (part.part_number, part.e_tag) else {
            return Err(s3_error!(
                MalformedXML,
                "every part is listed with its number and its ETag"
            ));
        };
        parts.push((number, etag.into_value()));
    }
    let completion = Completion {
        bucket: input.bucket.clone(),
        key: input.key.clone(),
        upload: from_id(&input.upload_id)?,
        parts,
        size: input.mpu_object_size,
        condition: Condition {
            if_match: input.if_match,
            if_none_match: input.if_none_match,
        },
        pieces: store.files.draw(),
    };
    let change = move |tables: &mut Tables<'_>| completion::complete_upload(tables, &completion);
    let whole = store.committer.commit(None, change).await?;
    Ok(S3Response::new(CompleteMultipartUploadOutput {
        location: Some(format!("/{}/{}", input.bucket, input.key)),
        bucket: Some(input.bucket),
        key: Some(input.key),
        e_tag: Some(etag(whole)),
        ..CompleteMultipartUploadOutput::default()
    }))
}

pub(super) async fn abort(
    store: &Store,
    input: AbortMultipartUploadInput,
) -> S3Result<S3Response<AbortMultipartUploadOutput>> {
    let upload = from_id(&input.upload_id)?;
    let change = move |tables: &mut Tables<'_>| change::abort_upload(tables, &input.bucket, &input.key, upload);
    store.committer.commit(None, change).await?;
    Ok(S3Response::new(AbortMultipartUploadOutput::default()))
}

pub(super) async fn list_parts(store: &Arc<Store>, input: ListPartsInput) -> S3Result<S3Response<ListPartsOutput>> {
    let upload = from_id(&input.upload_id)?;
    let limit = page_length(input.max_parts)?;
    let first = match u16::try_from(input.part_number_marker.unwrap_or(0)) {
        Ok(marker) => marker.saturating_add(1),
        Err(_) => return Err(s3_error!(InvalidArgument, "parts are numbered from 1 to 10,000")),
    };
    let key = object_key(&input.bucket, &input.key);
    let (parts, is_truncated) = store
        .read(move |snapshot| {
            if snapshot.uploads()?.get((key.as_slice(), upload))?.is_none() {
                return Err(StoreError::NoSuchUpload);
            }
            let mut parts = Vec::new();
            for entry in snapshot.parts()?.range((upload, first)..=(upload, u16::MAX))? {
                if parts.len() >= limit {
                    return Ok((parts, limit > 0));
                }
                let (key, value) = entry?;
                parts.push((key.value().1, PartRecord::from_bytes(value.value())?));
            }
            Ok((parts, false))
        })
        .await?;
    Ok(S3Response::new(ListPartsOutput {
        bucket: Some(input.bucket),
        key: Some(input.key),
        upload_id: Some(input.upload_id),
        max_parts: i32::try_from(limit).ok(),
        part_number_marker: Some(input.part_number_marker.unwrap_or(0)),
        next_part_number_marker: parts.last().map(|(number, _)| i32::from(*number)),
        is_truncated: Some(is_truncated),
        parts: Some(parts.iter().map(|(number, part)| to_part(*number, part)).collect()),
        ..ListPartsOutput::default()
    }))
}

fn to_part(number: u16, part: &PartRecord) -> Part {
    Part {
        part_number: Some(i32::from(number)),
        size: i64::try_from(part.size).ok(),
        e_tag: Some(etag(of_part(part))),
        last_modified: Some(time(part.modified)),
        ..Part::default()
    }
}

fn of_part(part: &PartRecord) -> Etag {
    Etag {
        md5: part.md5,
        parts: 0,
    }
}

pub(super) async fn list_uploads(
    store: &Arc<Store>,
    input: ListMultipartUploadsInput,
) -> S3Result<S3Response<ListMultipartUploadsOutput>> {
    if input.delimiter.as_ref().is_some_and(|delimiter| !delimiter.is_empty()) {
        return Err(s3_error!(
            NotImplemented,
            "unfinished uploads are not rolled up by a delimiter here"
        ));
    }
    let limit = page_length(input.max_uploads)?;
    let prefix = input.prefix.clone().unwrap_or_default();
    let after = match (&input.key_marker, &input.upload_id_marker) {
        // All uploads of the key of the marker have been listed, unless it says of which one it speaks.
        (Some(key), None) => Some((object_key(&input.bucket, key), u64::MAX)),
        (Some(key), Some(id)) => Some((object_key(&input.bucket, key), from_id(id)?)),
        (None, _) => None,
    };
    let bucket = input.bucket.clone();
    let (uploads, is_truncated) = store
        .read(move |snapshot| {
            snapshot.require_bucket(&bucket)?;
            let in_bucket = object_key(&bucket, "").len();
            let first = object_key(&bucket, &prefix);
            let start = match &after {
                Some((key, upload)) if *key >= first => Bound::Excluded((key.as_slice(), *upload)),
                _ => Bound::Included((first.as_slice(), 0)),
            };
            let mut uploads = Vec::new();
            for entry in snapshot.uploads()?.range::<(&[u8], u64)>((start, Bound::Unbounded))? {
                let (key, value) = entry?;
                let (key, upload) = key.value();
                if !key.starts_with(&first) {
                    break;
                }
                if uploads.len() >= limit {
                    return Ok((uploads, limit > 0));
                }
                let name = String::from_utf8_lossy(&key[in_bucket..]).into_owned();
                uploads.push((name, upload, UploadRecord::from_bytes(value.value())?.started));
            }
            Ok((uploads, false))
        })
        .await?;
    let encode = encoder(input.encoding_type.as_ref());
    let last = uploads.last().filter(|_| is_truncated);
    let next = last.map(|(key, upload, _)| (encode(key.clone()), to_id(*upload)));
    let (next_key_marker, next_upload_id_marker) = next.unzip();
    let uploads = uploads.into_iter().map(|(key, upload, started)| MultipartUpload {
        key: Some(encode(key)),
        upload_id: Some(to_id(upload)),
        initiated: Some(time(started)),
        ..MultipartUpload::default()
    });
    Ok(S3Response::new(ListMultipartUploadsOutput {
        uploads: Some(uploads.collect()),
        bucket: Some(input.bucket),
        prefix: input.prefix.map(&encode),
        key_marker: input.key_marker.map(&encode),
        upload_id_marker: input.upload_id_marker,
        next_key_marker,
        next_upload_id_marker,
        max_uploads: i32::try_from(limit).ok(),
        is_truncated: Some(is_truncated),
        encoding_type: input.encoding_type,
        ..ListMultipartUploadsOutput::default()
    }))
}

/// Sixteen digits, so that ids sort by when they were drawn, as S3 lists them.
fn to_id(upload: u64) -> String {
    format!("{upload:016x}")
}

fn from_id(id: &str) -> Result<u64, StoreError> {
    let upload = u64::from_str_radix(id, 16).ok().filter(|upload| to_id(*upload) == id);
    upload.ok_or(StoreError::NoSuchUpload)
}

#[cfg(test)]
mod fuzz;
