//! The web app: its packages, its build, and what must hold of it.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
    time::SystemTime,
};

use anyhow::{Context, Result, ensure};

use crate::run::{modified, root, succeed};

/// What is made, and not written by anybody.
const MADE: [&str; 2] = ["node_modules", "dist"];

fn folder() -> PathBuf {
    root().join("web")
}

/// What a folder's `package-lock.json` names, unless it is all there. Not by `npm ci`: it insists on the packages of all
/// platforms, and a registry need not have those that are for others than its own machines.
pub(crate) fn packages(folder: &Path) -> Result<()> {
    // npm writes this file last.
    let installed = modified(&folder.join("node_modules/.package-lock.json"));
    if installed.is_none() || installed < modified(&folder.join("package-lock.json")) {
        succeed(
            Command::new("npm")
                .args(["install", "--no-save", "--silent"])
                .current_dir(folder),
        )?;
    }
    Ok(())
}

/// Builds what is embedded in the binary, unless nothing has changed since.
pub(crate) fn build() -> Result<()> {
    let folder = folder();
    packages(&folder)?;
    // The folder itself may be older or newer: only this file is always written.
    let built = modified(&folder.join("dist/index.html"));
    if built.is_none() || built < newest(&folder)? {
        npm_run("build")?;
    }
    Ok(())
}

/// The types that the pages use are those of the API.
pub(crate) fn generated_types() -> Result<()> {
    let folder = folder();
    let generated = root().join("target/schema.d.ts");
    let mut generate = Command::new(folder.join("node_modules/.bin/openapi-typescript"));
    generate.args(["src/api/openapi.json", "--output"]).arg(&generated);
    succeed(generate.current_dir(&folder))?;
    let committed = fs::read(folder.join("src/api/schema.d.ts")).context("web/src/api/schema.d.ts")?;
    ensure!(
        committed == fs::read(&generated)?,
        "web/src/api/schema.d.ts is stale; renew it with `npm run generate` in web/"
    );
    Ok(())
}

/// Formatting, lints and types.
pub(crate) fn check() -> Result<()> {
    npm_run("check")
}

pub(crate) fn unit_tests() -> Result<()> {
    npm_run("test")
}

fn npm_run(script: &str) -> Result<()> {
    succeed(
        Command::new("npm")
            .args(["run", "--silent", script])
            .current_dir(folder()),
    )
}

/// When anything under a folder was last changed. What was deleted shows in the folder that it was in.
fn newest(folder: &Path) -> Result<Option<SystemTime>> {
    let mut newest = None;
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path
            .file_name()
            .is_some_and(|name| MADE.iter().any(|made| name == *made))
        {
            continue;
        }
        newest = newest.max(modified(&path));
        if path.is_dir() {
            newest = newest.max(self::newest(&path)?);
        }
    }
    Ok(newest)
}
