//! Ends what nobody else will end.

use std::time::Duration;

use async_trait::async_trait;
use domain::Timestamp;
use store::{Rescued, StoreError, Why};
use tokio::time::{Instant, sleep, timeout};
use tokio_util::sync::CancellationToken;

use crate::{
    clock::random_array,
    state::{App, State},
};

/// Between two rounds.
const EVERY: Duration = Duration::from_secs(2);
/// Between two looks for jobs that have waited for too long.
const EVERY_WAITING: Duration = Duration::from_mins(1);
/// Attempts and jobs in one round.
const LIMIT: u32 = 100;
/// For one call to the database.
const DATABASE: Duration = Duration::from_secs(30);

/// Requeues or fails attempts whose lease or deadline has passed, and fails jobs that have waited for too long. It waits
/// until this server could have heard a worker for one whole lease without interruption, so that an outage of ours is not
/// taken for a silence of theirs.
pub(crate) struct Rescuer {
    app: App,
}

/// What a rescuer needs of the server.
#[async_trait]
trait Work: Send + Sync {
    fn now(&self) -> Timestamp;
    fn lease(&self) -> Duration;
    fn interrupted(&self);
    fn uninterrupted(&self) -> Duration;
    /// Something was put back into the queue.
    fn requeued(&self);
    /// For the figures.
    fn rescued(&self, why: Why);
    async fn ping(&self) -> Result<(), StoreError>;
    async fn rescue(&self, now: Timestamp) -> Result<Vec<Rescued>, StoreError>;
    async fn fail_waiting(&self, now: Timestamp) -> Result<Vec<Rescued>, StoreError>;
}

impl Rescuer {
    pub(crate) fn new(app: App) -> Self {
        Self { app }
    }

    /// Until `stop`. Nothing that fails ends it.
    pub(crate) async fn run(self, stop: CancellationToken) {
        run(&*self.app, stop).await;
    }
}

async fn run(work: &dyn Work, stop: CancellationToken) {
    let mut looked_at = work.now();
    let mut waiting_at = Instant::now();
    loop {
        tokio::select! {
            () = stop.cancelled() => return,
            () = sleep(jittered(EVERY)) => {}
        }
        let now = work.now();
        // This process or the whole machine stood still: nobody could be heard meanwhile.
        if now.since(looked_at) > EVERY * 2 + work.lease() / 2 {
            tracing::warn!("time has passed without this server; waiting a whole lease before anything is rescued");
            work.interrupted();
        }
        looked_at = now;
        if work.uninterrupted() < work.lease() {
            told(work, work.ping()).await;
            continue;
        }
        told(work, async {
            work.rescue(now).await.map(|rescued| say(work, &rescued))
        })
        .await;
        if waiting_at.elapsed() >= EVERY_WAITING {
            waiting_at = Instant::now();
            told(work, async {
                work.fail_waiting(now).await.map(|rescued| say(work, &rescued))
            })
            .await;
        }
    }
}

/// A call that fails begins the waiting anew.
async fn told(work: &dyn Work, call: impl Future<Output = Result<(), StoreError>>) {
    let error = match timeout(DATABASE, call).await {
        Ok(Ok(())) => return,
        Ok(Err(error)) => error.to_string(),
        Err(_) => "no answer in time".into(),
    };
    work.interrupted();
    tracing::warn!(
        error,
        "the rescuer cannot reach the database; it waits a whole lease before it goes on"
    );
}

fn say(work: &dyn Work, rescued: &[Rescued]) {
    for one in rescued {
        work.rescued(one.why);
        tracing::warn!(job = %one.job, upload = %one.upload, why = ?one.why, then = ?one.then, "rescued a job");
    }
    if !rescued.is_empty() {
        work.requeued();
    }
}

/// From three quarters to five quarters of it, so that servers that were started together do not look together.
pub(crate) fn jittered(every: Duration) -> Duration {
    let [byte] = random_array::<1>();
    every.mul_f64(0.75 + f64::from(byte) / 512.0)
}

#[async_trait]
impl Work for State {
    fn now(&self) -> Timestamp {
        self.clock.now()
    }

    fn lease(&self) -> Duration {
        self.settings.lease
    }

    fn interrupted(&self) {
        self.reach.interrupted();
    }

    fn uninterrupted(&self) -> Duration {
        self.reach.uninterrupted()
    }

    fn requeued(&self) {
        self.work.notify_one();
    }

    fn rescued(&self, why: Why) {
        self.metrics.job_rescued(why);
    }

