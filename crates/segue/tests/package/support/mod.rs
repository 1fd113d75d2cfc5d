//! What the tests stand on: running the command, making sounds, judging trees.

pub(crate) mod judge;
pub(crate) mod run;
pub(crate) mod scratch;
pub(crate) mod signal;
pub(crate) mod sound;
pub(crate) mod tree;
pub(crate) mod wait;
