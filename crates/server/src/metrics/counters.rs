//! What is counted while it happens.

use prometheus_client::{
    encoding::{
        EncodeLabelSet,
        text::{encode_eof, encode_registry},
    },
    metrics::{counter::Counter, family::Family, gauge::Gauge},
    registry::Registry,
};
use store::{QueueStats, Why};

use super::{http::Requests, queue};
use crate::{cached::Cached, state::State};

/// What is counted and measured.
pub(crate) struct Metrics {
    registry: Registry,
    pub(super) requests: Requests,
    pub(super) queue: Cached<Option<QueueStats>>,
    launched: Family<Launcher, Counter>,
    refused: Family<Launcher, Counter>,
    paused: Family<Launcher, Gauge>,
    rescued: Family<Reason, Counter>,
    finished: Family<Outcome, Counter>,
    settled: Family<Outcome, Counter>,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Launcher {
    launcher: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Reason {
    reason: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Outcome {
    outcome: &'static str,
}

impl Metrics {
    pub(crate) fn new() -> Self {
        let mut registry = Registry::with_prefix("segue");
        let metrics = Self {
            requests: Requests::new(&mut registry),
            queue: Cached::new(),
            launched: Family::default(),
            refused: Family::default(),
            paused: Family::default(),
            rescued: Family::default(),
            finished: Family::default(),
            settled: Family::default(),
            registry: Registry::default(),
        };
        let mut counter = |name, help, family: &Family<_, Counter>| registry.register(name, help, family.clone());
        counter("attempts_launched", "Attempts that a launcher took", &metrics.launched);
        counter(
            "attempts_refused",
            "Attempts that a launcher did not take",
            &metrics.refused,
        );
        registry.register(
            "launcher_paused",
            "Whether a launcher refused so often that it is left alone for a while",
            metrics.paused.clone(),
        );
        registry.register("jobs_rescued", "Jobs that were stuck, by why", metrics.rescued.clone());
        let mut counter = |name, help, family: &Family<_, Counter>| registry.register(name, help, family.clone());
        counter(
            "attempts_finished",
            "Attempts that their workers finished",
            &metrics.finished,
        );
        counter("uploads_settled", "Transfers that came to an end", &metrics.settled);
        Self { registry, ..metrics }
    }

    /// A launcher took an attempt.
    pub(crate) fn attempt_launched(&self, launcher: &'static str) {
        self.launched.get_or_create(&Launcher { launcher }).inc();
    }

    /// A launcher did not take an attempt.
    pub(crate) fn attempt_refused(&self, launcher: &'static str) {
        self.refused.get_or_create(&Launcher { launcher }).inc();
    }

    /// A launcher is left alone for a while, or not any more.
    pub(crate) fn launcher_paused(&self, launcher: &'static str, is_paused: bool) {
        self.paused.get_or_create(&Launcher { launcher }).set(is_paused.into());
    }

    /// The rescuer moved a job.
    pub(crate) fn job_rescued(&self, why: Why) {
        let reason = match why {
            Why::LeaseLost => "lease_lost",
            Why::NeverStarted => "never_started",
            Why::Deadline => "deadline",
            Why::NoCapacity => "no_capacity",
        };
        self.rescued.get_or_create(&Reason { reason }).inc();
    }

    /// A worker finished its attempt: `published`, `requeued` or `failed`. Not for what it says again.
    pub(crate) fn attempt_finished(&self, outcome: &'static str) {
        self.finished.get_or_create(&Outcome { outcome }).inc();
    }

    /// A transfer came to an end: `queued`, `size_mismatch` or `abandoned`. Not for what was settled before.
    pub(crate) fn upload_settled(&self, outcome: &'static str) {
        self.settled.get_or_create(&Outcome { outcome }).inc();
    }

    /// All of it as text. Without the queue's figures where the database does not answer: old ones would be taken for new.
    pub(crate) async fn text(&self, app: &State) -> Result<String, std::fmt::Error> {
        let mut text = String::new();
        encode_registry(&mut text, &self.registry)?;
        encode_registry(&mut text, &queue::figures(app).await)?;
        encode_eof(&mut text)?;
        Ok(text)
    }
}
