//! What can go wrong, for who starts the server and for who speaks to it.

use std::{io, net::SocketAddr, path::PathBuf, sync::Arc};

use s3s::{S3Error, S3ErrorCode, s3_error};

use super::record::BadRecord;

/// Why an embedded server could not be started.
#[derive(Debug, thiserror::Error)]
pub enum EmbeddedError {
    /// Another server, of this or another process, has the directory.
    #[error("{} is in use by another server; stop that one first, or choose another directory", .0.display())]
    InUse(PathBuf),
    /// There are objects' bytes but no index that says what they are.
    #[error("{} is missing although there are objects; restore it from a backup, or empty the directory", .0.display())]
    IndexMissing(PathBuf),
    /// The index cannot be read.
    #[error("{} is damaged ({reason}); restore it from a backup, or empty the directory", path.display())]
    IndexDamaged {
        /// Which file.
        path: PathBuf,
        /// What was found.
        reason: String,
    },
    /// The index was written by another version of Segue.
    #[error("{} has format {found}, but this version of Segue knows {known} only; use a newer one", path.display())]
    UnknownFormat {
        /// Which file.
        path: PathBuf,
        /// What it claims to be.
        found: u64,
        /// What this version writes.
        known: u64,
    },
    /// Not a bucket's name.
    #[error("{0:?} is no name for a bucket; use 3 to 63 lower-case letters, digits, dots and hyphens")]
    BucketName(String),
    /// The address cannot be listened on.
    #[error("cannot listen on {address}")]
    Listen {
        /// Which one.
        address: SocketAddr,
        /// Why.
        source: io::Error,
    },
    /// The directory cannot be used.
    #[error("cannot use {}", path.display())]
    Directory {
        /// Which file or directory.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
}

/// Why an operation was refused, or failed.
#[derive(Debug, thiserror::Error)]
pub(super) enum StoreError {
    #[error("there is no such bucket")]
    NoSuchBucket,
    #[error("the bucket still holds objects or unfinished uploads")]
    BucketNotEmpty,
    #[error("there is no such object")]
    NoSuchKey,
    #[error("there is no such upload; it may have been completed or aborted")]
    NoSuchUpload,
    #[error("the object is not in the state that the request asked for")]
    PreconditionFailed,
    #[error("part {0} was not uploaded, or its ETag is another")]
    InvalidPart(i32),
    #[error("the parts must be listed in ascending order")]
    InvalidPartOrder,
    #[error("part {0} is smaller than 5 MiB and not the last")]
    EntityTooSmall(u16),
    #[error("an upload is completed with 1 to 10,000 parts")]
    PartsCount,
    #[error("the parts are {found} bytes together, not {asked}")]
    WrongSize { asked: i64, found: u64 },
    #[error("the disk is full")]
    DiskFull,
    #[error("the server is shutting down")]
    Closed,
    #[error("the change was not committed")]
    NotCommitted(#[source] Arc<StoreError>),
    #[error("cannot read or write a payload")]
    Io(#[source] io::Error),
    #[error("the index failed")]
    Index(#[source] Box<redb::Error>),
    #[error(transparent)]
    BadRecord(#[from] BadRecord),
}

/// `ENOSPC`, a quota, or the largest file that is allowed: the operator must make room.
pub(super) fn is_full(error: &io::Error) -> bool {
    use io::ErrorKind::{FileTooLarge, QuotaExceeded, StorageFull};
    matches!(error.kind(), StorageFull | QuotaExceeded | FileTooLarge)
}

impl From<io::Error> for StoreError {
    fn from(error: io::Error) -> Self {
        if is_full(&error) {
            Self::DiskFull
        } else {
            Self::Io(error)
        }
    }
}

impl From<redb::Error> for StoreError {
    fn from(error: redb::Error) -> Self {
        match error {
            redb::Error::Io(error) if is_full(&error) => Self::DiskFull,
            error => Self::Index(Box::new(error)),
        }
    }
}

macro_rules! from_redb {
    ($($error:ident)*) => {
        $(impl From<redb::$error> for StoreError {
            fn from(error: redb::$error) -> Self {
                redb::Error::from(error).into()
            }
        })*
    };
}
from_redb!(StorageError TableError TransactionError CommitError);

impl From<StoreError> for S3Error {
    fn from(error: StoreError) -> Self {
        let message = error.to_string();
        let code = match &error {
            StoreError::NoSuchBucket => S3ErrorCode::NoSuchBucket,
            StoreError::BucketNotEmpty => S3ErrorCode::BucketNotEmpty,
            StoreError::NoSuchKey => S3ErrorCode::NoSuchKey,
            StoreError::NoSuchUpload => S3ErrorCode::NoSuchUpload,
            StoreError::PreconditionFailed => S3ErrorCode::PreconditionFailed,
            StoreError::InvalidPart(_) => S3ErrorCode::InvalidPart,
            StoreError::InvalidPartOrder => S3ErrorCode::InvalidPartOrder,
            StoreError::EntityTooSmall(_) => S3ErrorCode::EntityTooSmall,
            StoreError::PartsCount | StoreError::WrongSize { .. } => S3ErrorCode::InvalidRequest,
            StoreError::Closed => S3ErrorCode::ServiceUnavailable,
            StoreError::NotCommitted(cause) if matches!(**cause, StoreError::DiskFull) => {
                return Self::from(StoreError::DiskFull);
            }
            StoreError::DiskFull => {
                tracing::error!("the disk of the embedded object store is full");
                return disk_full();
            }
            StoreError::NotCommitted(_) | StoreError::Io(_) | StoreError::Index(_) | StoreError::BadRecord(_) => {
                tracing::error!(
                    error = &error as &dyn std::error::Error,
                    "the embedded object store failed"
                );
                return s3_error!(InternalError, "the object store failed; its log says why");
            }
        };
        S3Error::with_message(code, message)
    }
}

/// Not 503, which clients repeat at once: a disk stays full until somebody makes room.
fn disk_full() -> S3Error {
    let code = S3ErrorCode::Custom("InsufficientStorage".into());
    let mut error = S3Error::with_message(code, "the disk of the object store is full");
    error.set_status_code(hyper::StatusCode::INSUFFICIENT_STORAGE);
    error
}
