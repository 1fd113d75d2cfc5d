//! What `Bucket` promises, on every S3 server that it is tried on; and how it behaves where a server does not.
//!
//! A server is described in `servers`, with what it can do, and registered in `on`. Every case runs on every server: where one cannot do
//! something, the case asserts what it does instead.
#![expect(
    clippy::expect_used,
    clippy::unwrap_used,
    reason = "a test's helper fails by panicking"
)]

mod cases;
mod faults;
mod on;
mod servers;
mod shape;
mod support;
