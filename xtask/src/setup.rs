//! All that the demo and the tests need beside Rust, Node and npm.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context, Result};

use crate::{
    apt::{self, Need},
    fixture::fixture,
    run::{cargo, fixtures, root, succeed},
    web,
};

/// Versions are pinned: a test that fails tomorrow must fail because of us.
const IMAGEIO_FFMPEG: &str = "imageio-ffmpeg==0.6.0";
const MUTAGEN: &str = "mutagen==1.48.1";
/// The version that its requirements pin; a new one is a new fixture.
const MOTO: &str = "moto-5.2.5";
const GARAGE: &str = "garage@2.5.0";
const CARGO_DENY: &str = "cargo-deny@0.20.2";
const CARGO_MACHETE: &str = "cargo-machete@0.9.2";

/// What the demo and the bench need: ffmpeg, and music. Returns the three files of music.
pub(crate) fn for_music() -> Result<[PathBuf; 3]> {
    apt::install(&[Need::Ffmpeg])?;
    let debian = debian_audio()?;
    Ok(["frontiers", "machine_wars", "time_to_strike"]
        .map(|name| debian.join(format!("usr/share/games/asc/music/{name}.mp3"))))
}

/// What the tests need.
pub(crate) fn for_tests(full: bool) -> Result<()> {
    apt::install(&[
        Need::Ffmpeg,
        Need::Faad,
        Need::Espeak,
        Need::PythonVenv,
        Need::Postgresql,
    ])?;
    debian_audio()?;
    newer_ffmpeg()?;
    judges()?;
    moto()?;
    web::build()?;
    if full {
        apt::install(&[Need::Chromium])?;
        odd_files()?;
        garage()?;
        cargo_tool(CARGO_DENY)?;
        cargo_tool(CARGO_MACHETE)?;
    }
    Ok(())
}

/// Where `cargo_tool` installs to, as a PATH for cargo to find its subcommands in.
pub(crate) fn cargo_tools() -> PathBuf {
    fixtures().join("tools/bin")
}

/// Music (3 MP3) and spoken words (WAV) out of Debian packages.
fn debian_audio() -> Result<PathBuf> {
    fixture("debian", |path| apt::unpack(&["asc-music", "alsa-utils"], path))
}

/// A static build of ffmpeg 7, since Debian 12 has only 5.1.
fn newer_ffmpeg() -> Result<()> {
    fixture("ffmpeg7", |path| {
        pip_download(path, &["--only-binary", ":all:", IMAGEIO_FFMPEG])?;
        let wheel = only_file(path, "whl")?;
        succeed(
            Command::new("python3")
                .args(["-m", "zipfile", "-e"])
                .arg(&wheel)
                .arg(path),
        )?;
        let binaries = path.join("imageio_ffmpeg/binaries");
        let name = fs::read_dir(&binaries)?
            .filter_map(|entry| Some(entry.ok()?.file_name()))
            .find(|name| name.to_string_lossy().starts_with("ffmpeg-"))
            .context("the wheel carries no ffmpeg for this kind of machine")?;
        fs::rename(binaries.join(name), path.join("ffmpeg"))?;
        succeed(Command::new("chmod").arg("+x").arg(path.join("ffmpeg")))?;
        fs::remove_file(wheel)?;
        Ok(fs::remove_dir_all(path.join("imageio_ffmpeg"))?)
    })?;
    Ok(())
}

/// The audio files that mutagen tests itself with, several corrupt on purpose.
fn odd_files() -> Result<()> {
    fixture("mutagen", |path| {
        pip_download(path, &["--no-binary", "mutagen", MUTAGEN])?;
        let archive = only_file(path, "gz")?;
        let mut tar = Command::new("tar");
        tar.args(["--strip-components", "1", "-C"])
            .arg(path)
            .arg("-xzf")
            .arg(&archive);
        succeed(&mut tar)?;
        Ok(fs::remove_file(archive)?)
    })?;
    Ok(())
}

/// An S3 server that nobody here wrote.
fn moto() -> Result<()> {
    fixture(MOTO, |path| {
        succeed(Command::new("python3").args(["-m", "venv"]).arg(path))?;
        let requirements = root().join("crates/objects/tests/contract/moto.txt");
        let mut pip = Command::new(path.join("bin/python"));
        pip.args([
            "-m",
            "pip",
            "--quiet",
            "--disable-pip-version-check",
            "install",
            "--no-deps",
        ]);
        succeed(pip.args(["--requirement"]).arg(requirements))
    })?;
    Ok(())
}

/// A strict one. Compiling it takes minutes, most of which optimising for speed would double.
fn garage() -> Result<()> {
    if !cargo_tools().join("garage").exists() {
        println!("   compiling {GARAGE}");
        let mut install = cargo();
        install
            .args(["install", "--locked", "--quiet", "--root"])
            .arg(fixtures().join("tools"));
        install.envs([
            ("CARGO_PROFILE_RELEASE_LTO", "off"),
            ("CARGO_PROFILE_RELEASE_OPT_LEVEL", "1"),
            ("CARGO_PROFILE_RELEASE_CODEGEN_UNITS", "16"),
        ]);
        succeed(install.arg(GARAGE))?;
    }
    Ok(())
}

fn pip_download(into: &Path, what: &[&str]) -> Result<()> {
    let venv = fixture("venv", |path| {
        succeed(Command::new("python3").args(["-m", "venv"]).arg(path))
    })?;
    // Not `bin/pip`: its first line still names the path that the venv was made under.
    let mut pip = Command::new(venv.join("bin/python"));
    pip.args(["-m", "pip", "--quiet", "--disable-pip-version-check"]);
    succeed(pip.args(["download", "--no-deps", "--dest"]).arg(into).args(what))
}

/// The judges of playlists, out of npm.
fn judges() -> Result<()> {
    web::packages(&root().join("crates/segue/tests/judges"))
}

fn cargo_tool(tool: &str) -> Result<()> {
    let name = tool.split('@').next().unwrap_or(tool);
    if !cargo_tools().join(name).exists() {
        // Unoptimised: compiling is most of what such a tool costs here.
        let mut install = cargo();
        install.args(["install", "--locked", "--debug", "--quiet", "--root"]);
        succeed(install.arg(fixtures().join("tools")).arg(tool))?;
    }
    Ok(())
}

fn only_file(folder: &Path, extension: &str) -> Result<PathBuf> {
    fs::read_dir(folder)?
        .filter_map(|entry| Some(entry.ok()?.path()))
        .find(|path| path.extension().is_some_and(|found| found == extension))
        .with_context(|| format!("no .{extension} file was downloaded"))
}
