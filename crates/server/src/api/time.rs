//! Times, as the API spells them.

use std::time::{Duration, UNIX_EPOCH};

use domain::Timestamp;

/// RFC 3339 in UTC, with milliseconds.
pub(crate) fn rfc3339(at: Timestamp) -> String {
    let millis = u64::try_from(at.as_millis()).unwrap_or(0);
    humantime::format_rfc3339_millis(UNIX_EPOCH + Duration::from_millis(millis)).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_has_milliseconds_and_a_z() {
        assert_eq!(
            rfc3339(Timestamp::from_millis(1_790_000_000_123)),
            "2026-09-21T14:13:20.123Z"
        );
    }
}
