//! Running programs, and where things are.

use std::{
    env, fs,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    time::SystemTime,
};

use anyhow::{Context, Result, ensure};

use crate::web;

/// The root of the workspace.
#[expect(
    clippy::expect_used,
    reason = "xtask/ is a folder of the workspace, so it has a parent"
)]
pub(crate) fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .expect("xtask/ lies in the workspace")
}

/// What set-up fetches and what tests generate. The tests look in the same place whatever `CARGO_TARGET_DIR` says.
pub(crate) fn fixtures() -> PathBuf {
    root().join("target/fixtures")
}

/// The cargo that runs this task, in the root of the workspace.
pub(crate) fn cargo() -> Command {
    let mut cargo = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    cargo.current_dir(root());
    cargo
}

/// Builds the product in release mode, with the web app in it, and says where it is.
pub(crate) fn release_binary() -> Result<PathBuf> {
    web::build()?;
    succeed(cargo().args(["build", "--release", "--package", "segue"]))?;
    Ok(target().join("release/segue"))
}

/// Builds the product as the tests do and says where it is.
pub(crate) fn debug_binary() -> Result<PathBuf> {
    succeed(cargo().args(["build", "--package", "segue"]))?;
    Ok(target().join("debug/segue"))
}

fn target() -> PathBuf {
    root().join(env::var_os("CARGO_TARGET_DIR").unwrap_or_else(|| "target".into()))
}

/// Runs a command whose output is for the person who watches.
pub(crate) fn succeed(command: &mut Command) -> Result<()> {
    let status = command.status().with_context(|| format!("cannot start {command:?}"))?;
    ensure!(status.success(), "{command:?} failed: {status}");
    Ok(())
}

/// Whether a command succeeds, without a word from it.
pub(crate) fn succeeds(command: &mut Command) -> bool {
    let silent = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    silent.status().is_ok_and(|status| status.success())
}

/// When a file was last changed, if it is there.
pub(crate) fn modified(path: &Path) -> Option<SystemTime> {
    fs::metadata(path).and_then(|metadata| metadata.modified()).ok()
}

/// Whether a program of this name is on the PATH.
pub(crate) fn is_on_path(program: &str) -> bool {
    let path = env::var_os("PATH").unwrap_or_default();
    env::split_paths(&path).any(|folder| folder.join(program).is_file())
}
