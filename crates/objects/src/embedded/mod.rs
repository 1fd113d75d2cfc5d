//! An S3 server over a directory, for running Segue without any other service.
//!
//! ```text
//! directory/
//!   lock                    held while a server runs
//!   index.redb              what exists: buckets, objects, unfinished uploads and their parts
//!   data/{session}/{group}/{number}   the bytes, one file for each PUT or part
//! ```
//!
//! A key is data and never a path: a file's name is a number, drawn anew for every PUT, and only the index says whose
//! it is. So an object appears, is replaced and goes in one commit of the index, which is made after the bytes are on
//! the disk; a file that the index does not name is nobody's, and is swept after a crash.
//!
//! `s3s` speaks the protocol and checks signatures; everything below its trait is here:
//!
//! | file | |
//! |---|---|
//! | `server`, `connection` | sockets, limits, CORS, shutting down |
//! | `s3`, `put`, `get`, `listing`, `multipart` | the operations, in the protocol's words |
//! | `store` | the parts below put together: opening, closing |
//! | `payload`, `reading`, `sweep` | the files |
//! | `index`, `record` | what the index holds, and reading it |
//! | `commit`, `change`, `completion` | the one thread that changes it |

mod change;
mod commit;
mod completion;
mod connection;
mod error;
#[cfg(test)]
mod fuzz;
mod get;
mod index;
mod listing;
mod multipart;
mod payload;
mod put;
mod reading;
mod record;
mod s3;
mod server;
mod store;
mod sweep;
#[cfg(test)]
mod tests;

#[cfg(feature = "bench")]
mod fill;

pub use error::EmbeddedError;
#[cfg(feature = "bench")]
pub use fill::fill_index;
pub use server::{EmbeddedServer, EmbeddedSettings};
