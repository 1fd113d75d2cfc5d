//! What a worker says to the server, and what the answers mean for it.

use std::time::Duration;

use domain::{
    JobId, Secret,
    protocol::{
        FileToPut, Finish, Grant, Granted, Heartbeat, JOB_SECRET, Order, Outcome, Start, Started, WORKER_SECRET,
        WorkerId,
    },
};
use reqwest::{
    Client, Response, StatusCode,
    header::{HeaderMap, HeaderName, HeaderValue, InvalidHeaderValue, RETRY_AFTER},
};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use tokio::time::Instant;

use crate::{
    backoff::Backoff,
    http,
    progress::Reached,
    settings::{ApiUrl, Limits, Settings},
};

/// A hundred presigned URLs are a tenth of this.
const LONGEST_ANSWER: usize = 1 << 20;
/// The server misses files of the tree that it is to publish, or found some too many.
const TREE_INCOMPLETE: &str = "tree_incomplete";

/// Why a callback brought no answer to go on with.
#[derive(Debug, thiserror::Error)]
pub(crate) enum CallError {
    /// 401, 404, 409, 410: the attempt is not ours, or not any more.
    #[error("the server is done with this attempt ({0})")]
    Over(Refusal),
    /// The server did not understand: a defect of ours, which repeating does not mend.
    #[error("the server did not accept the call ({0})")]
    Defect(Refusal),
    /// Another try may do.
    #[error("the server does not answer ({reason})")]
    Unavailable {
        reason: String,
        /// As the server asked.
        after: Option<Duration>,
    },
}

/// An answer that is an error.
#[derive(Debug)]
pub(crate) struct Refusal {
    status: StatusCode,
    /// Of the problem document.
    code: String,
}

impl std::fmt::Display for Refusal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {}", self.status.as_u16(), self.code)
    }
}

#[derive(Deserialize)]
struct Problem {
    code: String,
}

/// One attempt's line to the server.
pub(crate) struct Callbacks {
    client: Client,
    api: ApiUrl,
    job: JobId,
    worker_id: WorkerId,
    execution: Option<String>,
    secrets: HeaderMap,
    limits: Limits,
}

impl Callbacks {
    pub(crate) fn new(client: Client, settings: &Settings, worker_id: WorkerId) -> Result<Self, InvalidHeaderValue> {
        let mut secrets = HeaderMap::new();
        for (name, secret) in [
            (WORKER_SECRET, &settings.worker_secret),
            (JOB_SECRET, &settings.job_secret),
        ] {
            secrets.insert(HeaderName::from_static(name), sensitive(secret)?);
        }
        Ok(Callbacks {
            client,
            api: settings.api.clone(),
            job: settings.job,
            worker_id,
            execution: settings.execution.clone(),
            secrets,
            limits: settings.limits,
        })
    }

    /// Takes up the attempt, or asks once more what it is about: its source's URL is signed anew then. The time is
    /// that of the question, since the lease counts from there.
    pub(crate) async fn start(&self) -> Result<(Instant, Started), CallError> {
        let body = Start {
            worker_id: self.worker_id.clone(),
            execution: self.execution.clone(),
        };
        self.persist(self.limits.calls, async || {
            let sent = Instant::now();
            let started = self.call("start", &body, self.limits.call).await?;
            Ok((sent, started))
        })
        .await
    }

    /// One heartbeat, asked once: the next one is as good as a repetition.
    pub(crate) async fn heartbeat(&self, reached: Reached) -> Result<Order, CallError> {
        let body = Heartbeat {
            worker_id: self.worker_id.clone(),
            progress: reached.encoded,
            duration_seconds: reached.duration,
        };
        self.call("heartbeat", &body, self.limits.call).await
    }

    /// URLs to PUT files to.
    pub(crate) async fn grant(&self, files: Vec<FileToPut>) -> Result<(Instant, Granted), CallError> {
        let body = Grant {
            worker_id: self.worker_id.clone(),
            files,
        };
        self.persist(self.limits.calls, async || {
            let sent = Instant::now();
            let granted = self.call("grant", &body, self.limits.call).await?;
            Ok((sent, granted))
        })
        .await
    }

    /// Says how the attempt ended.
    pub(crate) async fn finish(&self, outcome: &Outcome) -> Result<(), CallError> {
        let body = Finish {
            worker_id: self.worker_id.clone(),
            outcome: outcome.clone(),
        };
        self.persist(self.limits.finishes, async || {
            let _: serde::de::IgnoredAny = self.call("finish", &body, self.limits.finish).await?;
            Ok(())
        })
        .await
    }

    /// Repeats a call for so long at most.
    async fn persist<T>(
        &self,
        patience: Duration,
        call: impl AsyncFn() -> Result<T, CallError>,
    ) -> Result<T, CallError> {
        let until = Instant::now() + patience;
        let mut backoff = Backoff::new(&self.limits);
        loop {
            match call().await {
                Err(CallError::Unavailable { reason, after }) if Instant::now() < until => {
                    tracing::warn!(reason, "the server does not answer; trying again");
                    backoff.wait(after).await;
                }
                answered => return answered,
            }
        }
    }

    async fn call<T: DeserializeOwned>(
        &self,
        verb: &str,
        body: &impl Serialize,
        patience: Duration,
    ) -> Result<T, CallError> {
        let request = self
            .client
            .post(self.api.callback(self.job, verb))
            .headers(self.secrets.clone())
            .timeout(patience)
            .json(body);
        let response = request.send().await.map_err(unavailable)?;
        let status = response.status();
        let after = retry_after(&response);
        let answer = read(response).await?;
        if status.is_success() {
            return serde_json::from_slice(&answer).map_err(|error| {
                // Its text may quote the answer, where the secrets are.
                tracing::error!(
                    verb,
                    line = error.line(),
                    column = error.column(),
                    "an answer is not understood"
                );
                CallError::Defect(Refusal {
                    status,
                    code: "unreadable".into(),
                })
            });
        }
        let problem: Option<Problem> = serde_json::from_slice(&answer).ok();
        let code = problem.map_or_else(
            || "without a code".into(),
            |problem| problem.code.chars().take(64).collect(),
        );
        let refusal = Refusal { status, code };
        Err(match status.as_u16() {
            // The one 409 that is about what we made, and not about whose attempt it is.
            409 if refusal.code == TREE_INCOMPLETE => CallError::Defect(refusal),
            401 | 404 | 409 | 410 => CallError::Over(refusal),
            408 | 429 | 500.. => CallError::Unavailable {
                reason: refusal.to_string(),
                after,
            },
            _ => CallError::Defect(refusal),
        })
    }
}

fn sensitive(secret: &Secret) -> Result<HeaderValue, InvalidHeaderValue> {
    let mut value = HeaderValue::from_str(secret.reveal())?;
    value.set_sensitive(true);
    Ok(value)
}

fn unavailable(error: reqwest::Error) -> CallError {
    CallError::Unavailable {
        reason: http::plain(error),
        after: None,
    }
}

/// In seconds; the other form, a date, would need a clock that agrees with the server's.
fn retry_after(response: &Response) -> Option<Duration> {
    let seconds = response.headers().get(RETRY_AFTER)?.to_str().ok()?.parse().ok()?;
    Some(Duration::from_secs(seconds))
}

async fn read(mut response: Response) -> Result<Vec<u8>, CallError> {
    let mut answer = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(unavailable)? {
        if answer.len() + chunk.len() > LONGEST_ANSWER {
            return Err(CallError::Unavailable {
                reason: "an endless answer".into(),
                after: None,
            });
        }
        answer.extend_from_slice(&chunk);
    }
    Ok(answer)
}
