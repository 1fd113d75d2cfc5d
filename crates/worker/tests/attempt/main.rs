//! A worker with a real ffmpeg, against a server and a bucket that lie, lose answers and go away.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test that cannot set itself up fails"
)]

mod endings;
mod lost_answers;
mod source;
mod support;
mod tree;
mod uploads;
