//! How long playing works: the token in a playlist's URL, the segments' URLs in the playlist, and the tree itself.

use std::time::Duration;

use domain::Timestamp;

const SHORTEST: Duration = Duration::from_hours(6);
/// With what is added for segments it stays below the 7 days that a signature can live.
const LONGEST: Duration = Duration::from_hours(6 * 24);
const HOUR: Duration = Duration::from_hours(1);

/// Until when a token for a stream of this length works: long enough to hear it with pauses.
pub(crate) fn token_until(now: Timestamp, duration_seconds: f64) -> Timestamp {
    let twice = Duration::try_from_secs_f64(2.0 * duration_seconds).unwrap_or(LONGEST);
    let until = now + twice.clamp(SHORTEST, LONGEST);
    // As tokens have it.
    Timestamp::from_millis(until.as_millis() - until.as_millis().rem_euclid(1000))
}

/// From when and for how long segments are signed in a playlist that is fetched now. Both ends are whole hours, so that
/// the same segment has the same URL within an hour, and the browser's cache knows it again.
pub(crate) fn segment_urls(now: Timestamp, token_until: Timestamp) -> (Timestamp, Duration) {
    let from = hour_before(now);
    // Also who changes to another rendition in the token's last minute can go on.
    let until = hour_before(token_until.max(now + SHORTEST) + HOUR);
    (from, until.since(from))
}

/// Until when the tree is needed, whenever its playlists are fetched with a token.
pub(crate) fn tree_until(token_until: Timestamp) -> Timestamp {
    token_until + SHORTEST + HOUR
}

fn hour_before(at: Timestamp) -> Timestamp {
    let hour = 3_600_000;
    Timestamp::from_millis(at.as_millis() - at.as_millis().rem_euclid(hour))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 2026-09-21T14:13:20.123Z
    const NOW: Timestamp = Timestamp::from_millis(1_790_000_000_123);

    #[test]
    fn a_token_lives_for_twice_the_stream_and_at_least_six_hours() {
        let whole_second = Timestamp::from_millis(1_790_000_000_000);
        for (seconds, hours) in [(0.0, 6), (180.5, 6), (36_000.0, 20), (1e9, 144), (f64::NAN, 144)] {
            let until = token_until(NOW, seconds);
            assert_eq!(until, whole_second + Duration::from_hours(hours), "{seconds}");
        }
    }

    #[test]
    fn segments_have_the_same_urls_for_an_hour_and_outlive_the_token() {
        let token = token_until(NOW, 3_600.0);
        let first = segment_urls(NOW, token);
        assert_eq!(segment_urls(NOW + Duration::from_mins(46), token), first);
        assert_ne!(segment_urls(NOW + Duration::from_mins(47), token), first);
        for minutes in (0..6 * 60).step_by(7) {
            let now = NOW + Duration::from_mins(minutes);
            let (from, lifetime) = segment_urls(now, token);
            let until = from + lifetime;
            assert!(from <= now && until >= token && until >= now + SHORTEST);
            assert!(until <= tree_until(token), "{minutes}");
        }
    }

    #[test]
    fn no_signature_lives_longer_than_a_week() {
        let token = token_until(NOW, 1e9);
        assert!(segment_urls(NOW, token).1 <= Duration::from_hours(7 * 24));
    }
}
