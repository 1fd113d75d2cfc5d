//! Receiving bytes: streaming them to a file, and holding them to every checksum that came with them.

use std::{sync::Arc, time::Duration};

use futures_util::StreamExt;
use hyper::{HeaderMap, body::Bytes};
use s3s::{
    S3Error, S3ErrorCode, S3Request, S3Response, S3Result, StdError, TrailingHeaders,
    checksum::ChecksumHasher,
    crypto::{Checksum as _, Md5},
    dto::{Checksum, PutObjectInput, PutObjectOutput, StreamingBlob},
    s3_error,
};
use tokio::task::{JoinHandle, spawn_blocking};

use super::{
    change::{self, Condition},
    error::StoreError,
    payload::{Files, PayloadFile},
    reading::CHUNK,
    record::{Etag, Headers, ObjectRecord, Payload},
    s3::etag,
    store::Store,
};

/// S3's limit for one PUT or part.
const LARGEST: u64 = 5 << 30;
/// The default of S3 for what has no type.
const NO_TYPE: &str = "application/octet-stream";
/// A body may pause for so long.
pub(super) const IDLE: Duration = Duration::from_mins(1);
/// Marks the error of a body that paused for longer; `s3s` hands it on as text.
pub(super) const IDLE_MESSAGE: &str = "the body made no progress for a minute";

/// Bytes that arrived whole and are on the disk.
pub(super) struct Received {
    pub(super) payload: PayloadFile,
    pub(super) size: u64,
    pub(super) md5: [u8; 16],
    /// Those that were asked for.
    pub(super) checksum: Checksum,
}

/// What the bytes must add up to.
pub(super) struct Expected {
    pub(super) length: Option<i64>,
    /// Base64.
    pub(super) md5: Option<String>,
    /// Base64.
    pub(super) checksum: Checksum,
    /// Checksums that follow the body.
    pub(super) trailers: Option<TrailingHeaders>,
    /// The `x-amz-trailer` header.
    pub(super) announced: Option<String>,
}

pub(super) async fn put_object(
    store: &Store,
    request: S3Request<PutObjectInput>,
) -> S3Result<S3Response<PutObjectOutput>> {
    let announced = announced_trailer(&request.headers);
    let input = request.input;
    refuse_foreign_keys(input.sse_customer_algorithm.is_some() || input.ssekms_key_id.is_some())?;
    let expected = Expected {
        length: input.content_length,
        md5: input.content_md5,
        checksum: Checksum {
            checksum_crc32: input.checksum_crc32,
            checksum_crc32c: input.checksum_crc32c,
            checksum_crc64nvme: input.checksum_crc64nvme,
            checksum_sha1: input.checksum_sha1,
            checksum_sha256: input.checksum_sha256,
            ..Checksum::default()
        },
        trailers: request.trailing_headers,
        announced,
    };
    let received = receive(&store.files, input.body, expected).await?;
    let object = ObjectRecord {
        payload: Payload::File(received.payload.number()),
        size: received.size,
        etag: Etag {
            md5: received.md5,
            parts: 0,
        },
        modified: domain::Timestamp::from_millis(0),
        headers: Headers {
            content_type: Some(input.content_type.unwrap_or_else(|| NO_TYPE.into())),
            cache_control: input.cache_control,
            content_disposition: input.content_disposition,
            content_encoding: input.content_encoding,
            content_language: input.content_language,
            metadata: input.metadata.unwrap_or_default().into_iter().collect(),
        },
    };
    let condition = Condition {
        if_match: input.if_match,
        if_none_match: input.if_none_match,
    };
    let whole = object.etag;
    let change = move |tables: &mut change::Tables<'_>| {
        change::put_object(tables, &input.bucket, &input.key, object, &condition)
    };
    store.committer.commit(Some(received.payload), change).await?;
    Ok(S3Response::new(PutObjectOutput {
        e_tag: Some(etag(whole)),
        checksum_crc32: received.checksum.checksum_crc32,
        checksum_crc32c: received.checksum.checksum_crc32c,
        checksum_crc64nvme: received.checksum.checksum_crc64nvme,
        checksum_sha1: received.checksum.checksum_sha1,
        checksum_sha256: received.checksum.checksum_sha256,
        ..PutObjectOutput::default()
    }))
}

