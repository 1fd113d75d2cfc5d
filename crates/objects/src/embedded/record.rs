//! What the index stores for each thing, and its bytes.
//!
//! Little-endian numbers and length-prefixed text behind one version byte: a million objects are a hundred bytes each.

use std::fmt;

use domain::Timestamp;
use s3s::crypto::{Checksum, Md5};

/// The first byte of every value. Another one is a newer format, or damage.
const VERSION: u8 = 1;

/// A value of the index that does not read as what it must be.
#[derive(Debug, thiserror::Error)]
#[error("the index holds a value that is no {0}")]
pub(super) struct BadRecord(&'static str);

/// The MD5 of the bytes, or of the parts' MD5s with their number behind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Etag {
    pub(super) md5: [u8; 16],
    /// 0 for an object that was put in one piece.
    pub(super) parts: u16,
}

impl Etag {
    pub(super) fn of_parts<'a>(md5s: impl ExactSizeIterator<Item = &'a [u8; 16]>) -> Self {
        let parts = u16::try_from(md5s.len()).unwrap_or(u16::MAX);
        let mut whole = Md5::new();
        for md5 in md5s {
            whole.update(md5);
        }
        Self {
            md5: whole.finalize(),
            parts,
        }
    }
}

/// As in the header, without the quotes.
impl fmt::Display for Etag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for byte in self.md5 {
            write!(f, "{byte:02x}")?;
        }
        if self.parts > 0 {
            write!(f, "-{}", self.parts)?;
        }
        Ok(())
    }
}

/// Where the bytes of an object are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Payload {
    /// In one file.
    File(u64),
    /// In the files that the table of pieces lists under this number.
    Pieces(u64),
}

/// What was sent with an object to be sent back with it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Headers {
    pub(super) content_type: Option<String>,
    pub(super) cache_control: Option<String>,
    pub(super) content_disposition: Option<String>,
    pub(super) content_encoding: Option<String>,
    pub(super) content_language: Option<String>,
    /// `x-amz-meta-…`
    pub(super) metadata: Vec<(String, String)>,
}

/// An object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct ObjectRecord {
    pub(super) payload: Payload,
    /// In bytes.
    pub(super) size: u64,
    pub(super) etag: Etag,
    pub(super) modified: Timestamp,
    pub(super) headers: Headers,
}

/// One file of an object that was uploaded in parts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Piece {
    pub(super) file: u64,
    pub(super) size: u64,
}

/// An unfinished multipart upload.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct UploadRecord {
    pub(super) started: Timestamp,
    pub(super) headers: Headers,
}

/// A part of an unfinished multipart upload.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct PartRecord {
    pub(super) file: u64,
    pub(super) size: u64,
    pub(super) md5: [u8; 16],
    pub(super) modified: Timestamp,
}

/// What a finished multipart upload answered, kept so that a repeated Complete gets the same.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct CompletedRecord {
    pub(super) bucket: String,
    pub(super) key: String,
    pub(super) etag: Etag,
    /// Of the list of parts that was asked for.
    pub(super) asked: [u8; 16],
    pub(super) at: Timestamp,
}

/// A value of the index.
pub(super) trait Record: Sized {
    /// For errors.
    const NAME: &'static str;

    fn write(&self, to: &mut Writer);
    fn read(from: &mut Reader<'_>) -> Option<Self>;

    fn to_bytes(&self) -> Vec<u8> {
        let mut writer = Writer(vec![VERSION]);
        self.write(&mut writer);
        writer.0
    }

    fn from_bytes(bytes: &[u8]) -> Result<Self, BadRecord> {
        let parse = || {
            let mut reader = Reader(bytes);
            let [version] = reader.array()?;
            let record = (version == VERSION).then(|| Self::read(&mut reader))??;
            reader.0.is_empty().then_some(record)
        };
        parse().ok_or(BadRecord(Self::NAME))
    }
}

pub(super) struct Writer(Vec<u8>);

impl Writer {
    fn u64(&mut self, number: u64) {
        self.0.extend(number.to_le_bytes());
    }

    fn time(&mut self, time: Timestamp) {
        self.0.extend(time.as_millis().to_le_bytes());
    }

    /// No text here comes near 4 GiB: headers are at most some kilobytes.
    fn text(&mut self, text: &str) {
        let length = u32::try_from(text.len()).unwrap_or(u32::MAX);
        self.0.extend(length.to_le_bytes());
        self.0.extend(text.as_bytes());
    }

    fn etag(&mut self, etag: Etag) {
        self.0.extend(etag.md5);
        self.0.extend(etag.parts.to_le_bytes());
    }

