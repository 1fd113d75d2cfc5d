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
        if let Some((at, value)) = &*last
            && at.elapsed() < FOR
        {
            return value.clone();
        }
        let value = look.await;
        *last = Some((Instant::now(), value.clone()));
        value
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn an_answer_is_good_for_a_second() {
        let cached = Cached::new();
        assert_eq!(cached.get(async { 1 }).await, 1);
        assert_eq!(cached.get(async { 2 }).await, 1);
        tokio::time::advance(FOR).await;
        assert_eq!(cached.get(async { 3 }).await, 3);
    }
}
