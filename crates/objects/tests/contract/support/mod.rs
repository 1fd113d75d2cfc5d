//! What the tests stand on.

pub(crate) mod clock;
pub(crate) mod http;
pub(crate) mod place;
pub(crate) mod stub;