/// To ignore a key that somebody wants their object encrypted with would be to lie.
pub(super) fn refuse_foreign_keys(asked: bool) -> S3Result<()> {
    if asked {
        return Err(s3_error!(NotImplemented, "this object store does not encrypt"));
    }
    Ok(())
}

pub(super) fn announced_trailer(headers: &HeaderMap) -> Option<String> {
    Some(headers.get("x-amz-trailer")?.to_str().ok()?.to_ascii_lowercase())
}

/// Streams a body into a new file. At most two chunks are in memory: one being written, one arriving.
pub(super) async fn receive(files: &Arc<Files>, body: Option<StreamingBlob>, expected: Expected) -> S3Result<Received> {
    let length = expected.length.and_then(|length| u64::try_from(length).ok());
    let Some(length) = length else {
        return Err(s3_error!(MissingContentLength, "a PUT says how long its body is"));
    };
    if length > LARGEST {
        return Err(s3_error!(
            EntityTooLarge,
            "a PUT or part has at most 5 GiB; upload in parts"
        ));
    }
    let mut writing = Writing::Not {
        files: Arc::clone(files),
        length,
        hasher: Box::new(expected.hasher()),
    };
    let mut gathered = Vec::new();
    let mut size = 0;
    if let Some(mut body) = body {
        while let Some(bytes) = body.next().await {
            let bytes: Bytes = bytes.map_err(|error| broken_body(&error))?;
            size += bytes.len() as u64;
            if size > length {
                return Err(s3_error!(IncompleteBody, "the body is longer than its Content-Length"));
            }
            gathered.extend_from_slice(&bytes);
            if gathered.len() >= CHUNK {
                writing = writing.write(std::mem::take(&mut gathered)).await?;
                gathered.reserve(CHUNK);
            }
        }
    }
    if size < length {
        return Err(s3_error!(IncompleteBody, "the body is shorter than its Content-Length"));
    }
    let next = writing.writer().await?;
    let finished = spawn_blocking(move || {
        let mut writer = next.open()?;
        writer.write(&gathered)?;
        // Before the fsync: what is wrong need not be durable.
        let (md5, checksum) = (writer.md5.finalize(), writer.hasher.finalize());
        expected.check(md5, &checksum)?;
        writer.payload.sync().map_err(StoreError::from)?;
        Ok(Received {
            payload: writer.payload,
            size,
            md5,
            checksum,
        })
    });
    finished.await.map_err(|_| StoreError::Closed)?
}

impl Expected {
    /// Computes what was announced, before the body or behind it.
    fn hasher(&self) -> ChecksumHasher {
        let announced = |name: &str| self.announced.as_deref() == Some(name);
        let Checksum {
            checksum_crc32,
            checksum_crc32c,
            checksum_crc64nvme,
            checksum_sha1,
            checksum_sha256,
            ..
        } = &self.checksum;
        ChecksumHasher {
            crc32: (checksum_crc32.is_some() || announced("x-amz-checksum-crc32")).then(Default::default),
            crc32c: (checksum_crc32c.is_some() || announced("x-amz-checksum-crc32c")).then(Default::default),
            sha1: (checksum_sha1.is_some() || announced("x-amz-checksum-sha1")).then(s3s::crypto::Sha1::new),
            sha256: (checksum_sha256.is_some() || announced("x-amz-checksum-sha256")).then(s3s::crypto::Sha256::new),
            crc64nvme: (checksum_crc64nvme.is_some() || announced("x-amz-checksum-crc64nvme")).then(Default::default),
        }
    }

