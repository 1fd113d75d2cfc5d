//! Listing by prefix, a page at a time.

use domain::Timestamp;

use crate::{
    Bucket, ObjectError,
    bucket::{size, timestamp},
    key,
};

/// An object as a listing shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    /// Its whole key, prefix included.
    pub key: String,
    /// In bytes.
    pub size: u64,
    /// As the server spells it, if it says so.
    pub etag: Option<String>,
    /// When it was written.
    pub last_modified: Timestamp,
}

/// Where a page begins.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum ListFrom {
    /// At the first key with the prefix.
    #[default]
    Start,
    /// After this key, which need not exist: how to resume tomorrow.
    After(String),
    /// Where the page before ended.
    Next(Cursor),
}

/// Where a page ended, in the server's own words: good for this server, and not for long.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cursor(String);

/// A page of a listing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListPage {
    /// In the order of the bytes of their keys.
    pub objects: Vec<Listed>,
    /// Where the next page begins; `None`: this was the last.
    pub next: Option<Cursor>,
}

impl Bucket {
    /// At most `max` objects (and at most 1,000) whose keys begin with exactly `prefix`. Folders mean nothing here: to
    /// list one, end the prefix in a slash, or `a` lists `ab/` as well.
    pub async fn list(&self, prefix: &str, from: ListFrom, max: u16) -> Result<ListPage, ObjectError> {
        key::check_prefix(prefix)?;
        let request = self.client.list_objects_v2().bucket(&*self.name).prefix(prefix);
        let request = request.max_keys(i32::from(max.clamp(1, 1000)));
        let request = match from {
            ListFrom::Start => request,
            ListFrom::After(key) => request.start_after(key),
            ListFrom::Next(Cursor(token)) => request.continuation_token(token),
        };
        let answer = request.send().await?;
        let next = if answer.is_truncated == Some(true) {
            let token = answer.next_continuation_token;
            Some(Cursor(token.ok_or(ObjectError::incomplete("a continuation token"))?))
        } else {
            None
        };
        let objects = answer.contents.unwrap_or_default().into_iter().map(|object| {
            Ok(Listed {
                key: object.key.ok_or(ObjectError::incomplete("a key"))?,
                size: size(object.size)?,
                etag: object.e_tag,
                last_modified: timestamp(object.last_modified)?,
            })
        });
        Ok(ListPage {
            objects: objects.collect::<Result<_, ObjectError>>()?,
            next,
        })
    }
}
