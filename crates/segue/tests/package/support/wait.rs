//! Waiting, always for a condition and never longer than a deadline.

use std::{
    thread,
    time::{Duration, Instant},
};

/// Looks until there is something to see, and fails the test after the deadline.
pub(crate) fn eventually<T>(what: &str, deadline: Duration, mut look: impl FnMut() -> Option<T>) -> T {
    let start = Instant::now();
    loop {
        if let Some(seen) = look() {
            return seen;
        }
        assert!(start.elapsed() < deadline, "waited {deadline:?} in vain for {what}");
        thread::park_timeout(Duration::from_millis(5));
    }
}
