//! How long the client waits and how often it tries.

use std::time::Duration;

/// What bounds every call. The default suits people at a terminal; tests want shorter pauses.
#[derive(Debug, Clone)]
pub struct Limits {
    /// How often a call that may be repeated is made, and a part is sent.
    pub tries: u32,
    /// The first pause between two tries; each is twice as long as the one before.
    pub first_pause: Duration,
    /// No pause of ours is longer.
    pub longest_pause: Duration,
    /// If the server asks for a longer pause (`Retry-After`), the call fails instead.
    pub longest_asked: Duration,
    /// One try of one call.
    pub call: Duration,
    /// A transfer in which nothing moves, or an event stream without even a comment.
    pub silence: Duration,
    /// The slowest that a file may be sent, in bytes a second: with it, and a minute more, every transfer has a deadline.
    pub slowest: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            tries: 6,
            first_pause: Duration::from_millis(500),
            longest_pause: Duration::from_secs(20),
            longest_asked: Duration::from_mins(1),
            call: Duration::from_secs(30),
            silence: Duration::from_secs(45),
            slowest: 16 << 10,
        }
    }
}
