//! How long playing works: the token in a playlist's URL, the segments' URLs in the playlist, and the tree itself.

use std::time::Duration;

use domain::Timestamp;

const USUAL: Duration = Duration::from_hours(6);
/// With what is added for segments it stays below the 7 days that a signature can live.
const LONGEST: Duration = Duration::from_hours(6 * 24);
const HOUR: Duration = Duration::from_hours(1);
const SECOND: Duration = Duration::from_secs(1);

/// How long what is given out for playing works.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Lifetime {
    /// At least.
    shortest: Duration,
    /// For a long recording.
    longest: Duration,
    /// Where URLs begin and end, so that the same object has the same URL for a while, and the browser's cache knows it
    /// again.
    grid: Duration,
}

impl Lifetime {
    /// `fixed` is for tests: then it is always that long.
    pub(crate) fn new(fixed: Option<Duration>) -> Self {
        let fixed = fixed.map(|fixed| Duration::from_secs(fixed.as_secs()).clamp(SECOND, LONGEST));
        let shortest = fixed.unwrap_or(USUAL);
        Self {
            shortest,
            longest: fixed.unwrap_or(LONGEST),
            // A whole hour's URLs would outlive by far what lives for less.
            grid: if shortest < HOUR { SECOND } else { HOUR },
        }
    }

    /// Until when a token for a stream of this length works: long enough to hear it with pauses.
    pub(crate) fn token_until(self, now: Timestamp, duration_seconds: f64) -> Timestamp {
        let twice = Duration::try_from_secs_f64(2.0 * duration_seconds).unwrap_or(LONGEST);
        // As tokens have it.
        before(now + twice.clamp(self.shortest, self.longest), SECOND)
    }

    /// From when and for how long segments are signed in a playlist that is fetched now.
    pub(crate) fn object_urls(self, now: Timestamp, token_until: Timestamp) -> (Timestamp, Duration) {
        let from = before(now, self.grid);
        // Also who changes to another rendition in the token's last minute can go on.
        let until = before(token_until.max(now + self.shortest) + self.grid, self.grid);
        (from, until.since(from))
    }

    /// Until when the tree is needed, whenever its playlists are fetched with a token.
    pub(crate) fn tree_until(self, token_until: Timestamp) -> Timestamp {
        token_until + self.shortest + self.grid
    }
}

/// The last point of a grid at or before.
fn before(at: Timestamp, grid: Duration) -> Timestamp {
    let grid = i64::try_from(grid.as_millis()).unwrap_or(i64::MAX);
    Timestamp::from_millis(at.as_millis() - at.as_millis().rem_euclid(grid))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 2026-09-21T14:13:20.123Z
    const NOW: Timestamp = Timestamp::from_millis(1_790_000_000_123);

    fn usual() -> Lifetime {
        Lifetime::new(None)
    }

    #[test]
    fn a_token_lives_for_twice_the_stream_and_at_least_six_hours() {
        let whole_second = Timestamp::from_millis(1_790_000_000_000);
        for (seconds, hours) in [(0.0, 6), (180.5, 6), (36_000.0, 20), (1e9, 144), (f64::NAN, 144)] {
            let until = usual().token_until(NOW, seconds);
            assert_eq!(until, whole_second + Duration::from_hours(hours), "{seconds}");
        }
    }

    #[test]
    fn segments_have_the_same_urls_for_an_hour_and_outlive_the_token() {
        let token = usual().token_until(NOW, 3_600.0);
        let first = usual().object_urls(NOW, token);
        assert_eq!(usual().object_urls(NOW + Duration::from_mins(46), token), first);
        assert_ne!(usual().object_urls(NOW + Duration::from_mins(47), token), first);
        for minutes in (0..6 * 60).step_by(7) {
            let now = NOW + Duration::from_mins(minutes);
            let (from, lifetime) = usual().object_urls(now, token);
            let until = from + lifetime;
            assert!(from <= now && until >= token && until >= now + USUAL);
            assert!(until <= usual().tree_until(token), "{minutes}");
        }
    }

    #[test]
    fn no_signature_lives_longer_than_a_week() {
        let token = usual().token_until(NOW, 1e9);
        assert!(usual().object_urls(NOW, token).1 <= Duration::from_hours(7 * 24));
    }

    #[test]
    fn what_lives_for_seconds_only_is_rounded_to_seconds_only() {
        let ten = Duration::from_secs(10);
        let lifetime = Lifetime::new(Some(ten));
        let token = lifetime.token_until(NOW, 36_000.0);
        assert_eq!(token, Timestamp::from_millis(1_790_000_010_000));
        let (from, urls) = lifetime.object_urls(NOW, token);
        assert_eq!(from, Timestamp::from_millis(1_790_000_000_000));
        assert_eq!(urls, Duration::from_secs(11));
        assert!(from + urls <= lifetime.tree_until(token));
        // A signature lives for whole seconds, and for one at least.
        let (_, urls) = Lifetime::new(Some(Duration::from_millis(900))).object_urls(NOW, NOW);
        assert!(urls >= SECOND && urls.subsec_nanos() == 0, "{urls:?}");
    }
}
