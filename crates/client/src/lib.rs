//! The public API as a Rust client: what `segue upload`, the demo and the end-to-end tests use.
//!
//! [`Client`] speaks the API, [`Events`] follows uploads, and [`Uploader`] sends a file and goes on where an earlier
//! sending of it stopped.

mod accounts;
mod backoff;
mod call;
mod client;
mod error;
mod events;
mod health;
mod http;
mod limits;
mod list;
mod session;
mod shapes;
mod sse;
mod transfer;
mod uploads;

pub use client::{BadServer, Client};
pub use error::{ClientError, Problem};
pub use events::Events;
pub use limits::Limits;
pub use list::{List, Sort};
pub use shapes::{
    FailureReason, Names, Page, PartPut, Parts, Playback, Progress, Put, Rendition, Reservation, Transfer, Upload,
    UploadedPart, User,
};
pub use transfer::{SendError, Sent, StateDir, Uploader};
