//! Reading objects, a chunk at a time.

use aws_sdk_s3::primitives::ByteStream;
use bytes::{Bytes, BytesMut};

use crate::{Bucket, ObjectError, bucket::size, error::chain, key};

/// Which bytes of an object, as RFC 9110 section 14.1.2 has them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ByteRange {
    /// From this byte to the end.
    From(u64),
    /// From the first byte to the second, both included.
    FromTo(u64, u64),
    /// The last so many.
    Last(u64),
}

/// What to fetch of an object, and when.
#[derive(Debug, Clone, Copy, Default)]
pub struct GetOptions<'a> {
    /// Only these bytes.
    pub range: Option<ByteRange>,
    /// Only while the object still has this `ETag`; otherwise [`ObjectError::PreconditionFailed`].
    pub if_match: Option<&'a str>,
}

/// An object on its way. Dropping it ends the transfer.
#[derive(Debug)]
pub struct ObjectBody {
    /// How many bytes come: of the range, if one was asked for.
    pub length: u64,
    /// The whole object's, as the server spells it.
    pub etag: String,
    /// What it was declared as, if anything.
    pub content_type: Option<String>,
    stream: ByteStream,
}

impl ObjectBody {
    /// The next bytes; `None` after the last. A transfer that breaks off or stalls is [`ObjectError::Unavailable`].
    pub async fn chunk(&mut self) -> Result<Option<Bytes>, ObjectError> {
        let chunk = self.stream.try_next().await;
        chunk.map_err(|error| ObjectError::unavailable(&chain(&error)))
    }
}

impl Bucket {
    /// Opens an object for reading.
    pub async fn get(&self, key: &str, options: GetOptions<'_>) -> Result<ObjectBody, ObjectError> {
        key::check(key)?;
        let request = self.client.get_object().bucket(&*self.name).key(key);
        let request = request.set_range(options.range.map(header));
        let request = request.set_if_match(options.if_match.map(str::to_owned));
        let answer = request.send().await?;
        Ok(ObjectBody {
            length: size(answer.content_length)?,
            etag: answer.e_tag.ok_or(ObjectError::incomplete("an ETag"))?,
            content_type: answer.content_type,
            stream: answer.body,
        })
    }

    /// Reads a whole object of at most `limit` bytes, such as a playlist. A larger one is [`ObjectError::TooLarge`],
    /// and is not read.
    pub async fn get_small(&self, key: &str, limit: u64) -> Result<Bytes, ObjectError> {
        let mut body = self.get(key, GetOptions::default()).await?;
        if body.length > limit {
            return Err(ObjectError::TooLarge);
        }
        let mut content = BytesMut::new();
        while let Some(chunk) = body.chunk().await? {
            content.extend_from_slice(&chunk);
        }
        Ok(content.freeze())
    }
}

fn header(range: ByteRange) -> String {
    match range {
        ByteRange::From(first) => format!("bytes={first}-"),
        ByteRange::FromTo(first, last) => format!("bytes={first}-{last}"),
        ByteRange::Last(count) => format!("bytes=-{count}"),
    }
}
