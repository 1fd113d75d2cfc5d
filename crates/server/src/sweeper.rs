//! Uploads whose browsers never came back.

use std::time::Duration;

use domain::{Timestamp, UploadId};
use store::{StoreError, SweepCursor};
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;

use crate::{
    App,
    settle::{Settling, settle},
    source,
};

const PAUSE: Duration = Duration::from_secs(30);
/// How long after the last URL ran out a browser is given to say that it is done.
const QUIET: Duration = Duration::from_mins(2);
/// Most passes look only at uploads whose last URL ran out so recently: without a URL, little can change any more.
const RECENT: Duration = Duration::from_mins(10);
/// How often a pass looks at all of them: a request that began in time may end long after.
const WHOLE_EVERY: Duration = Duration::from_hours(1);
/// After this long without a URL an upload is abandoned,
const ABANDONED: Duration = Duration::from_hours(24);
/// or after this, where the bucket could not always be asked whether the file is there after all.
const ABANDONED_UNSEEN: Duration = Duration::from_hours(7 * 24);
const PAGE: u32 = 100;
/// Of one round.
const PAGES: usize = 10;
/// After so many, a round ends: each may have taken as long as the bucket is given to answer.
const MOST_FAILURES: usize = 5;

/// Settles the transfers that nobody completes, and ends those that never will be.
pub struct Sweeper {
    app: App,
    pass: Pass,
    next_whole: Timestamp,
}

/// One way through the uploads under way, by when their URLs ran out. It may take several rounds.
#[derive(Clone, Copy)]
struct Pass {
    after: Option<SweepCursor>,
    is_whole: bool,
    /// Whether every upload so far could be looked at.
    is_clean: bool,
}

impl Pass {
    const WHOLE: Self = Self {
        after: None,
        is_whole: true,
        is_clean: true,
    };

    fn recent(now: Timestamp) -> Self {
        let lowest = UploadId::new(Timestamp::from_millis(0), [0; 10]);
        Self {
            after: Some(SweepCursor {
                urls_until: now - QUIET - RECENT,
                id: lowest,
            }),
            is_whole: false,
            is_clean: true,
        }
    }
}

impl Sweeper {
    /// Sweeps until it is told to stop.
    pub async fn run(app: App, stop: CancellationToken) {
        let mut sweeper = Self {
            pass: Pass::WHOLE,
            next_whole: app.clock.now() + WHOLE_EVERY,
            app,
        };
        let rounds = async {
            loop {
                if let Err(error) = sweeper.round().await {
                    tracing::warn!(%error, "a round of the sweeper was cut short");
                }
                sleep(PAUSE).await;
            }
        };
        stop.run_until_cancelled(rounds).await;
    }

    async fn round(&mut self) -> Result<(), StoreError> {
        if !sweep(&self.app, &mut self.pass).await? {
            return Ok(());
        }
        let now = self.app.clock.now();
        self.pass = if now >= self.next_whole {
            self.next_whole = now + WHOLE_EVERY;
            Pass::WHOLE
        } else {
            Pass::recent(now)
        };
        Ok(())
    }
}

/// One whole pass, for tests.
pub async fn sweep_once(app: &App) -> Result<(), StoreError> {
    let mut pass = Pass::WHOLE;
    while !sweep(app, &mut pass).await? {}
    Ok(())
}

/// Goes on with a pass, for as much as one round may do. `true`: it is over.
async fn sweep(app: &App, pass: &mut Pass) -> Result<bool, StoreError> {
    let before = app.clock.now() - QUIET;
    let mut failures = 0;
    for _ in 0..PAGES {
        let uploads = app.store.to_settle(before, pass.after, PAGE).await?;
        for upload in &uploads {
            pass.after = Some(SweepCursor {
                urls_until: upload.source_urls_until,
                id: upload.id,
            });
            match settle(app, upload).await {
                Ok(Settling::SourceMissing | Settling::PartsMissing { .. }) => {}
                Ok(outcome) => tracing::info!(upload = %upload.id, ?outcome, "settled what its browser did not"),
                Err(error) if error.is_overtaken() => {}
                Err(error) => {
                    tracing::warn!(upload = %upload.id, %error, "could not settle an upload; it will be tried again");
                    pass.is_clean = false;
                    failures += 1;
                    if failures == MOST_FAILURES {
                        return Ok(false);
                    }
                }
            }
        }
        if uploads.len() < PAGE as usize {
            if pass.is_whole {
                abandon(app, if pass.is_clean { ABANDONED } else { ABANDONED_UNSEEN }).await?;
            }
            return Ok(true);
        }
    }
    Ok(false)
}

async fn abandon(app: &App, age: Duration) -> Result<(), StoreError> {
    for _ in 0..PAGES {
        let now = app.clock.now();
        let abandoned = app.store.abandon(now, now - age, PAGE).await?;
        for upload in &abandoned {
            tracing::info!(upload = %upload.id, "an upload was abandoned");
            source::drop_parts(app, upload).await;
        }
        if abandoned.len() < PAGE as usize {
            break;
        }
    }
    Ok(())
}
