//! What keeps jobs moving behind the API, with a launcher that only says that it launched.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod dispatching;
mod processes;
mod queue;
mod serving;
mod support;
