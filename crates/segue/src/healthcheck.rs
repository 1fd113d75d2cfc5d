//! `segue healthcheck`: what a container's platform asks.

use std::time::Duration;

use client::Client;

use crate::{failure::Failure, print};

/// Less than the time after which platforms give up by themselves.
const DEADLINE: Duration = Duration::from_secs(4);

/// Ask a server whether it is ready: exit code 0 if it is, 1 otherwise
#[derive(clap::Args)]
pub(crate) struct Args {
    /// What to ask
    #[arg(
        long,
        env = "SEGUE_HEALTHCHECK_URL",
        value_name = "URL",
        default_value = "http://127.0.0.1:8080/readyz"
    )]
    url: String,
}

pub(crate) async fn run(args: &Args) -> Result<(), Failure> {
    let health = Client::health(&args.url, DEADLINE).await;
    health.map_err(|error| Failure::other("not_ready", format!("not ready: {error}")))?;
    print::to_stdout("ready")
}
