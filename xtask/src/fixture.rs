//! Things that are made once, under `target/fixtures`.

use std::{
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result};

use crate::run::fixtures;

/// The path of a fixture, which `make` fills under a temporary name unless it is there already: what exists is whole,
/// even if set-up was interrupted.
pub(crate) fn fixture(name: &str, make: impl FnOnce(&Path) -> Result<()>) -> Result<PathBuf> {
    let path = fixtures().join(name);
    if path.exists() {
        return Ok(path);
    }
    println!("   making {name}");
    // The marker goes in front, since ffmpeg chooses formats by the extension.
    let file_name = path.file_name().context("a fixture has a name")?.to_string_lossy();
    let temporary = path.with_file_name(format!("unfinished-{file_name}"));
    remove(&temporary)?;
    fs::create_dir_all(temporary.parent().context("a fixture lies in target/fixtures")?)?;
    make(&temporary).with_context(|| format!("cannot make the fixture {name}"))?;
    fs::rename(&temporary, &path)?;
    Ok(path)
}

fn remove(path: &Path) -> Result<()> {
    if path.is_dir() {
        fs::remove_dir_all(path)?;
    } else if path.exists() {
        fs::remove_file(path)?;
    }
    Ok(())
}
