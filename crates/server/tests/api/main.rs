//! The API as its callers see it: over HTTP, with a database and a bucket of its own for each test.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod accounts;
mod basics;
mod events;
mod operations;
mod sessions;
mod support;