    fn headers(&mut self, headers: &Headers) {
        let fixed = [
            &headers.content_type,
            &headers.cache_control,
            &headers.content_disposition,
            &headers.content_encoding,
            &headers.content_language,
        ];
        for (number, text) in (0_u8..).zip(fixed) {
            if let Some(text) = text {
                self.0.push(number);
                self.text(text);
            }
        }
        for (name, value) in &headers.metadata {
            self.0.push(METADATA);
            self.text(name);
            self.text(value);
        }
        self.0.push(END);
    }
}

const METADATA: u8 = 254;
const END: u8 = 255;

pub(super) struct Reader<'a>(&'a [u8]);

impl Reader<'_> {
    fn array<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (array, rest) = self.0.split_first_chunk()?;
        self.0 = rest;
        Some(*array)
    }

    fn u64(&mut self) -> Option<u64> {
        self.array().map(u64::from_le_bytes)
    }

    fn time(&mut self) -> Option<Timestamp> {
        self.array().map(i64::from_le_bytes).map(Timestamp::from_millis)
    }

    fn text(&mut self) -> Option<String> {
        let length = usize::try_from(u32::from_le_bytes(self.array()?)).ok()?;
        let (text, rest) = self.0.split_at_checked(length)?;
        self.0 = rest;
        String::from_utf8(text.to_vec()).ok()
    }

    fn etag(&mut self) -> Option<Etag> {
        Some(Etag {
            md5: self.array()?,
            parts: u16::from_le_bytes(self.array()?),
        })
    }

    fn headers(&mut self) -> Option<Headers> {
        let mut headers = Headers::default();
        loop {
            let [tag] = self.array()?;
            let text = match tag {
                0 => &mut headers.content_type,
                1 => &mut headers.cache_control,
                2 => &mut headers.content_disposition,
                3 => &mut headers.content_encoding,
                4 => &mut headers.content_language,
                METADATA => {
                    headers.metadata.push((self.text()?, self.text()?));
                    continue;
                }
                END => return Some(headers),
                _ => return None,
            };
            *text = Some(self.text()?);
        }
    }
}

impl Record for ObjectRecord {
    const NAME: &'static str = "object";

    fn write(&self, to: &mut Writer) {
        let (tag, number) = match self.payload {
            Payload::File(number) => (0, number),
            Payload::Pieces(number) => (1, number),
        };
        to.0.push(tag);
        to.u64(number);
        to.u64(self.size);
        to.etag(self.etag);
        to.time(self.modified);
        to.headers(&self.headers);
    }

    fn read(from: &mut Reader<'_>) -> Option<Self> {
        let payload = match from.array()? {
            [0] => Payload::File(from.u64()?),
            [1] => Payload::Pieces(from.u64()?),
            _ => return None,
        };
        Some(Self {
            payload,
            size: from.u64()?,
            etag: from.etag()?,
            modified: from.time()?,
            headers: from.headers()?,
        })
    }
}

impl Record for Vec<Piece> {
    const NAME: &'static str = "list of pieces";

    fn write(&self, to: &mut Writer) {
        for piece in self {
            to.u64(piece.file);
            to.u64(piece.size);
        }
    }

    fn read(from: &mut Reader<'_>) -> Option<Self> {
        let mut pieces = Vec::with_capacity(from.0.len() / 16);
        while !from.0.is_empty() {
            pieces.push(Piece {
                file: from.u64()?,
                size: from.u64()?,
            });
        }
        Some(pieces)
    }
}

impl Record for UploadRecord {
    const NAME: &'static str = "upload";

    fn write(&self, to: &mut Writer) {
        to.time(self.started);
        to.headers(&self.headers);
    }

    fn read(from: &mut Reader<'_>) -> Option<Self> {
        Some(Self {
            started: from.time()?,
            headers: from.headers()?,
        })
    }
}

impl Record for PartRecord {
    const NAME: &'static str = "part";

    fn write(&self, to: &mut Writer) {
        to.u64(self.file);
        to.u64(self.size);
        to.0.extend(self.md5);
        to.time(self.modified);
    }

    fn read(from: &mut Reader<'_>) -> Option<Self> {
        Some(Self {
            file: from.u64()?,
            size: from.u64()?,
            md5: from.array()?,
            modified: from.time()?,
        })
    }
}

impl Record for CompletedRecord {
    const NAME: &'static str = "completed upload";

    fn write(&self, to: &mut Writer) {
        to.text(&self.bucket);
        to.text(&self.key);
        to.etag(self.etag);
        to.0.extend(self.asked);
        to.time(self.at);
    }

    fn read(from: &mut Reader<'_>) -> Option<Self> {
        Some(Self {
            bucket: from.text()?,
            key: from.text()?,
            etag: from.etag()?,
            asked: from.array()?,
            at: from.time()?,
        })
    }
}

#[cfg(test)]
mod fuzz;
