//! Takes jobs from the queue and has workers launched for them.

use std::{ops::ControlFlow, sync::Arc, time::Duration};

use domain::{Secret, Timestamp, TreeName};
use store::{Claim, Claimed, ClaimedJob, StoreError};
use tokio::{
    task::{JoinError, JoinSet},
    time::{Instant, sleep, sleep_until, timeout},
};
use tokio_util::sync::CancellationToken;

use crate::{
    Settings,
    clock::{new_secret, new_tree, random_array},
    launcher::{Attempt, LaunchError, Launcher},
    state::App,
};

/// The longest between two looks at the queue: another server may have queued a job.
const LOOK: Duration = Duration::from_secs(5);
/// Between two looks at a job that is due, but that another claimer holds just now.
const HELD: Duration = Duration::from_millis(50);
/// For one claim, and for noting what came of a launch.
const DATABASE: Duration = Duration::from_secs(30);
/// For one launch. What comes of it later is harmless: the attempt is over, and its worker is told so.
const LAUNCH: Duration = Duration::from_secs(30);
/// Launches under way at once: not more than are refused before the launcher is left alone.
const AT_ONCE: usize = REFUSALS as usize;
/// For launches under way when the server is told to stop.
const STOPPING: Duration = Duration::from_secs(5);
/// So many refusals in a row, and the launcher is left alone for a while.
const REFUSALS: u32 = 3;
/// The first pause; it doubles from one to the next.
const FIRST_PAUSE: Duration = Duration::from_secs(5);
const LONGEST_PAUSE: Duration = Duration::from_mins(1);
/// What a launcher may ask for by `Retry-After`.
const LONGEST_WISH: Duration = Duration::from_mins(10);
/// Tries to note that a launch was refused; then the launch's lease must run out.
const TRIES: u32 = 3;

/// What a claim draws by lot.
pub(crate) struct Draw {
    tree: TreeName,
    pub(crate) secret: Secret,
    slot_hint: u32,
}

impl Draw {
    pub(crate) fn new() -> Self {
        Self {
            tree: new_tree(),
            secret: new_secret(),
            slot_hint: u32::from_le_bytes(random_array()),
        }
    }

    pub(crate) fn claim<'a>(&self, settings: &Settings, launcher: &'a str) -> Claim<'a> {
        Claim {
            tree: self.tree.clone(),
            secret: self.secret.hash(),
            launcher,
            cap: settings.max_workers,
            slot_hint: self.slot_hint,
            launch_lease: settings.launch_lease,
            deadline: settings.attempt_deadline,
            pace: None,
        }
    }
}

/// Takes jobs from the queue, while there are places for them, and has each launched.
pub struct Dispatcher {
    app: App,
    launcher: Arc<dyn Launcher>,
    launches: JoinSet<Result<(), Duration>>,
    /// Launches that were refused since one was taken.
    refusals: u32,
    /// Until then nothing is launched.
    paused_until: Instant,
    /// Calls to the database that failed since one did not.
    failures: u32,
}

impl Dispatcher {
    /// Launches nothing yet.
    #[must_use]
    pub fn new(app: App, launcher: Arc<dyn Launcher>) -> Self {
        Self {
            app,
            launcher,
            launches: JoinSet::new(),
            refusals: 0,
            paused_until: Instant::now(),
            failures: 0,
        }
    }

    /// Until `stop`. Nothing that fails ends it.
    pub async fn run(mut self, stop: CancellationToken) {
        while !stop.is_cancelled() {
            let next = self.take_what_is_due(&stop).await;
            tokio::select! {
                () = stop.cancelled() => {}
                () = self.app.work.notified() => {}
                Some(launched) = self.launches.join_next() => self.note(launched),
                () = sleep_until(next) => {}
            }
        }
        let finish = async { while self.launches.join_next().await.is_some() {} };
        if timeout(STOPPING, finish).await.is_err() {
            tracing::warn!(
                "gave up on launches that did not end; their jobs are tried again when their leases run out"
            );
        }
    }

    /// Claims until nothing is due or nothing can be launched. Returns when to look again.
    async fn take_what_is_due(&mut self, stop: &CancellationToken) -> Instant {
        loop {
            while let Some(launched) = self.launches.try_join_next() {
                self.note(launched);
            }
            let is_full = self.launches.len() >= self.most_at_once();
            let now = Instant::now();
            if now < self.paused_until {
                return self.paused_until.min(now + LOOK);
            }
            self.resume();
            if stop.is_cancelled() || is_full {
                return now + LOOK;
            }
            if let ControlFlow::Break(wait) = self.take_one().await {
                return Instant::now() + wait.min(LOOK);
            }
        }
    }

    /// After a refusal, one launch has to show that others may follow.
    fn most_at_once(&self) -> usize {
        if self.refusals > 0 { 1 } else { AT_ONCE }
    }

    /// Takes one job and begins its launch, or says how long there will be none.
    async fn take_one(&mut self) -> ControlFlow<Duration> {
        let draw = Draw::new();
        let claim = draw.claim(&self.app.settings, self.launcher.name());
        let now = self.app.clock.now();
        let claimed = match timeout(DATABASE, self.app.store.claim(now, claim)).await {
            Ok(Ok(claimed)) => claimed,
            Ok(Err(error)) => {
                if error.is_transient() {
                    self.app.reach.interrupted();
                }
                return ControlFlow::Break(self.failed(&error.to_string()));
            }
            Err(_) => {
                self.app.reach.interrupted();
                return ControlFlow::Break(self.failed("no answer in time"));
            }
        };
        self.failures = 0;
        let wait_until = |at: Timestamp| at.since(now).max(HELD);
        match claimed {
            Claimed::Job(job) => {
                self.launch(&job, draw);
                ControlFlow::Continue(())
            }
            Claimed::NothingDue { next_run_at } => ControlFlow::Break(next_run_at.map_or(LOOK, wait_until)),
            Claimed::Paced { until } => ControlFlow::Break(wait_until(until)),
            // A finish that comes here wakes us; one that another server hears does not.
            Claimed::CapReached => ControlFlow::Break(Duration::from_secs(1)),
        }
    }

