//! Segue turns audio files into adaptive-bitrate HLS.

mod admin;
mod ask;
mod data_dir;
mod failure;
mod healthcheck;
mod inspect;
mod log;
mod migrate;
mod package;
mod print;
mod progress;
mod publish;
mod secrets;
mod serve;
mod settings;
mod signals;
mod tree;
mod upload;
mod worker;

use std::{process::ExitCode, time::Duration};

use clap::Parser;
use failure::Failure;
use tokio::runtime::Builder;
use tracing::level_filters::LevelFilter;

#[derive(Parser)]
#[command(name = "segue", version, about, after_help = failure::AFTER_HELP)]
enum Command {
    Serve(Box<serve::Args>),
    Package(package::Args),
    Inspect(inspect::Args),
    Migrate(migrate::Args),
    Worker(worker::Args),
    Upload(upload::Args),
    Healthcheck(healthcheck::Args),
    Admin(admin::Args),
}

fn main() -> ExitCode {
    share_arenas();
    let command = match Command::try_parse() {
        Ok(command) => command,
        Err(error) => return failure::usage(&error),
    };
    if let Err(failure) = log::init(command.log_level()) {
        return failure.report(false);
    }
    let runtime = match command.runtime().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return Failure::io("no thread can be started", &error).report(false),
    };
    let (result, json) = runtime.block_on(command.run());
    // What computes on threads of its own may end what it does, but not keep us.
    runtime.shutdown_timeout(Duration::from_secs(5));
    result.map_or_else(|failure: Failure| failure.report(json), |()| ExitCode::SUCCESS)
}

/// glibc gives each thread memory to allocate from, which keeps what was freed in it: with threads that come and go, a
/// server would grow for as long as new ones do.
fn share_arenas() {
    #[cfg(target_env = "gnu")]
    #[expect(unsafe_code, reason = "std has no settings for its allocator")]
    // SAFETY: it takes two numbers, and no other thread runs yet.
    unsafe {
        libc::mallopt(libc::M_ARENA_MAX, 2);
    }
}

impl Command {
    /// Where `SEGUE_LOG` says nothing.
    fn log_level(&self) -> LevelFilter {
        match self {
            Command::Serve(_) | Command::Worker(_) => LevelFilter::INFO,
            _ => LevelFilter::WARN,
        }
    }

    /// Where ffmpeg is started, one thread: the work is done by child processes, and the kernel kills those when the
    /// thread that started them ends. A server starts none of these.
    fn runtime(&self) -> Builder {
        match self {
            Command::Serve(_) => Builder::new_multi_thread(),
            _ => Builder::new_current_thread(),
        }
    }

    /// And whether it was to print JSON.
    async fn run(self) -> (Result<(), Failure>, bool) {
        match self {
            Command::Serve(args) => (serve::run(*args).await, false),
            Command::Package(args) => (package::run(&args).await, args.json),
            Command::Inspect(args) => (inspect::run(&args).await, args.json),
            Command::Migrate(args) => (migrate::run(&args).await, false),
            Command::Worker(args) => (worker::run(args).await, false),
            Command::Upload(args) => (upload::run(&args).await, args.json),
            Command::Healthcheck(args) => (healthcheck::run(&args).await, false),
            Command::Admin(args) => (admin::run(&args).await, false),
        }
    }
}
