//! Pauses between repetitions, each longer than the one before, and no two clients' alike.

use std::time::Duration;

use crate::limits::Limits;

pub(crate) struct Backoff {
    first: Duration,
    longest: Duration,
    tries: u32,
}

impl Backoff {
    pub(crate) fn new(limits: &Limits) -> Self {
        Self {
            first: limits.first_pause,
            longest: limits.longest_pause,
            tries: 0,
        }
    }

    /// The next pause: half to one and a half times what is due, but no less than was asked for (`Retry-After`).
    pub(crate) fn pause(&mut self, asked: Option<Duration>) -> Duration {
        self.tries = self.tries.saturating_add(1);
        let due = domain::backoff(self.first, self.longest, self.tries, chance());
        due.max(asked.unwrap_or_default())
    }

    pub(crate) async fn wait(&mut self, asked: Option<Duration>) {
        tokio::time::sleep(self.pause(asked)).await;
    }
}

/// 0 to 1.
fn chance() -> f64 {
    // Without chance all pauses are merely alike.
    f64::from(getrandom::u32().unwrap_or(u32::MAX / 2)) / f64::from(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_double_up_to_the_longest_and_honour_what_was_asked() {
        let mut backoff = Backoff::new(&Limits {
            first_pause: Duration::from_millis(100),
            longest_pause: Duration::from_millis(400),
            ..Limits::default()
        });
        for due in [100, 200, 400, 400] {
            let pause = backoff.pause(None).as_millis();
            assert!((due / 2..=due * 3 / 2).contains(&pause), "{pause} for {due}");
        }
        assert_eq!(backoff.pause(Some(Duration::from_secs(9))), Duration::from_secs(9));
    }
}
