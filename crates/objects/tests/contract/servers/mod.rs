//! The servers, each with how it is started and what it can do.

pub(crate) mod embedded;
#[cfg(feature = "full-tests")]
pub(crate) mod garage;
pub(crate) mod moto;
mod process;
