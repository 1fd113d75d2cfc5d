//! Uploads in parts.

use aws_sdk_s3::types::{CompletedMultipartUpload, CompletedPart};
use domain::Timestamp;

use crate::{
    Bucket, ObjectError,
    bucket::{size, timestamp},
    key,
};

/// S3's limit.
const MOST_PARTS: usize = 10_000;

/// A part that the bucket holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part {
    /// 1 to 10,000.
    pub number: u16,
    /// As the server spells it, quotation marks included.
    pub etag: String,
    /// In bytes.
    pub size: u64,
}

/// A multipart upload that was neither completed nor aborted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unfinished {
    /// The object that it is to become.
    pub key: String,
    /// What the server calls it.
    pub upload_id: String,
    /// When it was begun.
    pub initiated: Timestamp,
}

/// Where the next page of unfinished uploads begins.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnfinishedCursor {
    key: String,
    upload_id: Option<String>,
}

/// A page of unfinished uploads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnfinishedPage {
    /// In the order of their keys.
    pub uploads: Vec<Unfinished>,
    /// Where the next page begins; `None`: this was the last.
    pub next: Option<UnfinishedCursor>,
}

impl Bucket {
    /// Begins a multipart upload, and says what the server calls it.
    pub async fn create_multipart(&self, key: &str, content_type: &str) -> Result<String, ObjectError> {
        key::check(key)?;
        let request = self.client.create_multipart_upload().bucket(&*self.name).key(key);
        let answer = request.content_type(content_type).send().await?;
        answer.upload_id.ok_or(ObjectError::incomplete("an upload id"))
    }

    /// All parts that the bucket holds, in ascending order.
    pub async fn list_parts(&self, key: &str, upload_id: &str) -> Result<Vec<Part>, ObjectError> {
        key::check(key)?;
        let mut parts: Vec<Part> = Vec::new();
        let mut marker = None;
        loop {
            let request = self
                .client
                .list_parts()
                .bucket(&*self.name)
                .key(key)
                .upload_id(upload_id);
            let page = request.set_part_number_marker(marker).send().await?;
            for part in page.parts() {
                let number = part.part_number.and_then(|number| u16::try_from(number).ok());
                // Ascending numbers also end a listing that repeats itself.
                let number = number.filter(|number| parts.last().is_none_or(|last| last.number < *number));
                parts.push(Part {
                    number: number.ok_or(ObjectError::incomplete("a part number that is higher than the last"))?,
                    etag: part.e_tag.clone().ok_or(ObjectError::incomplete("an ETag"))?,
                    size: size(part.size)?,
                });
            }
            if page.is_truncated != Some(true) {
                return Ok(parts);
            }
            if parts.len() >= MOST_PARTS || page.parts().is_empty() {
                return Err(ObjectError::incomplete("an end to the list of parts"));
            }
            marker = page.next_part_number_marker;
        }
    }

    /// Makes the object of its parts, each by number and `ETag` in ascending order, and says the object's `ETag`.
    /// [`ObjectError::NoSuchUpload`] may mean that it was done
    /// before: look for the object.
    pub async fn complete_multipart(
        &self,
        key: &str,
        upload_id: &str,
        parts: &[(u16, String)],
    ) -> Result<String, ObjectError> {
        key::check(key)?;
        if parts.is_empty() {
            return Err(ObjectError::Misuse("an object is made of at least one part"));
        }
        let parts = parts.iter().map(|(number, etag)| {
            let part = CompletedPart::builder().part_number(i32::from(*number));
            part.e_tag(etag).build()
        });
        let parts = CompletedMultipartUpload::builder().set_parts(Some(parts.collect()));
        let request = self.client.complete_multipart_upload().bucket(&*self.name).key(key);
        let request = request.upload_id(upload_id).multipart_upload(parts.build());
        let answer = request.send().await?;
        answer.e_tag.ok_or(ObjectError::incomplete("an ETag"))
    }

    /// Drops a multipart upload with its parts. One that is not there is [`ObjectError::NoSuchUpload`].
    pub async fn abort_multipart(&self, key: &str, upload_id: &str) -> Result<(), ObjectError> {
        key::check(key)?;
        let request = self.client.abort_multipart_upload().bucket(&*self.name).key(key);
        request.upload_id(upload_id).send().await?;
        Ok(())
    }

    /// A page of the multipart uploads that were neither completed nor aborted and whose keys begin with `prefix`.
    pub async fn list_multipart(
        &self,
        prefix: &str,
        from: Option<UnfinishedCursor>,
    ) -> Result<UnfinishedPage, ObjectError> {
        key::check_prefix(prefix)?;
        let request = self.client.list_multipart_uploads().bucket(&*self.name).prefix(prefix);
        let request = match from {
            Some(UnfinishedCursor { key, upload_id }) => request.key_marker(key).set_upload_id_marker(upload_id),
            None => request,
        };
        let answer = request.send().await?;
        let next = if answer.is_truncated == Some(true) {
            Some(UnfinishedCursor {
                key: answer.next_key_marker.ok_or(ObjectError::incomplete("a marker"))?,
                upload_id: answer.next_upload_id_marker,
            })
        } else {
            None
        };
        let uploads = answer.uploads.unwrap_or_default().into_iter().map(|upload| {
            Ok(Unfinished {
                key: upload.key.ok_or(ObjectError::incomplete("a key"))?,
                upload_id: upload.upload_id.ok_or(ObjectError::incomplete("an upload id"))?,
                initiated: timestamp(upload.initiated)?,
            })
        });
        Ok(UnfinishedPage {
            uploads: uploads.collect::<Result<_, ObjectError>>()?,
            next,
        })
    }
}
