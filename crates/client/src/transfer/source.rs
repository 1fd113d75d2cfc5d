//! The file that is sent, and whether it is still the same.

use std::{
    fs::Metadata,
    io::{self, SeekFrom},
    os::unix::fs::MetadataExt,
    path::{Path, PathBuf},
};

use serde::{Deserialize, Serialize};
use tokio::{
    fs::{self, File},
    io::{AsyncReadExt, AsyncSeekExt, Take},
};

use super::error::SendError;

pub(crate) struct Source {
    /// Without links and dots: one file has one.
    pub(crate) path: PathBuf,
    /// As the server is told.
    pub(crate) name: String,
    pub(crate) print: Fingerprint,
}

/// By which a file is known to be unchanged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Fingerprint {
    pub(crate) size: u64,
    modified_seconds: i64,
    modified_nanoseconds: i64,
}

impl Fingerprint {
    fn of(metadata: &Metadata) -> Self {
        Self {
            size: metadata.len(),
            modified_seconds: metadata.mtime(),
            modified_nanoseconds: metadata.mtime_nsec(),
        }
    }
}

impl Source {
    pub(crate) async fn find(path: &Path) -> Result<Self, SendError> {
        let canonical = fs::canonicalize(path).await.map_err(SendError::File)?;
        // Before it is opened: opening a pipe waits for somebody who writes to it.
        let metadata = fs::metadata(&canonical).await.map_err(SendError::File)?;
        if !metadata.is_file() {
            return Err(SendError::NotAFile);
        }
        // The name by which it was given, which need not be that of what a link points to.
        let name = path.file_name().or(canonical.file_name()).unwrap_or_default();
        let source = Self {
            name: name.to_string_lossy().into_owned(),
            print: Fingerprint::of(&metadata),
            path: canonical,
        };
        // So that what may not be read is not reserved either.
        drop(source.open(0, 0).await?);
        Ok(source)
    }

    /// A stretch of it, from a file of its own, since several are read at once.
    pub(crate) async fn open(&self, offset: u64, length: u64) -> Result<Take<File>, SendError> {
        let mut file = File::open(&self.path).await.map_err(unless_gone)?;
        let metadata = file.metadata().await.map_err(SendError::File)?;
        if Fingerprint::of(&metadata) != self.print {
            return Err(SendError::Changed);
        }
        file.seek(SeekFrom::Start(offset)).await.map_err(SendError::File)?;
        Ok(file.take(length))
    }

    pub(crate) async fn must_be_unchanged(&self) -> Result<(), SendError> {
        let metadata = fs::metadata(&self.path).await.map_err(unless_gone)?;
        if Fingerprint::of(&metadata) == self.print {
            Ok(())
        } else {
            Err(SendError::Changed)
        }
    }
}

/// It was there a moment ago.
fn unless_gone(error: io::Error) -> SendError {
    if error.kind() == io::ErrorKind::NotFound {
        SendError::Changed
    } else {
        SendError::File(error)
    }
}
