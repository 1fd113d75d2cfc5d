//! The database: PostgreSQL and SQLite behind the same traits. The only crate that sees SQL.
//!
//! Each method of a trait is a business verb and one transaction. `verbs` holds each of them once; `postgres` and
//! `sqlite` compile it each for its own driver, and add the few statements in which the two differ (`dialect`).
//!
//! The clock is a parameter of every verb, and so is whatever is drawn by lot.

mod accounts;
mod backoff;
#[cfg(feature = "bench")]
mod bench;
mod callbacks;
mod error;
mod library;
mod names;
mod open;
mod outcome;
mod postgres;
mod progress;
mod queue;
mod rescue;
mod rows;
mod sessions;
mod sqlite;
mod upkeep;
mod uploads;

pub use accounts::{Accounts, NewUser, PasswordChange, Registration, User};
pub use backoff::{FAILURE_BUDGET, backoff};
#[cfg(feature = "bench")]
pub use bench::{FilledLibrary, fill_library};
pub use callbacks::{AttemptTree, CallbackError, Callbacks, Caller, Finished, Heard, StartedAttempt};
pub use error::StoreError;
pub use library::{
    ChangeCursor, DELETE_GRACE, Entry, Library, LibraryCursor, LibraryQuery, Names, Page, Playback, Sort,
};
pub use open::{OpenError, open, open_file};
pub use progress::Progress;
pub use queue::{Claim, Claimed, ClaimedJob, MOST_AHEAD, Pace, Queue, QueueStats};
pub use rescue::{Rescue, Rescued, Then, Why};
pub use sessions::{NewSession, PREDECESSOR_GRACE, Rotation, Session, Sessions};
pub use upkeep::{Doomed, FailedCursor, StaleTree, TreeCursor, Upkeep};
pub use uploads::{Multipart, NewJob, NewUpload, Published, Settle, Settled, SweepCursor, Upload, Uploads};

/// A whole database, whichever it is.
pub trait Store: Accounts + Sessions + Uploads + Library + Queue + Callbacks + Rescue + Upkeep + Send + Sync {}
