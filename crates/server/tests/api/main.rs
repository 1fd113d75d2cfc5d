//! The API as its callers see it: over HTTP, with a database and a bucket of its own for each test.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod accounts;
mod basics;
mod events;
mod internal;
mod library;
mod openapi;
mod operations;
mod parts;
mod people;
mod playing;
mod promises;
#[path = "../engine/queue.rs"]
mod queue;
mod sessions;
mod settings;
mod settling;
mod support;
mod uploads;
mod web;
mod work;
