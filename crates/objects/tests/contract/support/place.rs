//! A test's own place on a server.

use bytes::Bytes;
use domain::Timestamp;
use objects::{Audience, Bucket, BucketSettings, ListFrom, ListPage, Listed, PresignedPut, Signing};

use crate::support::clock::{MINUTE, now};

/// What a server can do. Everything that differs between the servers is here and nowhere else.
#[derive(Clone, Copy)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each stands for one thing that a server does or does not do"
)]
pub(crate) struct Capabilities {
    /// Looks at signatures at all. Otherwise everything is allowed to everybody.
    pub(crate) checks_signatures: bool,
    /// What an expired URL is answered with, where signatures are looked at.
    pub(crate) expired_status: u16,
    /// Stores nothing of a body that breaks off.
    pub(crate) refuses_broken_bodies: bool,
    /// Honours `If-None-Match: *` on PUT.
    pub(crate) writes_once: bool,
    /// Its list of parts can be read by the SDK.
    pub(crate) lists_parts: bool,
    /// Says `NoSuchUpload` of a part or a Complete for an upload that was aborted, rather than failing.
    pub(crate) knows_what_is_gone: bool,
    /// Refuses parts under 5 MiB that are not the last.
    pub(crate) refuses_small_parts: bool,
    /// Refuses parts that stand out of order in Complete.
    pub(crate) refuses_disorder: bool,
    /// Lists at most a thousand unfinished uploads at once.
    pub(crate) pages_unfinished_uploads: bool,
}

/// A bucket, with a folder in it that belongs to one test.
pub(crate) struct Place {
    pub(crate) bucket: Bucket,
    pub(crate) settings: BucketSettings,
    pub(crate) can: Capabilities,
    folder: &'static str,
}

impl Place {
    pub(crate) fn new(settings: BucketSettings, can: Capabilities, folder: &'static str) -> Self {
        let bucket = Bucket::new(settings.clone()).expect("good settings");
        Self {
            bucket,
            settings,
            can,
            folder,
        }
    }

    pub(crate) fn key(&self, name: &str) -> String {
        format!("{}/{name}", self.folder)
    }

    /// The same place, as seen with other settings.
    pub(crate) fn with(&self, change: impl FnOnce(&mut BucketSettings)) -> Bucket {
        let mut settings = self.settings.clone();
        change(&mut settings);
        Bucket::new(settings).expect("good settings")
    }

    /// Writes a text file and says its `ETag`.
    pub(crate) async fn put(&self, key: &str, content: impl Into<Bytes>) -> String {
        let put = self.bucket.put_small(key, content.into(), "text/plain", None).await;
        put.expect("the object is written")
    }

    pub(crate) async fn content(&self, key: &str) -> Bytes {
        self.bucket.get_small(key, u64::MAX).await.expect("the object is read")
    }

    /// All that lies under a prefix of this place.
    pub(crate) async fn listed(&self, prefix: &str) -> Vec<Listed> {
        let prefix = self.key(prefix);
        let mut all = Vec::new();
        let mut from = ListFrom::Start;
        loop {
            let ListPage { objects, next } = self.bucket.list(&prefix, from, 1000).await.expect("a page");
            all.extend(objects);
            match next {
                Some(cursor) => from = ListFrom::Next(cursor),
                None => return all,
            }
        }
    }

    pub(crate) async fn keys(&self, prefix: &str) -> Vec<String> {
        let listed = self.listed(prefix).await;
        listed.into_iter().map(|object| object.key).collect()
    }
}

/// For us, from now on, for ten minutes.
pub(crate) fn signing() -> Signing<'static> {
    Signing {
        audience: Audience::Workers,
        from: now(),
        lifetime: 10 * MINUTE,
    }
}

/// Expired since 50 minutes.
pub(crate) fn expired() -> Signing<'static> {
    Signing {
        from: Timestamp::from_millis(now().as_millis()) - 60 * MINUTE,
        ..signing()
    }
}

/// A text file of a certain length.
pub(crate) fn text(content_length: usize) -> PresignedPut<'static> {
    PresignedPut {
        content_type: "text/plain",
        content_length: content_length.try_into().expect("a length"),
        cache_control: None,
        write_once: false,
    }
}

/// Bytes that are the same nowhere else, so that parts and ranges that were mixed up show.
pub(crate) fn noise(seed: u64, length: usize) -> Vec<u8> {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    let mut bytes = Vec::with_capacity(length + 8);
    while bytes.len() < length {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        bytes.extend(state.to_le_bytes());
    }
    bytes.truncate(length);
    bytes
}
