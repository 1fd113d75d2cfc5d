//! Segue's values and rules. No I/O, no async: everything here can be tested with literals.

mod backoff;
mod failure;
#[cfg(test)]
mod hostile;
mod ids;
mod job_state;
mod ladder;
mod object_key;
pub mod protocol;
mod search_key;
mod secret;
mod source_type;
mod time;
mod tree_name;
mod upload_state;

pub use backoff::backoff;
pub use failure::Failure;
pub use ids::{BadId, JobId, SessionId, UploadId, UserId};
pub use job_state::{JobEvent, JobState};
pub use ladder::{DEFAULT_SEGMENT_SECONDS, Ladder, LadderError, Rung};
pub use object_key::{BadPrefix, KeyPrefix, MASTER, MEDIA_PLAYLIST, NotInTree, ObjectKey, TreeFile};
pub use search_key::{email_key, search_key, search_pattern, title_key};
pub use secret::{Secret, SecretHash};
pub use source_type::{NotTaken, SourceType};
pub use time::Timestamp;
pub use tree_name::{BadTreeName, TreeName};
pub use upload_state::{BadState, UploadEvent, UploadState};
