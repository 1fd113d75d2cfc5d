//! The verbs of the queue, by [`CLAIMERS`] tasks at a time.

use std::{sync::Arc, time::Duration};

use domain::{
    JobId, Ladder, Secret, Timestamp, TreeName,
    protocol::{RenditionReport, Report, WorkerId},
};
use store::{Caller, Claim, Claimed, Finished, Store};
use tokio::task::JoinSet;

use crate::{CLAIMERS, JOBS, Result, chance, engine::Engine, ids::NOW};

/// So high that it never holds anybody up, and drawn from so wide that two rarely draw the same.
const CAP: u32 = 1 << 30;

#[derive(Clone)]
pub(crate) struct Attempt {
    job: JobId,
    secret: Secret,
    worker: WorkerId,
}

impl Attempt {
    fn caller(&self) -> Caller<'_> {
        Caller {
            job: self.job,
            secret: &self.secret,
            worker: &self.worker,
        }
    }
}

pub(crate) async fn claim(engine: &Engine) -> Result<Vec<Attempt>> {
    let mut claimers = JoinSet::new();
    for claimer in 0..CLAIMERS {
        let store = Arc::clone(&engine.store);
        claimers.spawn(async move {
            let mut attempts = Vec::new();
            for _ in 0..JOBS / CLAIMERS {
                attempts.push(claim_one(&*store, claimer).await?);
            }
            Ok::<_, Box<dyn std::error::Error + Send + Sync>>(attempts)
        });
    }
    let mut attempts = Vec::new();
    while let Some(claimed) = claimers.join_next().await {
        attempts.extend(claimed??);
    }
    Ok(attempts)
}

async fn claim_one(store: &dyn Store, claimer: usize) -> Result<Attempt> {
    let secret = Secret::generate(chance::bytes);
    let claim = Claim {
        tree: TreeName::generate(chance::bytes),
        secret: secret.hash(),
        launcher: "bench",
        cap: CAP,
        slot_hint: u32::try_from(chance::number() >> 32)?,
        launch_lease: Duration::from_mins(10),
        deadline: Duration::from_hours(6),
        pace: None,
    };
    match store.claim(Timestamp::from_millis(NOW), claim).await? {
        Claimed::Job(job) => Ok(Attempt {
            job: job.job,
            secret,
            worker: format!("worker-{claimer}").try_into()?,
        }),
        other => Err(format!("nothing to claim: {other:?}").into()),
    }
}

/// What is done with attempts.
#[derive(Clone, Copy)]
pub(crate) enum Step {
    Start,
    Finish,
}

/// Does the same with every attempt.
pub(crate) async fn each(engine: &Engine, attempts: &[Attempt], step: Step) -> Result<()> {
    let mut workers = JoinSet::new();
    for attempts in attempts.chunks(JOBS / CLAIMERS) {
        let (store, attempts) = (Arc::clone(&engine.store), attempts.to_vec());
        workers.spawn(async move {
            for attempt in &attempts {
                one(&*store, attempt, step).await?;
            }
            Ok::<_, Box<dyn std::error::Error + Send + Sync>>(())
        });
    }
    while let Some(done) = workers.join_next().await {
        done??;
    }
    Ok(())
}

async fn one(store: &dyn Store, attempt: &Attempt, step: Step) -> Result<()> {
    let now = Timestamp::from_millis(NOW);
    match step {
        Step::Start => {
            store.start(now, attempt.caller(), None, Duration::from_mins(1)).await?;
        }
        Step::Finish => {
            let finished = store.finish_published(now, attempt.caller(), &report()).await?;
            if finished != Finished::Published {
                return Err(format!("not published: {finished:?}").into());
            }
        }
    }
    Ok(())
}

fn report() -> Report {
    let rendition = |rung: &domain::Rung| RenditionReport {
        rung: *rung,
        segments: 40,
        bandwidth: u64::from(rung.bits_per_second()) + 9_000,
        average_bandwidth: u64::from(rung.bits_per_second()) + 5_000,
    };
    Report {
        duration_seconds: 239.5,
        codec: "flac".into(),
        title: Some("A Song".into()),
        artist: Some("An Artist".into()),
        album: None,
        renditions: Ladder::default().rungs().iter().map(rendition).collect(),
    }
}
