//! Pauses between tries.

use std::time::Duration;

/// The pause after so many tries: `first`, doubling up to `longest`, times 0.5 to 1.5 by `chance` (0 to 1), so that those
/// who failed together do not come back together.
#[must_use]
pub fn backoff(first: Duration, longest: Duration, tries: u32, chance: f64) -> Duration {
    let doublings = tries.saturating_sub(1);
    let doubled = first.saturating_mul(1_u32.checked_shl(doublings).unwrap_or(u32::MAX));
    doubled.min(longest).mul_f64(0.5 + chance)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_double_up_to_the_longest_and_vary_by_half() {
        let (first, longest) = (Duration::from_secs(10), Duration::from_hours(1));
        for (tries, seconds) in [
            (0, 10),
            (1, 10),
            (2, 20),
            (3, 40),
            (4, 80),
            (9, 2560),
            (10, 3600),
            (33, 3600),
            (u32::MAX, 3600),
        ] {
            let due = Duration::from_secs(seconds);
            assert_eq!(backoff(first, longest, tries, 0.0), due / 2, "{tries}");
            assert_eq!(backoff(first, longest, tries, 0.5), due, "{tries}");
            assert_eq!(backoff(first, longest, tries, 1.0), due * 3 / 2, "{tries}");
        }
    }
}
