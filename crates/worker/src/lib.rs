//! One attempt at a job: start, download, probe, encode, upload, finish.
//!
//! A worker holds no keys: it reads its source and writes its tree through URLs that the server signs for it, and says
//! all else in four callbacks ([`domain::protocol`]). What it keeps on disk is the source and the few segments that are
//! on their way.

mod attempt;
mod backoff;
mod callbacks;
mod download;
mod encode;
mod ending;
mod failure;
mod folder;
mod heart;
mod http;
mod progress;
mod settings;
mod upload;
mod work;

pub use attempt::{Exit, run};
pub use folder::remove_leftovers;
pub use settings::{ApiUrl, BadApiUrl, Limits, Settings};
