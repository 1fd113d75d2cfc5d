//! `cargo xtask bench pipeline` and `cargo xtask bench api`, from the outside: a real `segue serve`, its public API.
//!
//! ```text
//! cargo run --release -p client --example bench -- pipeline SEGUE ROUNDS TEN_MINUTES.wav TEN_SECONDS TWO_HOURS
//! cargo run --release -p client --example bench -- fairness SEGUE SOURCE
//! ```

mod fairness;
mod pipeline;
mod service;

use std::{env, process::ExitCode};

type Result<T> = std::result::Result<T, Box<dyn std::error::Error + Send + Sync>>;

#[tokio::main]
async fn main() -> Result<ExitCode> {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let unmet = match &arguments[..] {
        ["pipeline", segue, rounds, minutes, short, long] => {
            pipeline::measure(
                segue.as_ref(),
                rounds.parse()?,
                minutes.as_ref(),
                [short, minutes, long],
            )
            .await?
        }
        ["fairness", segue, source] => fairness::measure(segue.as_ref(), source.as_ref()).await?,
        _ => return Err("usage: bench pipeline SEGUE ROUNDS FILE SHORT LONG | bench fairness SEGUE FILE".into()),
    };
    if unmet.is_empty() {
        println!("\nTargets: all met.");
        return Ok(ExitCode::SUCCESS);
    }
    println!("\nTargets: NOT met: {}.", unmet.join("; "));
    Ok(ExitCode::FAILURE)
}
