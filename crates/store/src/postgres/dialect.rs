//! The statements in which PostgreSQL differs.

/// A read of rows that are about to be changed.
///
/// Differs from the other database because several transactions write at once here. Not `FOR UPDATE`, which would also
/// hold up whoever inserts a row that refers to these.
macro_rules! locking {
    ($($sql:tt)+) => {
        concat!($($sql)+, " FOR NO KEY UPDATE")
    };
}
pub(super) use locking;

/// A read of rows that are about to be changed, without those that somebody else is changing.
///
/// Differs from the other database because several transactions write at once here.
macro_rules! locking_free {
    ($($sql:tt)+) => {
        concat!($($sql)+, " FOR NO KEY UPDATE SKIP LOCKED")
    };
}
pub(super) use locking_free;

/// One registration at a time, until the transaction ends. The number only has to be no other's.
///
/// Differs from the other database because "is there any user?" cannot be locked as a row can.
pub(super) const LOCK_REGISTRATION: &str = "SELECT pg_advisory_xact_lock(5219001)";

/// The database's clock, in milliseconds since 1970.
///
/// Differs from the other database because several servers share this one, and their clocks may differ.
pub(super) const NOW: Option<&str> = Some("SELECT CAST(floor(extract(epoch FROM clock_timestamp()) * 1000) AS bigint)");
