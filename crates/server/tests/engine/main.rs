//! What keeps jobs moving behind the API, with a launcher that only says that it launched.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod dispatching;
mod processes;
#[expect(dead_code, reason = "the tests of the API use the rest")]
mod queue;
mod serving;
mod support;
