//! `segue package` and `segue inspect` from outside: the executable, real ffmpeg, and judges that nobody here wrote.
#![expect(clippy::expect_used, reason = "a test's helper fails by panicking")]

mod attacks;
mod cli;
mod decode;
mod inputs;
mod interruptions;
mod judges;
mod refusals;
mod support;
mod surroundings;
mod toolchain;