    fn check(&self, md5: [u8; 16], computed: &Checksum) -> S3Result<()> {
        if let Some(expected) = &self.md5 {
            let decoded = base64_simd::STANDARD.decode_to_vec(expected);
            match decoded.ok().filter(|decoded| decoded.len() == md5.len()) {
                None => return Err(s3_error!(InvalidDigest, "Content-MD5 is not the Base64 of an MD5")),
                Some(decoded) if decoded != md5 => return Err(bad_digest("Content-MD5")),
                Some(_) => {}
            }
        }
        let trailer = |name: &str| {
            let value = |headers: &HeaderMap| headers.get(name)?.to_str().ok().map(str::to_owned);
            self.trailers.as_ref()?.read(value)?
        };
        let pairs = [
            (
                "x-amz-checksum-crc32",
                &self.checksum.checksum_crc32,
                &computed.checksum_crc32,
            ),
            (
                "x-amz-checksum-crc32c",
                &self.checksum.checksum_crc32c,
                &computed.checksum_crc32c,
            ),
            (
                "x-amz-checksum-crc64nvme",
                &self.checksum.checksum_crc64nvme,
                &computed.checksum_crc64nvme,
            ),
            (
                "x-amz-checksum-sha1",
                &self.checksum.checksum_sha1,
                &computed.checksum_sha1,
            ),
            (
                "x-amz-checksum-sha256",
                &self.checksum.checksum_sha256,
                &computed.checksum_sha256,
            ),
        ];
        for (name, before, computed) in pairs {
            let Some(computed) = computed else { continue };
            let expected = before.clone().or_else(|| trailer(name));
            match expected {
                None => return Err(s3_error!(InvalidRequest, "{name} was announced but did not come")),
                Some(expected) if expected != *computed => return Err(bad_digest(name)),
                Some(_) => {}
            }
        }
        Ok(())
    }
}

fn bad_digest(name: &str) -> S3Error {
    s3_error!(BadDigest, "the body is not what {name} says")
}

/// `s3s` checks the hash and the signatures of chunks while it streams, and its error types are its own.
fn broken_body(error: &StdError) -> S3Error {
    let text = error.to_string();
    if text.contains("Sha256Mismatch") {
        let code = S3ErrorCode::Custom("XAmzContentSHA256Mismatch".into());
        let mut error = S3Error::with_message(code, "the body is not what x-amz-content-sha256 says");
        error.set_status_code(hyper::StatusCode::BAD_REQUEST);
        error
    } else if text.contains("SignatureMismatch") {
        s3_error!(
            SignatureDoesNotMatch,
            "a chunk of the body is not what its signature says"
        )
    } else if text.contains(IDLE_MESSAGE) {
        s3_error!(RequestTimeout, "{IDLE_MESSAGE}")
    } else {
        s3_error!(IncompleteBody, "the body broke off")
    }
}

struct Writer {
    payload: PayloadFile,
    md5: Md5,
    hasher: ChecksumHasher,
}

impl Writer {
    fn write(&mut self, bytes: &[u8]) -> Result<(), StoreError> {
        self.md5.update(bytes);
        self.hasher.update(bytes);
        Ok(self.payload.write(bytes)?)
    }
}

/// The file is made with the first chunk, on a blocking thread, and handed from chunk to chunk.
enum Writing {
    Not {
        files: Arc<Files>,
        length: u64,
        hasher: Box<ChecksumHasher>,
    },
    Under(JoinHandle<Result<Writer, StoreError>>),
}

/// Where the next bytes go.
enum NextWriter {
    New {
        files: Arc<Files>,
        length: u64,
        hasher: Box<ChecksumHasher>,
    },
    Open(Box<Writer>),
}

impl NextWriter {
    /// Blocks.
    fn open(self) -> Result<Writer, StoreError> {
        match self {
            Self::Open(writer) => Ok(*writer),
            Self::New { files, length, hasher } => Ok(Writer {
                payload: files.create(length)?,
                md5: Md5::new(),
                hasher: *hasher,
            }),
        }
    }
}

impl Writing {
    /// Waits for the chunk before, and starts on the next.
    async fn write(self, bytes: Vec<u8>) -> Result<Self, StoreError> {
        let next = self.writer().await?;
        Ok(Self::Under(spawn_blocking(move || {
            let mut writer = next.open()?;
            writer.write(&bytes)?;
            Ok(writer)
        })))
    }

    async fn writer(self) -> Result<NextWriter, StoreError> {
        match self {
            Self::Not { files, length, hasher } => Ok(NextWriter::New { files, length, hasher }),
            Self::Under(handle) => {
                let writer = handle.await.map_err(|_| StoreError::Closed)??;
                Ok(NextWriter::Open(Box::new(writer)))
            }
        }
    }
}
