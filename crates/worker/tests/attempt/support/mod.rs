pub(crate) mod bench;
pub(crate) mod fake;
pub(crate) mod sound;
