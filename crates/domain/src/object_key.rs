//! Where every object lies: the one place that spells and reads keys.
//!
//! ```text
//! {prefix}/.segue
//! {prefix}/{user_id}/{upload_id}/source.{ext}
//! {prefix}/{user_id}/{upload_id}/{tree}/master.m3u8
//! {prefix}/{user_id}/{upload_id}/{tree}/{rung}/playlist.m3u8
//! {prefix}/{user_id}/{upload_id}/{tree}/{rung}/segment_000.ts
//! ```

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

use crate::{Rung, SourceType, TreeName, UploadId, UserId};

/// The name of the multivariant playlist within a tree.
pub const MASTER: &str = "master.m3u8";
/// The name of a media playlist within the folder of its rendition.
pub const MEDIA_PLAYLIST: &str = "playlist.m3u8";

const MARKER: &str = ".segue";
const LONGEST_PREFIX: usize = 200;
/// 12 hours in segments of one second are 43,200.
pub(crate) const MAX_SEGMENT: u32 = 99_999;

/// The folder in the bucket that everything of one deployment lies under, without slashes at its ends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyPrefix(String);

/// Not usable as a prefix.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "{0:?} is no prefix for object keys: use names of letters, digits, `-`, `_` and single `.` with single slashes \
     between them, at most {LONGEST_PREFIX} characters, as in `uploads` or `media/segue`"
)]
pub struct BadPrefix(String);

/// An object that is ours.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ObjectKey {
    /// Names the database that this prefix belongs to.
    Marker,
    /// What was uploaded.
    Source {
        /// Whose.
        user: UserId,
        /// Of which upload.
        upload: UploadId,
        /// The kind of file that its name claims.
        source_type: SourceType,
    },
    /// What an attempt made.
    Tree {
        /// Whose.
        user: UserId,
        /// Of which upload.
        upload: UploadId,
        /// Of which attempt.
        tree: TreeName,
        /// Which file of the tree.
        file: TreeFile,
    },
}

/// A file of a tree. Its text is its path within the tree: `64k/segment_000.ts`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum TreeFile {
    /// The multivariant playlist.
    Master,
    /// The media playlist of a rendition.
    Playlist(Rung),
    /// A segment of a rendition, counted from 0.
    Segment(Rung, u32),
}

/// Not the name of a file that a tree may hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a tree holds master.m3u8, 64k/playlist.m3u8, 64k/segment_000.ts and their like, and nothing else")]
pub struct NotInTree;

impl KeyPrefix {
    /// The key of an object.
    #[must_use]
    pub fn key(&self, object: &ObjectKey) -> String {
        match object {
            ObjectKey::Marker => format!("{self}/{MARKER}"),
            ObjectKey::Source {
                user,
                upload,
                source_type,
            } => format!("{}source.{source_type}", self.of_upload(*user, *upload)),
            ObjectKey::Tree {
                user,
                upload,
                tree,
                file,
            } => format!("{}{file}", self.of_tree(*user, *upload, tree)),
        }
    }

    /// What the keys of all uploads begin with, ending in `/`.
    #[must_use]
    pub fn of_all(&self) -> String {
        format!("{self}/")
    }

    /// What the keys of everything of one upload begin with, ending in `/` so that no other upload's match.
    #[must_use]
    pub fn of_upload(&self, user: UserId, upload: UploadId) -> String {
        format!("{self}/{user}/{upload}/")
    }

    /// What the keys of one tree begin with, ending in `/`.
    #[must_use]
    pub fn of_tree(&self, user: UserId, upload: UploadId, tree: &TreeName) -> String {
        format!("{self}/{user}/{upload}/{tree}/")
    }

    /// Reads a key. `None`: it is not spelled as we spell, so it is nobody's.
    #[must_use]
    pub fn parse(&self, key: &str) -> Option<ObjectKey> {
        let rest = key.strip_prefix(&self.0)?.strip_prefix('/')?;
        if rest == MARKER {
            return Some(ObjectKey::Marker);
        }
        let (user, rest) = rest.split_once('/')?;
        let (upload, rest) = rest.split_once('/')?;
        let (user, upload) = (user.parse().ok()?, upload.parse().ok()?);
        if let Some((tree, file)) = rest.split_once('/') {
            return Some(ObjectKey::Tree {
                user,
                upload,
                tree: tree.parse().ok()?,
                file: file.parse().ok()?,
            });
        }
        let source_type = rest.strip_prefix("source.")?.parse().ok()?;
        Some(ObjectKey::Source {
            user,
            upload,
            source_type,
        })
    }
}

impl fmt::Display for KeyPrefix {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for KeyPrefix {
    type Err = BadPrefix;

    fn from_str(text: &str) -> Result<Self, BadPrefix> {
        let is_name = |name: &str| {
            let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
            !name.is_empty() && name != "." && !name.contains("..") && name.bytes().all(plain)
        };
        if text.len() <= LONGEST_PREFIX && text.split('/').all(is_name) {
            Ok(Self(text.into()))
        } else {
            Err(BadPrefix(text.chars().take(LONGEST_PREFIX).collect()))
        }
    }
}

impl TreeFile {
    /// What browsers and players are told that it is.
    #[must_use]
    pub fn content_type(self) -> &'static str {
        match self {
            TreeFile::Master | TreeFile::Playlist(_) => "application/vnd.apple.mpegurl",
            TreeFile::Segment(..) => "video/mp2t",
        }
    }
}

