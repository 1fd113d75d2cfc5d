//! What may be uploaded: a closed list of file name extensions.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

/// The extensions that are taken, each with its content type. What a file really is, the probe finds out.
const TYPES: [(&str, &str); 20] = [
    ("aac", "audio/aac"),
    ("ac3", "audio/ac3"),
    ("aif", "audio/aiff"),
    ("aiff", "audio/aiff"),
    ("avi", "video/x-msvideo"),
    ("caf", "audio/x-caf"),
    ("flac", "audio/flac"),
    ("m4a", "audio/mp4"),
    ("m4b", "audio/mp4"),
    ("mka", "audio/x-matroska"),
    ("mkv", "video/x-matroska"),
    ("mov", "video/quicktime"),
    ("mp3", "audio/mpeg"),
    ("mp4", "video/mp4"),
    ("oga", "audio/ogg"),
    ("ogg", "audio/ogg"),
    ("opus", "audio/ogg"),
    ("wav", "audio/wav"),
    ("webm", "video/webm"),
    ("wma", "audio/x-ms-wma"),
];

/// One of the kinds of file that may be uploaded. Its text is its extension: `mp3`.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct SourceType(&'static (&'static str, &'static str));

/// Not a kind of file that is taken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("files of this type are not taken; Segue takes {}", TYPES.map(|(extension, _)| extension).join(", "))]
pub struct NotTaken;

impl SourceType {
    /// All of them, by extension.
    pub fn all() -> impl Iterator<Item = Self> {
        TYPES.iter().map(Self)
    }

    /// By what a file is called, in upper or lower case.
    pub fn of_filename(filename: &str) -> Result<Self, NotTaken> {
        let (_, extension) = filename.rsplit_once('.').ok_or(NotTaken)?;
        extension.to_ascii_lowercase().parse()
    }

    /// The extension, without a dot.
    #[must_use]
    pub fn extension(self) -> &'static str {
        self.0.0
    }

    /// What the browser must declare it as.
    #[must_use]
    pub fn content_type(self) -> &'static str {
        self.0.1
    }
}

impl FromStr for SourceType {
    type Err = NotTaken;

    fn from_str(extension: &str) -> Result<Self, NotTaken> {
        TYPES
            .iter()
            .find(|(taken, _)| *taken == extension)
            .map(Self)
            .ok_or(NotTaken)
    }
}

impl TryFrom<String> for SourceType {
    type Error = NotTaken;

    fn try_from(text: String) -> Result<Self, NotTaken> {
        text.parse()
    }
}

impl From<SourceType> for String {
    fn from(source_type: SourceType) -> Self {
        source_type.extension().into()
    }
}

impl fmt::Display for SourceType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.extension())
    }
}

impl fmt::Debug for SourceType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.extension())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_type_comes_from_the_last_extension() {
        assert_eq!(
            SourceType::of_filename("My Song.MP3").unwrap().content_type(),
            "audio/mpeg"
        );
        assert_eq!(SourceType::of_filename("a.tar.flac").unwrap().extension(), "flac");
        for bad in ["song", "song.", "song.exe", "song.mp3 ", ".mp3/x", "playlist.m3u8"] {
            assert_eq!(SourceType::of_filename(bad), Err(NotTaken), "{bad}");
        }
        assert!(NotTaken.to_string().contains("flac"));
        assert!(SourceType::all().all(|taken| taken.extension().parse() == Ok(taken)));
    }
}
