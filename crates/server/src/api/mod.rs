//! The public API: one file for each endpoint, all in the same order: its errors, its request, its handler.

// auth
// events
// health
pub(crate) mod internal;
// me
// metrics
pub(crate) mod play;
pub(crate) mod time;
pub(crate) mod uploads;
