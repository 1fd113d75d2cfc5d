//! The statements in which SQLite differs.

/// A read of rows that are about to be changed.
///
/// Differs from the other database because a transaction that writes is the only one (`BEGIN IMMEDIATE`).
macro_rules! locking {
    ($($sql:tt)+) => {
        concat!($($sql)+)
    };
}
pub(super) use locking;

/// A read of rows that are about to be changed, without those that somebody else is changing.
///
/// Differs from the other database because a transaction that writes is the only one (`BEGIN IMMEDIATE`).
macro_rules! locking_free {
    ($($sql:tt)+) => {
        concat!($($sql)+)
    };
}
pub(super) use locking_free;

/// One registration at a time.
///
/// Differs from the other database because a transaction that writes is the only one: there is nothing to do.
pub(super) const LOCK_REGISTRATION: &str = "SELECT 1";

/// The database's clock.
///
/// Differs from the other database because there is none but this machine's.
pub(super) const NOW: Option<&str> = None;