impl fmt::Display for TreeFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            TreeFile::Master => f.write_str(MASTER),
            TreeFile::Playlist(rung) => write!(f, "{rung}/{MEDIA_PLAYLIST}"),
            TreeFile::Segment(rung, index) => write!(f, "{rung}/segment_{index:03}.ts"),
        }
    }
}

impl FromStr for TreeFile {
    type Err = NotInTree;

    fn from_str(text: &str) -> Result<Self, NotInTree> {
        if text == MASTER {
            return Ok(TreeFile::Master);
        }
        let (rung, name) = text.split_once('/').ok_or(NotInTree)?;
        let rung = rung.parse().map_err(|_| NotInTree)?;
        if name == MEDIA_PLAYLIST {
            return Ok(TreeFile::Playlist(rung));
        }
        let digits = name.strip_prefix("segment_").and_then(|rest| rest.strip_suffix(".ts"));
        let index = digits.and_then(|digits| digits.parse().ok()).ok_or(NotInTree)?;
        let file = TreeFile::Segment(rung, index);
        // `segment_0000.ts` and `segment_+01.ts` parse as numbers, but are not how we spell.
        if index <= MAX_SEGMENT && file.to_string() == text {
            Ok(file)
        } else {
            Err(NotInTree)
        }
    }
}

impl TryFrom<String> for TreeFile {
    type Error = NotInTree;

    fn try_from(text: String) -> Result<Self, NotInTree> {
        text.parse()
    }
}

impl From<TreeFile> for String {
    fn from(file: TreeFile) -> Self {
        file.to_string()
    }
}

#[cfg(test)]
mod fuzz;

#[cfg(test)]
mod tests {
    use super::*;

    const USER: &str = "018bcfe5-6800-7fff-bfff-ffffffffffff";
    const UPLOAD: &str = "018bcfe5-6801-7000-8000-000000000000";

    fn prefix() -> KeyPrefix {
        "uploads".parse().unwrap()
    }

    #[test]
    fn keys_are_read_as_they_are_written() {
        let base = format!("uploads/{USER}/{UPLOAD}/");
        for key in [
            "uploads/.segue".to_owned(),
            format!("{base}source.mp3"),
            format!("{base}k3v9x0q2m4n6b8c1/master.m3u8"),
            format!("{base}k3v9x0q2m4n6b8c1/64k/playlist.m3u8"),
            format!("{base}k3v9x0q2m4n6b8c1/256k/segment_000.ts"),
            format!("{base}k3v9x0q2m4n6b8c1/256k/segment_7199.ts"),
        ] {
            let object = prefix().parse(&key).unwrap_or_else(|| panic!("{key}"));
            assert_eq!(prefix().key(&object), key);
        }
    }

    #[test]
    fn what_is_not_spelled_so_is_nobodys() {
        let base = format!("uploads/{USER}/{UPLOAD}");
        for key in [
            String::new(),
            "uploads".into(),
            "uploads/".into(),
            "/uploads/.segue".into(),
            "uploads//.segue".into(),
            "other/.segue".into(),
            format!("uploads2/{USER}/{UPLOAD}/source.mp3"),
            format!("uploads/{}/{UPLOAD}/source.mp3", USER.to_uppercase()),
            base.clone(),
            format!("{base}/"),
            format!("{base}/source.exe"),
            format!("{base}/source."),
            format!("{base}/source.mp3/"),
            format!("{base}/source.MP3"),
            format!("{base}/../{UPLOAD}/source.mp3"),
            format!("{base}/k3v9x0q2m4n6b8c1"),
            format!("{base}/k3v9x0q2m4n6b8c1/"),
            format!("{base}/k3v9x0q2m4n6b8c1/other.m3u8"),
            format!("{base}/K3V9X0Q2M4N6B8C1/master.m3u8"),
            format!("{base}/../master.m3u8"),
            format!("{base}/k3v9x0q2m4n6b8c1/064k/playlist.m3u8"),
            format!("{base}/k3v9x0q2m4n6b8c1/64k/segment_0000.ts"),
            format!("{base}/k3v9x0q2m4n6b8c1/64k/segment_1.ts"),
            format!("{base}/k3v9x0q2m4n6b8c1/64k/segment_+01.ts"),
            format!("{base}/k3v9x0q2m4n6b8c1/64k/segment_100000.ts"),
            format!("{base}/k3v9x0q2m4n6b8c1/64k/segment_000.ts\n"),
        ] {
            assert_eq!(prefix().parse(&key), None, "{key}");
        }
    }

    #[test]
    fn a_prefix_is_made_of_plain_names() {
        for good in ["uploads", "media/segue", "a.b-c_d/.x"] {
            assert_eq!(good.parse::<KeyPrefix>().unwrap().to_string(), good);
        }
        for bad in [
            "", "/", "a/", "/a", "a//b", "..", "a/../b", "a..b", "...", ".", "a b", "ü", "a\n",
        ] {
            assert!(bad.parse::<KeyPrefix>().is_err(), "{bad:?}");
        }
        assert!("a".repeat(LONGEST_PREFIX + 1).parse::<KeyPrefix>().is_err());
    }

    #[test]
    fn prefixes_of_uploads_and_trees_end_in_a_slash() {
        let (user, upload) = (USER.parse().unwrap(), UPLOAD.parse().unwrap());
        let tree = "k3v9x0q2m4n6b8c1".parse().unwrap();
        assert_eq!(prefix().of_upload(user, upload), format!("uploads/{USER}/{UPLOAD}/"));
        let of_tree = prefix().of_tree(user, upload, &tree);
        assert_eq!(of_tree, format!("uploads/{USER}/{UPLOAD}/k3v9x0q2m4n6b8c1/"));
    }
}
