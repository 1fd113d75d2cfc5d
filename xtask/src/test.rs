//! `cargo xtask test`: everything that must be green.

use std::{
    env,
    process::{Command, Stdio},
};

use anyhow::{Context, Result};

use crate::{
    chaos,
    postgres::Postgres,
    run::{cargo, succeed},
    setup,
    steps::Steps,
    web,
};

/// How often the full run kills the embedded object store, and a process that writes to SQLite.
const CRASH_ROUNDS: &str = "60";

pub(crate) fn test(full: bool) -> Result<()> {
    let mut steps = Steps::default();
    steps.run("set-up", || setup::for_tests(full))?;
    steps.run("format", || succeed(cargo().args(["fmt", "--all", "--check"])))?;
    // The tests behind a feature are linted too, or they would rot between full runs.
    steps.run("lints", || {
        let flags = "clippy --workspace --all-targets --features segue/full-tests,objects/full-tests,objects/bench,server/bench -- -D warnings";
        succeed(cargo().args(flags.split(' ')))
    })?;
    steps.run("web: generated types", web::generated_types)?;
    steps.run("web: check", web::check)?;
    steps.run("web: unit tests", web::unit_tests)?;
    steps.run("tests", || {
        let postgres = Postgres::start()?;
        succeed(postgres.tell(cargo().args(["test", "--workspace"])))
    })?;
    steps.run("chaos: each fault once", || chaos::briefly(None))?;
    if full {
        beyond_the_ordinary(&mut steps)?;
    }
    println!("\n{steps}");
    Ok(())
}

fn beyond_the_ordinary(steps: &mut Steps) -> Result<()> {
    // One at a time: these tests measure time and memory.
    steps.run("long tests", || {
        let flags = "test --package segue --features full-tests --test full -- --test-threads 1 --nocapture";
        succeed(cargo().args(flags.split(' ')))
    })?;
    steps.run("chaos: thirty rounds on each database", || chaos::briefly(Some(30)))?;
    steps.run("database: crashes", || {
        let flags = "test --package store --test crash";
        succeed(cargo().args(flags.split(' ')).env("SEGUE_CRASH_ROUNDS", CRASH_ROUNDS))
    })?;
    steps.run("the bucket's contract on Garage", || {
        let flags = "test --package objects --features full-tests --test contract -- on::garage";
        succeed(cargo().args(flags.split(' ')))
    })?;
    steps.run("object store: crashes, a full disk, a browser", || {
        let flags = "test --package objects --features full-tests --test embedded";
        succeed(cargo().args(flags.split(' ')).env("SEGUE_CRASH_ROUNDS", CRASH_ROUNDS))
    })?;
    steps.run("cargo machete", || succeed(&mut tool("machete")?))?;
    steps.run("cargo deny: bans, licenses, sources", || {
        succeed(tool("deny")?.args(["check", "bans", "licenses", "sources"]))
    })?;
    let advisories = "cargo deny: advisories";
    let fetched = tool("deny")?.args(["fetch", "db"]).stderr(Stdio::null()).status();
    if fetched.is_ok_and(|status| status.success()) {
        steps.run(advisories, || {
            succeed(tool("deny")?.args(["check", "--disable-fetch", "advisories"]))
        })?;
    } else {
        steps.not_run(advisories, "the advisory database cannot be fetched from here");
    }
    Ok(())
}

/// A cargo subcommand that set-up installed.
fn tool(name: &str) -> Result<Command> {
    let path = env::var_os("PATH").context("no PATH")?;
    let mut folders = vec![setup::cargo_tools()];
    folders.extend(env::split_paths(&path));
    let mut command = cargo();
    command.arg(name).env("PATH", env::join_paths(folders)?);
    // By this, cargo-machete tells whether cargo started it as a subcommand; here it is ours, from `cargo run`.
    command.env_remove("CARGO_PKG_NAME");
    Ok(command)
}
