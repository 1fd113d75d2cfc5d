//! Figures for operators, in `OpenMetrics`' text.

mod counters;
mod http;
mod queue;

pub(crate) use counters::Metrics;
pub(crate) use http::with_metrics;
