//! The client against a small server that speaks the same contract.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test's helper fails by panicking"
)]

#[path = "../fake/mod.rs"]
mod fake;

mod calls;
mod events;
mod resuming;
mod sending;
mod session;
mod support;
