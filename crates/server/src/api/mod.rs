//! The public API: one file for each endpoint, all in the same order: its errors, its request, its handler.

pub(crate) mod auth;
pub(crate) mod events;
pub(crate) mod health;
pub(crate) mod internal;
pub(crate) mod me;
pub(crate) mod metrics;
pub(crate) mod play;
pub(crate) mod settings;
pub(crate) mod time;
pub(crate) mod uploads;
