//! The API as its callers see it: over HTTP, with a database and a bucket of its own for each test.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod basics;
mod internal;
mod library;
mod parts;
mod people;
mod playing;
#[path = "../engine/queue.rs"]
mod queue;
mod settling;
mod support;
mod uploads;
mod work;
