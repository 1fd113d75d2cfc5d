//! Segue turns audio files into adaptive-bitrate HLS.

mod failure;
mod inspect;
mod package;
mod progress;
mod publish;
mod settings;
mod tree;

use std::process::ExitCode;

use clap::Parser;
use failure::Failure;

#[derive(Parser)]
#[command(name = "segue", version, about, after_help = failure::EXIT_CODES)]
enum Command {
    Package(package::Args),
    Inspect(inspect::Args),
}

/// One thread: the work is done by child processes, and the kernel kills those when the thread that started them ends.
#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let command = match Command::try_parse() {
        Ok(command) => command,
        Err(error) => return failure::usage(&error),
    };
    tracing_subscriber::fmt()
        .with_writer(std::io::stderr)
        .with_max_level(settings::log_level())
        .init();
    let (result, json) = match command {
        Command::Package(args) => (package::run(&args).await, args.json),
        Command::Inspect(args) => (inspect::run(&args).await, args.json),
    };
    result.map_or_else(|failure: Failure| failure.report(json), |()| ExitCode::SUCCESS)
}
