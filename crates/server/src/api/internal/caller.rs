//! Who calls, by the secrets in the headers, and how they are turned away.

use axum::{
    extract::FromRequestParts,
    http::{HeaderMap, StatusCode, request::Parts},
};
use domain::{
    JobId, Secret,
    protocol::{JOB_SECRET, POOL_SECRET, WORKER_SECRET, WorkerId},
};
use store::{CallbackError, Caller, StoreError};

use crate::{Problem, extract::JobPath, state::App};

/// A worker of this deployment, about the job in the path, with the secret of one of its attempts. Whether that is right,
/// the database says.
pub(crate) struct FromWorker {
    pub(crate) job: JobId,
    secret: Secret,
}

/// A worker of a pool that pulls.
pub(crate) struct FromPool;

impl FromWorker {
    pub(crate) fn caller<'a>(&'a self, worker: &'a WorkerId) -> Caller<'a> {
        Caller {
            job: self.job,
            secret: &self.secret,
            worker,
        }
    }
}

impl FromRequestParts<App> for FromWorker {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Problem> {
        check(&parts.headers, WORKER_SECRET, &app.settings.worker_secret)?;
        let JobPath(job) = JobPath::from_request_parts(parts, app).await?;
        let secret = presented(&parts.headers, JOB_SECRET).ok_or_else(wrong_secret)?;
        Ok(Self { job, secret })
    }
}

impl FromRequestParts<App> for FromPool {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Problem> {
        check(&parts.headers, WORKER_SECRET, &app.settings.worker_secret)?;
        let secret = app.settings.pool_secret.as_ref().ok_or_else(wrong_secret)?;
        check(&parts.headers, POOL_SECRET, secret)?;
        Ok(Self)
    }
}

fn check(headers: &HeaderMap, name: &str, secret: &Secret) -> Result<(), Problem> {
    let is_right = presented(headers, name).is_some_and(|presented| secret.hash().matches(&presented));
    is_right.then_some(()).ok_or_else(wrong_secret)
}

fn presented(headers: &HeaderMap, name: &str) -> Option<Secret> {
    headers.get(name)?.to_str().ok().map(Secret::new)
}

fn wrong_secret() -> Problem {
    Problem::unauthorized("a secret is missing or wrong")
}

/// What a worker is told when a callback changed nothing. An outage of the database is noted, since workers that could not
/// be heard must not be taken for silent ones.
pub(crate) fn refusal(app: &App, error: CallbackError) -> Problem {
    match error {
        CallbackError::NoSuchJob | CallbackError::Store(StoreError::NotFound) => Problem::not_found("job"),
        CallbackError::Unauthorized => wrong_secret(),
        CallbackError::OtherWorker => Problem::conflict("other_worker", "another process has this attempt"),
        CallbackError::Over => Problem::new(StatusCode::GONE, "attempt_over", "this attempt is over"),
        // The row was being changed over and over: nothing that the worker must stop for.
        CallbackError::Store(error @ StoreError::WrongState(_)) => Problem::unavailable(error),
        CallbackError::Store(error) => {
            if error.is_transient() {
                app.reach.interrupted();
            }
            error.into()
        }
    }
}
