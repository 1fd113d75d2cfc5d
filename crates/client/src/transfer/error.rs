//! How the sending of a file fails.

use std::io;

use crate::error::ClientError;

/// Why a file was not sent.
#[derive(Debug, thiserror::Error)]
pub enum SendError {
    /// A call to the server failed.
    #[error(transparent)]
    Client(#[from] ClientError),
    /// The file cannot be read.
    #[error("the file cannot be read: {0}")]
    File(#[source] io::Error),
    /// A folder, a pipe, or another thing that has no size.
    #[error("this is not a regular file; only those can be uploaded")]
    NotAFile,
    /// Somebody writes to the file.
    #[error("the file changed while it was being sent; upload it again once nothing writes to it")]
    Changed,
    /// The bucket did not take the bytes.
    #[error(
        "the storage did not take the file: {0}; try again later, and what is there already will not be sent again"
    )]
    Storage(String),
}
