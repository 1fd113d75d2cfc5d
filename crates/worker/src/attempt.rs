//! One attempt, from `start` to `finish`, and what may end it early.

use std::time::Duration;

use domain::{
    Failure,
    protocol::{Outcome, WorkerId},
};
use reqwest::Client;
use tokio::time::{sleep_until, timeout};
use tokio_util::sync::CancellationToken;
use tracing::{Instrument, field};

use crate::{
    callbacks::{CallError, Callbacks},
    ending::Ending,
    failure::WorkError,
    heart::{Arrest, Heart},
    http,
    progress::Progress,
    settings::Settings,
    work::Work,
};

/// How long the work may take to stop. A killed child is gone at once; what is left after this is removed by the next
/// attempt.
const STOPPING: Duration = Duration::from_secs(15);

/// How it went.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Exit {
    /// The tree is published.
    Ready,
    /// There is no tree, and the server knows why.
    Failed(Failure),
    /// We were told to go, or heard nothing for a whole lease; and the server knows.
    HandedBack,
    /// The attempt was another's, called off, or over.
    Stopped,
    /// The server could not be told.
    Lost,
}

/// Works on one attempt until it has ended in one way or another. `cancel` hands it back. Children and the temporary
/// folder are gone when this returns; dropped, it kills the children.
pub async fn run(settings: Settings, cancel: CancellationToken) -> Exit {
    // Of the highest level, so that no setting of the log hides which job a line is about.
    let span = tracing::error_span!("attempt", job = %settings.job, upload = field::Empty, attempt = field::Empty);
    let exit = attempt(&settings, &cancel).instrument(span.clone()).await;
    span.in_scope(|| tracing::info!(?exit, "the attempt has ended"));
    exit
}

async fn attempt(settings: &Settings, cancel: &CancellationToken) -> Exit {
    let Some((client, callbacks)) = connect(settings) else {
        return Exit::Lost;
    };
    let ending = Ending {
        callbacks: &callbacks,
        limits: settings.limits,
        cancel,
    };
    let started = tokio::select! {
        biased;
        () = cancel.cancelled() => return ending.give_up(Outcome::HandedBack).await,
        started = callbacks.start() => started,
    };
    let (sent, started) = match started {
        Ok(started) => started,
        Err(CallError::Over(refusal)) => {
            tracing::info!(%refusal, "there is nothing to do here");
            return Exit::Stopped;
        }
        // Perhaps it was, and only we do not know.
        Err(error) => {
            tracing::error!(%error, "the attempt could not be started");
            return ending.give_up(Outcome::Unheard).await;
        }
    };
    tracing::Span::current()
        .record("upload", field::display(started.upload))
        .record("attempt", started.attempt);
    tracing::info!(size = started.source.size, "started");

    let progress = Progress::default();
    let lease = seconds(started.lease_seconds);
    let mut heart = Heart::new(&callbacks, &progress, settings.limits, sent, lease);
    let work = Work {
        settings,
        client: &client,
        callbacks: &callbacks,
        started: &started,
        progress: &progress,
        deadline: sent + seconds(started.deadline_seconds),
    };
    let outcome = match until_an_end(&work, &mut heart, cancel).await {
        End::Outcome(outcome) => outcome,
        End::Exit(exit) => return exit,
    };
    ending.tell(outcome, &mut heart).await
}

/// What is left to do after the work.
enum End {
    /// To say this.
    Outcome(Outcome),
    /// Nothing.
    Exit(Exit),
}

/// Works, and stops the work when it must.
async fn until_an_end(work: &Work<'_>, heart: &mut Heart<'_>, cancel: &CancellationToken) -> End {
    let stop = CancellationToken::new();
    let mut running = Box::pin(work.run(&stop));
    let end = tokio::select! {
        biased;
        done = &mut running => return match done {
            Ok(report) => End::Outcome(Outcome::Ready { report }),
            Err(WorkError::Failed(failure)) => End::Outcome(Outcome::Failed { failure }),
            Err(WorkError::Over | WorkError::Stopped) => End::Exit(Exit::Stopped),
        },
        arrest = heart.beat() => match arrest {
            Arrest::Over => End::Exit(Exit::Stopped),
            // Somebody else may have the job by now. If not, it need not wait until our silence is noticed.
            Arrest::LeaseLost => End::Outcome(Outcome::Unheard),
        },
        () = cancel.cancelled() => {
            tracing::info!("told to go: handing the attempt back");
            End::Outcome(Outcome::HandedBack)
        }
        () = sleep_until(work.deadline) => {
            tracing::error!("the attempt's time is up");
            End::Outcome(Outcome::Failed { failure: Failure::deadline() })
        }
    };
    stop.cancel();
    if timeout(STOPPING, running).await.is_err() {
        tracing::error!("the work does not stop; leaving it");
    }
    end
}

fn connect(settings: &Settings) -> Option<(Client, Callbacks)> {
    let client = http::client()
        .inspect_err(|_| tracing::error!("there is no HTTP client"))
        .ok()?;
    let worker_id = worker_id()?;
    tracing::debug!(worker = worker_id.as_str(), "this process");
    let callbacks = Callbacks::new(client.clone(), settings, worker_id)
        .inspect_err(|_| tracing::error!("a secret is not fit for a header; was it cut or mistyped?"))
        .ok()?;
    Some((client, callbacks))
}

/// Drawn anew by each process: that is how the server tells one that was launched twice.
fn worker_id() -> Option<WorkerId> {
    let mut random = [0; 16];
    getrandom::fill(&mut random)
        .inspect_err(|error| tracing::error!(%error, "this system gives no random numbers"))
        .ok()?;
    format!("{:032x}", u128::from_be_bytes(random)).try_into().ok()
}

fn seconds(seconds: u32) -> Duration {
    Duration::from_secs(seconds.into())
}
