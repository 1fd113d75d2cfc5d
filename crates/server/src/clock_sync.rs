//! The database's clock, which all servers follow.

use std::time::Duration;

use domain::Timestamp;
use store::StoreError;
use tokio::time::{Instant, sleep, timeout};
use tokio_util::sync::CancellationToken;

use crate::state::App;

/// Between two questions.
const EVERY: Duration = Duration::from_secs(30);
/// For one answer.
const PATIENCE: Duration = Duration::from_secs(10);
/// An answer that was so long under way says too little.
const LONGEST_WAY: Duration = Duration::from_secs(2);

/// Asks the database for the time and sets our clock by it. A database without a clock of its own is on this machine.
pub(crate) struct ClockSync {
    app: App,
}

impl ClockSync {
    pub(crate) fn new(app: App) -> Self {
        Self { app }
    }

    /// Until `stop`. Nothing that fails ends it.
    pub(crate) async fn run(self, stop: CancellationToken) {
        loop {
            self.ask().await;
            tokio::select! {
                () = stop.cancelled() => return,
                () = sleep(EVERY) => {}
            }
        }
    }

    /// Once, with what the answer says put to use.
    pub(crate) async fn ask(&self) {
        let asked = Instant::now();
        let answer = timeout(PATIENCE, self.app.store.database_now()).await;
        self.hear(answer.ok(), asked.elapsed());
    }

    fn hear(&self, answer: Option<Result<Option<Timestamp>, StoreError>>, took: Duration) {
        match answer {
            Some(Ok(None)) => {}
            Some(Ok(Some(_))) if took > LONGEST_WAY => {
                tracing::warn!(?took, "the database's time took too long to say; keeping to the last");
            }
            Some(Ok(Some(then))) => {
                // It was read half way between the question and the answer.
                let before = self.app.clock.drift_millis();
                self.app.clock.follow(then + took / 2);
                let drift = self.app.clock.drift_millis();
                if drift.abs() > 1_000 && before.abs() <= 1_000 {
                    tracing::warn!(
                        drift_millis = drift,
                        "this machine's clock is not the database's; set it"
                    );
                }
            }
            Some(Err(error)) => {
                self.app.reach.interrupted();
                tracing::warn!(%error, "cannot ask the database for the time");
            }
            None => {
                self.app.reach.interrupted();
                tracing::warn!("the database does not say the time");
            }
        }
    }
}
