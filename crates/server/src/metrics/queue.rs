//! What is read when somebody asks.

use std::{sync::atomic::AtomicU64, time::Duration};

use prometheus_client::{
    metrics::gauge::Gauge,
    registry::{Registry, Unit},
};
use store::QueueStats;
use tokio::time::timeout;

use crate::state::State;

const DEADLINE: Duration = Duration::from_secs(3);
/// A worker that has not been heard from for so long does not count.
const HEARD_WITHIN: Duration = Duration::from_mins(1);

/// The queue as it is now, and the streams that are open here.
pub(super) async fn figures(app: &State) -> Registry {
    let stats = app.metrics.queue.get(stats(app)).await;
    let mut registry = Registry::with_prefix("segue");
    let streams = u64::try_from(app.changes.streams()).unwrap_or(u64::MAX);
    gauge(
        &mut registry,
        "event_streams",
        "Event streams that are open on this server",
        streams,
    );
    gauge(
        &mut registry,
        "database_up",
        "Whether the database answered; without it the queue's figures are missing",
        stats.is_some().into(),
    );
    if let Some(stats) = stats {
        queue(&mut registry, app, stats);
    }
    registry
}

async fn stats(app: &State) -> Option<QueueStats> {
    let since = app.clock.now() - HEARD_WITHIN;
    match timeout(DEADLINE, app.store.queue_stats(since)).await {
        Ok(Ok(stats)) => return Some(stats),
        Ok(Err(error)) => tracing::warn!(%error, "the queue's figures cannot be read"),
        Err(_) => tracing::warn!("the queue's figures did not come in time"),
    }
    None
}

fn queue(registry: &mut Registry, app: &State, stats: QueueStats) {
    gauge(registry, "jobs_queued", "Jobs that wait, due or not", stats.queued);
    gauge(
        registry,
        "attempts_in_flight",
        "Attempts that have not ended",
        stats.in_flight,
    );
    gauge(
        registry,
        "workers",
        "Workers heard from in the last minute",
        stats.workers,
    );
    let waiting = if stats.workers == 0 { stats.queued } else { 0 };
    gauge(
        registry,
        "jobs_waiting_without_worker",
        "Jobs that wait while no worker has been heard from for a minute",
        waiting,
    );
    let age = stats
        .oldest_queued
        .map_or(Duration::ZERO, |at| app.clock.now().since(at));
    let oldest = Gauge::<f64, AtomicU64>::default();
    oldest.set(age.as_secs_f64());
    registry.register_with_unit(
        "oldest_queued_job_age",
        "How long the job that has waited longest has waited",
        Unit::Seconds,
        oldest,
    );
}

fn gauge(registry: &mut Registry, name: &'static str, help: &'static str, value: u64) {
    let gauge = Gauge::<i64>::default();
    gauge.set(i64::try_from(value).unwrap_or(i64::MAX));
    registry.register(name, help, gauge);
}
