//! Telling the server how the attempt ended.

use domain::{Failure, protocol::Outcome};
use tokio::{
    pin,
    time::{Instant, sleep, sleep_until},
};
use tokio_util::sync::CancellationToken;

use crate::{
    attempt::Exit,
    callbacks::{CallError, Callbacks},
    heart::{Arrest, Heart},
    settings::Limits,
};

pub(crate) struct Ending<'a> {
    pub(crate) callbacks: &'a Callbacks,
    pub(crate) limits: Limits,
    pub(crate) cancel: &'a CancellationToken,
}

impl Ending<'_> {
    /// Says `outcome` until it is heard, the attempt is over, or we have to go. Also beyond the lease: as long as nobody
    /// has taken the attempt away, the server still wants to know, and an outage of the server's is then no failure of ours.
    pub(crate) async fn tell(&self, outcome: Outcome, heart: &mut Heart<'_>) -> Exit {
        match self.say(&outcome, heart).await {
            // Whatever the server has against our tree, somebody must end the attempt.
            Err(CallError::Defect(refusal)) if matches!(outcome, Outcome::Ready { .. }) => {
                tracing::error!(%refusal, "the server does not take the tree");
                let message = "what was made of this file was not accepted";
                let failure = Failure::transient("tree_refused", message);
                let outcome = Outcome::Failed { failure };
                let said = self.say(&outcome, heart).await;
                exit(outcome, said)
            }
            said => exit(outcome, said),
        }
    }

    /// Says `outcome` of an attempt that may or may not have been started: there is no lease yet.
    pub(crate) async fn give_up(&self, outcome: Outcome) -> Exit {
        let must_go = async {
            self.cancel.cancelled().await;
            sleep(self.limits.hand_back).await;
        };
        let said = tokio::select! {
            said = self.callbacks.finish(&outcome) => said,
            () = must_go => Err(too_late()),
        };
        exit(outcome, said)
    }

    async fn say(&self, outcome: &Outcome, heart: &mut Heart<'_>) -> Result<(), CallError> {
        let told = self.callbacks.finish(outcome);
        pin!(told);
        let mut until = Instant::now() + self.limits.finishes;
        let mut is_beating = Instant::now() < heart.lease_until();
        let mut must_go = false;
        loop {
            tokio::select! {
                biased;
                said = &mut told => return said,
                arrest = heart.beat(), if is_beating => {
                    is_beating = false;
                    // It may be over because of what we have just said, and the answer to that was lost.
                    if matches!(arrest, Arrest::Over) {
                        until = until.min(heart.lease_until());
                    }
                }
                () = self.cancel.cancelled(), if !must_go => {
                    must_go = true;
                    until = until.min(Instant::now() + self.limits.hand_back);
                }
                () = sleep_until(until) => return Err(too_late()),
            }
        }
    }
}

fn too_late() -> CallError {
    CallError::Unavailable {
        reason: "there was no answer in time".into(),
        after: None,
    }
}

fn exit(outcome: Outcome, said: Result<(), CallError>) -> Exit {
    match said {
        Ok(()) => match outcome {
            Outcome::Ready { .. } => Exit::Ready,
            Outcome::Failed { failure } => Exit::Failed(failure),
            Outcome::HandedBack | Outcome::Unheard => Exit::HandedBack,
        },
        Err(CallError::Over(refusal)) => {
            tracing::info!(%refusal, "the attempt was over before its end was told");
            Exit::Stopped
        }
        Err(error) => {
            tracing::error!(%error, "the server could not be told how the attempt ended");
            Exit::Lost
        }
    }
}
