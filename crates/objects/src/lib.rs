//! The bucket: the only crate that sees the S3 SDK. And an S3 server over a folder, for where there is no other.

mod body;
mod bucket;
mod delete;
mod embedded;
mod error;
#[cfg(test)]
#[path = "../../domain/src/hostile.rs"]
mod hostile;
mod key;
mod list;
mod multipart;
mod presign;
mod presign_many;
mod probe;
mod settings;

pub use body::{ByteRange, GetOptions, ObjectBody};
pub use bucket::{Bucket, ObjectHead};
pub use delete::DeleteFailure;
#[cfg(feature = "bench")]
pub use embedded::fill_index;
pub use embedded::{EmbeddedError, EmbeddedServer, EmbeddedSettings};
pub use error::ObjectError;
pub use list::{Cursor, ListFrom, ListPage, Listed};
pub use multipart::{Part, Unfinished, UnfinishedCursor, UnfinishedPage};
pub use presign::{Audience, PresignedGet, PresignedPut, PresignedRequest, Signing};
pub use probe::{ProbeFailed, ProbeStep};
pub use settings::{BadSettings, BucketSettings, Patience};
