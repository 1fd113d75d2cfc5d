//! What the tests stand on.

mod audio;
mod database;
mod service;

pub(crate) use audio::{decoded_seconds, tone};
pub(crate) use database::Database;
pub(crate) use service::{PASSWORD, Service, send, until, until_state};