    /// How long to leave the database alone.
    fn failed(&mut self, error: &str) -> Duration {
        self.failures = self.failures.saturating_add(1);
        let pause = doubled(Duration::from_millis(250), self.failures).min(LOOK);
        tracing::warn!(error, ?pause, "cannot look for work; trying again");
        pause
    }

    fn launch(&mut self, job: &ClaimedJob, draw: Draw) {
        let attempt = Attempt {
            job: job.job,
            number: job.number,
            upload: job.upload,
            secret: draw.secret,
        };
        let (app, launcher) = (Arc::clone(&self.app), Arc::clone(&self.launcher));
        // How long this job waits if it is refused: at least as long as the launcher will be paused.
        let backoff = pause_after(self.refusals + 1).max(Duration::from_secs(1));
        self.launches
            .spawn(async move { launch(&app, &*launcher, &attempt, backoff).await });
    }

    fn note(&mut self, launched: Result<Result<(), Duration>, JoinError>) {
        match launched {
            Ok(Ok(())) => {
                self.app.metrics.attempt_launched(self.launcher.name());
                self.refusals = 0;
                self.paused_until = Instant::now();
                self.resume();
            }
            Ok(Err(wish)) => self.refused(wish),
            Err(panic) => {
                tracing::error!(%panic, "a launch ended in a defect of ours");
                self.refused(Duration::ZERO);
            }
        }
    }

    fn refused(&mut self, wish: Duration) {
        self.app.metrics.attempt_refused(self.launcher.name());
        self.refusals = self.refusals.saturating_add(1);
        let pause = pause_after(self.refusals).max(wish);
        if !pause.is_zero() {
            self.paused_until = self.paused_until.max(Instant::now() + pause);
            self.app.metrics.launcher_paused(self.launcher.name(), true);
            let (launcher, refusals) = (self.launcher.name(), self.refusals);
            tracing::error!(launcher, refusals, ?pause, "launching is paused; jobs stay queued");
        }
    }

    fn resume(&self) {
        self.app.metrics.launcher_paused(self.launcher.name(), false);
    }
}

/// Launches an attempt and notes what came of it. `Err`: it was refused, and how long the launcher wants to be left alone.
async fn launch(app: &App, launcher: &dyn Launcher, attempt: &Attempt, backoff: Duration) -> Result<(), Duration> {
    let (job, upload, number) = (attempt.job, attempt.upload, attempt.number);
    let answer = timeout(LAUNCH, launcher.launch(attempt)).await;
    let refusal = match answer.unwrap_or_else(|_| Err(LaunchError::new("no answer in time"))) {
        Ok(execution) => {
            tracing::info!(%job, %upload, attempt = number, execution = execution.0, "a worker was launched");
            if let Some(execution) = &execution.0
                && let Err(error) = app.store.launched(job, number, execution).await
            {
                tracing::warn!(%error, %job, "cannot note what was launched");
            }
            return Ok(());
        }
        Err(refusal) => refusal,
    };
    tracing::warn!(%job, %upload, attempt = number, error = %refusal, "a worker could not be launched");
    let wish = refusal.retry_after.unwrap_or_default().min(LONGEST_WISH);
    give_back(app, attempt, backoff.max(wish)).await;
    Err(wish)
}

/// Puts the job of a refused launch back into the queue.
async fn give_back(app: &App, attempt: &Attempt, backoff: Duration) {
    for tries in 1..=TRIES {
        let now = app.clock.now();
        let noted = app
            .store
            .launch_refused(now, attempt.job, attempt.number, now + backoff);
        match timeout(DATABASE, noted).await {
            // Its worker has started after all, or its user has called it off.
            Ok(Ok(()) | Err(StoreError::WrongState(_) | StoreError::NotFound)) => return,
            Ok(Err(error)) => tracing::warn!(%error, job = %attempt.job, "cannot give a job back"),
            Err(_) => tracing::warn!(job = %attempt.job, "cannot give a job back: no answer in time"),
        }
        sleep(doubled(Duration::from_millis(250), tries)).await;
    }
}

/// How long so many refusals in a row pause the launcher: not at all at first, then twice as long each time.
fn pause_after(refusals: u32) -> Duration {
    match refusals.checked_sub(REFUSALS) {
        None => Duration::ZERO,
        Some(more) => doubled(FIRST_PAUSE, more + 1).min(LONGEST_PAUSE),
    }
}

/// `first` at the first time, then twice as long each time.
fn doubled(first: Duration, times: u32) -> Duration {
    first.saturating_mul(1_u32.checked_shl(times.saturating_sub(1)).unwrap_or(u32::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_begin_with_the_third_refusal_and_double_up_to_a_minute() {
        let pauses = [1, 2, 3, 4, 5, 6, 7, 8, 100, u32::MAX].map(|refusals| pause_after(refusals).as_secs());
        assert_eq!(pauses, [0, 0, 5, 10, 20, 40, 60, 60, 60, 60]);
    }
}
