//! Segue turns audio files into adaptive-bitrate HLS.

mod admin;
mod failure;
mod inspect;
mod migrate;
mod package;
mod print;
mod progress;
mod publish;
mod settings;
mod signals;
mod tree;

use std::process::ExitCode;

use clap::Parser;
use failure::Failure;

#[derive(Parser)]
#[command(name = "segue", version, about, after_help = failure::AFTER_HELP)]
enum Command {
    Package(package::Args),
    Inspect(inspect::Args),
    Migrate(migrate::Args),
    Admin(admin::Args),
}

/// One thread: the work is done by child processes, and the kernel kills those when the thread that started them ends.
#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let command = match Command::try_parse() {
        Ok(command) => command,
        Err(error) => return failure::usage(&error),
    };
    match settings::log_level() {
        Ok(level) => tracing_subscriber::fmt()
            .with_writer(std::io::stderr)
            .with_max_level(level)
            .init(),
        Err(failure) => return failure.report(false),
    }
    let (result, json) = match command {
        Command::Package(args) => (package::run(&args).await, args.json),
        Command::Inspect(args) => (inspect::run(&args).await, args.json),
        Command::Migrate(args) => (migrate::run(&args).await, false),
        Command::Admin(args) => (admin::run(&args).await, false),
    };
    result.map_or_else(|failure: Failure| failure.report(json), |()| ExitCode::SUCCESS)
}
