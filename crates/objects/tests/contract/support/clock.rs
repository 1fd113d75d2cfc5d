//! Now, for signatures that a server compares with its own clock.

use std::time::{Duration, SystemTime};

use domain::Timestamp;

#[expect(clippy::disallowed_methods, reason = "the servers' clock is the machine's")]
pub(crate) fn now() -> Timestamp {
    let since_epoch = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    Timestamp::from_millis(0) + since_epoch.expect("after 1970")
}

pub(crate) const MINUTE: Duration = Duration::from_mins(1);