    async fn ping(&self) -> Result<(), StoreError> {
        self.store.ping().await
    }

    async fn rescue(&self, now: Timestamp) -> Result<Vec<Rescued>, StoreError> {
        self.store.rescue(now, self.settings.queue_timeout, LIMIT).await
    }

    async fn fail_waiting(&self, now: Timestamp) -> Result<Vec<Rescued>, StoreError> {
        self.store.fail_waiting(now, self.settings.queue_timeout, LIMIT).await
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{
        Mutex,
        atomic::{AtomicBool, AtomicU32, Ordering},
    };

    use super::*;
    use crate::reach::Reach;

    /// A database that fails when it is told to, and a clock that can jump.
    struct Fake {
        began: Instant,
        reach: Reach,
        jump: Mutex<Duration>,
        is_down: AtomicBool,
        rescues: AtomicU32,
    }

    impl Fake {
        fn new() -> Self {
            Self {
                began: Instant::now(),
                reach: Reach::new(),
                jump: Mutex::default(),
                is_down: AtomicBool::new(false),
                rescues: AtomicU32::new(0),
            }
        }

        fn answer(&self) -> Result<(), StoreError> {
            let is_down = self.is_down.load(Ordering::Relaxed);
            if is_down {
                Err(StoreError::WrongState("down".into()))
            } else {
                Ok(())
            }
        }

        fn rescues(&self) -> u32 {
            self.rescues.load(Ordering::Relaxed)
        }
    }

    #[async_trait]
    impl Work for Fake {
        fn now(&self) -> Timestamp {
            Timestamp::from_millis(1_790_000_000_000) + self.began.elapsed() + *self.jump.lock().unwrap()
        }

        fn lease(&self) -> Duration {
            Duration::from_mins(1)
        }

        fn interrupted(&self) {
            self.reach.interrupted();
        }

        fn uninterrupted(&self) -> Duration {
            self.reach.uninterrupted()
        }

        fn requeued(&self) {}

        fn rescued(&self, _: Why) {}

        async fn ping(&self) -> Result<(), StoreError> {
            self.answer()
        }

        async fn rescue(&self, _: Timestamp) -> Result<Vec<Rescued>, StoreError> {
            self.answer()?;
            self.rescues.fetch_add(1, Ordering::Relaxed);
            Ok(Vec::new())
        }

        async fn fail_waiting(&self, _: Timestamp) -> Result<Vec<Rescued>, StoreError> {
            self.answer().map(|()| Vec::new())
        }
    }

    /// Lets it work for so long; the time is the test's own.
    async fn work_for(fake: &Fake, seconds: u64) -> u32 {
        let before = fake.rescues();
        let stop = CancellationToken::new();
        let _ = timeout(Duration::from_secs(seconds), run(fake, stop)).await;
        fake.rescues() - before
    }

    #[tokio::test(start_paused = true)]
    async fn nothing_is_rescued_before_a_whole_lease_has_passed() {
        let fake = Fake::new();
        assert_eq!(work_for(&fake, 60).await, 0);
        assert!(work_for(&fake, 20).await >= 7);
    }

    #[tokio::test(start_paused = true)]
    async fn an_outage_of_ours_begins_the_waiting_anew() {
        let fake = Fake::new();
        assert!(work_for(&fake, 80).await >= 7);
        fake.is_down.store(true, Ordering::Relaxed);
        assert_eq!(work_for(&fake, 10).await, 0);
        fake.is_down.store(false, Ordering::Relaxed);
        assert_eq!(work_for(&fake, 55).await, 0);
        assert!(work_for(&fake, 20).await >= 4);
        // A callback that could not reach the database counts as well.
        fake.interrupted();
        assert_eq!(work_for(&fake, 58).await, 0);
    }

    #[tokio::test(start_paused = true)]
    async fn time_that_passed_without_us_begins_the_waiting_anew() {
        let fake = Fake::new();
        assert!(work_for(&fake, 80).await >= 7);
        let asleep = async {
            sleep(Duration::from_secs(10)).await;
            *fake.jump.lock().unwrap() = Duration::from_hours(8);
        };
        let (rescues, ()) = tokio::join!(work_for(&fake, 50), asleep);
        assert!(rescues <= 7, "{rescues}: none after the machine woke up");
        assert_eq!(work_for(&fake, 15).await, 0);
        // It notices up to 2.5 s late, so 12 s are left of these 20.
        assert!(work_for(&fake, 20).await >= 4);
    }
}
