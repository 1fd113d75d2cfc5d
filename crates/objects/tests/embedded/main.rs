//! The embedded server as its clients see it: through the SDK, through presigned URLs over a bare socket, and across
//! restarts, crashes, full disks and races.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test's helper fails by panicking"
)]

#[cfg(feature = "full-tests")]
mod browser;
mod cors;
mod crash;
mod directory;
mod disk;
mod fuzz;
mod hostile;
mod listing;
mod multipart;
mod objects;
mod races;
mod refusals;
mod support;
