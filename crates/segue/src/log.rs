//! The log, on stderr.

use std::{
    env,
    io::{self, IsTerminal},
};

use tracing::{Subscriber, level_filters::LevelFilter};
use tracing_subscriber::{Layer, filter::Targets, layer::SubscriberExt, registry::LookupSpan};

use crate::failure::Failure;

/// Libraries that say more than anybody wants to know, requests and their headers included: warnings at most.
const NOISY: [&str; 8] = ["aws", "h2", "hyper", "reqwest", "rustls", "s3s", "sqlx", "tower"];

/// As `SEGUE_LOG` and `SEGUE_LOG_FORMAT` say.
pub(crate) fn init(default: LevelFilter) -> Result<(), Failure> {
    let level = level()?.unwrap_or(default);
    let noisy = NOISY.map(|library| (library, level.min(LevelFilter::WARN)));
    let filter = Targets::new().with_default(level).with_targets(noisy);
    let subscriber = tracing_subscriber::registry().with(format()?.with_filter(filter));
    tracing::subscriber::set_global_default(subscriber).map_err(|error| Failure::other("log", error.to_string()))
}

/// off, error, warn, info, debug or trace.
fn level() -> Result<Option<LevelFilter>, Failure> {
    let Some(level) = env::var_os("SEGUE_LOG") else {
        return Ok(None);
    };
    let parsed = level.to_str().and_then(|level| level.parse().ok());
    let wrong = || Failure::usage("usage", "SEGUE_LOG must be off, error, warn, info, debug or trace");
    parsed.map(Some).ok_or_else(wrong)
}

fn format<S: Subscriber + for<'a> LookupSpan<'a>>() -> Result<Box<dyn Layer<S> + Send + Sync>, Failure> {
    let layer = tracing_subscriber::fmt::layer()
        .with_writer(io::stderr)
        .with_ansi(io::stderr().is_terminal());
    match env::var_os("SEGUE_LOG_FORMAT").as_deref().map(|format| format.to_str()) {
        None | Some(Some("" | "human")) => Ok(layer.boxed()),
        Some(Some("json")) => Ok(layer.json().boxed()),
        Some(_) => Err(Failure::usage("usage", "SEGUE_LOG_FORMAT must be human or json")),
    }
}
