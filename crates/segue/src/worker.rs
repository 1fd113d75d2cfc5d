//! `segue worker`: one attempt at a job, as a launcher starts it.

use std::{env, num::NonZeroUsize, path::PathBuf};

use ::worker::{ApiUrl, Exit, Limits, Settings};
use domain::{JobId, Secret};

use crate::{failure::Failure, settings::MediaArgs, signals::cancelled_by_signals};

const WORK_DIR: &str = "SEGUE_WORK_DIR";
/// Enough to keep a connection busy while another waits for its answer.
const TRANSFERS: usize = 4;
/// What the platforms call the execution that this process is, where they say so.
const EXECUTIONS: [&str; 3] = ["SEGUE_EXECUTION", "CONTAINER_APP_JOB_EXECUTION_NAME", "FLY_MACHINE_ID"];

/// Work on one job for a server. Started by it, with the secrets in `SEGUE_JOB_SECRET` and `SEGUE_WORKER_SECRET`
#[derive(clap::Args)]
pub(crate) struct Args {
    /// The server's address, as this machine reaches it
    #[arg(long, env = "SEGUE_API_URL", value_name = "URL")]
    api_url: ApiUrl,

    /// The job to work on
    #[arg(long, env = "SEGUE_JOB_ID", value_name = "ID")]
    job_id: JobId,

    /// The folder for temporary files [default: the system's]
    #[arg(long, env = WORK_DIR, value_name = "DIR")]
    work_dir: Option<PathBuf>,

    /// The most ffmpeg processes to run at once [default: one more than there are cores]
    #[arg(long, env = "SEGUE_WORKERS", value_name = "N")]
    workers: Option<NonZeroUsize>,

    #[command(flatten)]
    media: MediaArgs,
}

/// Ends well whenever the attempt has ended in order, a failure that the server knows of included.
pub(crate) async fn run(args: Args) -> Result<(), Failure> {
    let cancel = cancelled_by_signals()?;
    // Before the secrets are read: this also hides the process, so that nobody finds them in its `/proc` or in a core
    // dump. They stay in its environment, since taking them out is `unsafe`; children are given an empty one.
    let sandbox = args.media.sandbox()?;
    let settings = Settings {
        api: args.api_url,
        job: args.job_id,
        job_secret: secret("SEGUE_JOB_SECRET")?,
        worker_secret: secret("SEGUE_WORKER_SECRET")?,
        execution: execution(),
        work_dir: args.work_dir.unwrap_or_else(default_work_dir),
        tools: args.media.tools()?,
        sandbox,
        processes: args.workers.map_or_else(media::default_processes, NonZeroUsize::get),
        transfers: TRANSFERS,
        limits: Limits::default(),
    };
    match worker::run(settings, cancel).await {
        Exit::Ready | Exit::Failed(_) | Exit::HandedBack | Exit::Stopped => Ok(()),
        Exit::Lost => Err(Failure::other(
            "server_lost",
            "the server could not be told how the attempt ended; it will start another by itself",
        )),
    }
}

/// Where a worker with this environment works.
pub(crate) fn default_work_dir() -> PathBuf {
    env::var_os(WORK_DIR).map_or_else(env::temp_dir, PathBuf::from)
}

/// From the environment only: arguments are for everybody on the machine to see.
fn secret(name: &str) -> Result<Secret, Failure> {
    let secret = env::var(name).ok().filter(|secret| !secret.is_empty());
    let missing = || {
        Failure::usage(
            "usage",
            format!("{name} is not set; workers are started by `segue serve`"),
        )
    };
    secret.map(Secret::new).ok_or_else(missing)
}

fn execution() -> Option<String> {
    let named = EXECUTIONS.iter().find_map(|name| env::var(name).ok());
    // A pod's host name is its own; elsewhere it is only the machine's.
    let in_kubernetes = env::var_os("KUBERNETES_SERVICE_HOST").is_some();
    named.or_else(|| env::var("HOSTNAME").ok().filter(|_| in_kubernetes))
}
