//! The long tests, which only `cargo xtask test --full` runs.
#![expect(clippy::expect_used, reason = "a test's helper fails by panicking")]

mod long;
mod odd_files;

#[path = "../package/support/mod.rs"]
#[expect(dead_code, reason = "the ordinary tests need more of it")]
mod support;
