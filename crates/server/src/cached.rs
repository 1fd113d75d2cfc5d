//! What is looked up once in a while, however often it is asked for.

use std::time::Duration;

use tokio::{sync::Mutex, time::Instant};

/// The last answer, and when it came.
pub(crate) struct Cached<T> {
    last: Mutex<Option<(Instant, T)>>,
}

/// How long an answer is good.
const FOR: Duration = Duration::from_secs(1);

impl<T: Clone> Cached<T> {
    pub(crate) fn new() -> Self {
        Self { last: Mutex::new(None) }
    }

    /// The last answer, or that of `look`, which must come to an end by itself. Whoever asks meanwhile waits for the same.
    pub(crate) async fn get(&self, look: impl Future<Output = T>) -> T {
        let mut last = self.last.lock().await;
        if let Some(value) = still_good(last.as_ref(), Instant::now()) {
            return value;
        }
        let value = look.await;
        *last = Some((Instant::now(), value.clone()));
        value
    }
}

fn still_good<T: Clone>(last: Option<&(Instant, T)>, now: Instant) -> Option<T> {
    last.filter(|(at, _)| now.duration_since(*at) < FOR)
        .map(|(_, value)| value.clone())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_good_for_a_second() {
        let last = (Instant::now(), 1);
        let after = |millis| still_good(Some(&last), last.0 + Duration::from_millis(millis));
        assert_eq!(after(0), Some(1));
        assert_eq!(after(999), Some(1));
        assert_eq!(after(1000), None);
        assert_eq!(still_good(None::<&(Instant, u8)>, last.0), None);
    }
}
