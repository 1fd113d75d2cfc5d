//! Debian packages: installed where that is allowed, otherwise the command to run is said.

use std::{fs, path::Path, process::Command, sync::Once};

use anyhow::{Context, Result, bail};

use crate::{
    postgres,
    run::{is_on_path, succeed, succeeds},
};

/// A program that Debian packages.
#[derive(Clone, Copy)]
pub(crate) enum Need {
    Ffmpeg,
    /// A decoder that is not ffmpeg's.
    Faad,
    /// Speech to test with.
    Espeak,
    /// Packages from `PyPI`.
    PythonVenv,
    /// The server that the tests start one of.
    Postgresql,
    /// A browser to test with.
    Chromium,
    /// Looks into the embedded database past our own code.
    Sqlite3,
    /// Sets a process's clock wrong.
    Faketime,
}

impl Need {
    fn package(self) -> &'static str {
        match self {
            Self::Ffmpeg => "ffmpeg",
            Self::Faad => "faad",
            Self::Espeak => "espeak-ng",
            Self::PythonVenv => "python3-venv",
            Self::Postgresql => "postgresql",
            Self::Chromium => "chromium",
            Self::Sqlite3 => "sqlite3",
            Self::Faketime => "libfaketime",
        }
    }

    fn is_met(self) -> bool {
        match self {
            Self::Ffmpeg => is_on_path("ffmpeg") && is_on_path("ffprobe"),
            Self::Faad | Self::Espeak | Self::Chromium | Self::Sqlite3 => is_on_path(self.package()),
            Self::Faketime => {
                let folders = fs::read_dir("/usr/lib").into_iter().flatten().flatten();
                let mut libraries = folders.map(|entry| entry.path().join("faketime/libfaketimeMT.so.1"));
                libraries.any(|library| library.is_file())
            }
            Self::Postgresql => postgres::binaries().is_some(),
            // Debian's python3 has the module venv, but it fails without this one.
            Self::PythonVenv => succeeds(Command::new("python3").args(["-c", "import ensurepip, venv"])),
        }
    }
}

/// Installs what is missing, or says how to.
pub(crate) fn install(needs: &[Need]) -> Result<()> {
    let missing: Vec<_> = needs
        .iter()
        .filter(|need| !need.is_met())
        .map(|need| need.package())
        .collect();
    if missing.is_empty() {
        return Ok(());
    }
    let missing = missing.join(" ");
    let Some(mut apt_get) = privileged_apt_get() else {
        bail!(
            "missing: {missing}. Run this, then the task again:\n\n    \
             sudo apt-get update && sudo apt-get install -y --no-install-recommends {missing}\n"
        );
    };
    println!("   installing {missing}");
    update();
    apt_get.args(["-qq", "install", "-y", "--no-install-recommends"]);
    succeed(apt_get.args(missing.split(' ')))
}

/// Unpacks packages that carry only data into a folder, without installing them.
pub(crate) fn unpack(packages: &[&str], into: &Path) -> Result<()> {
    update();
    fs::create_dir_all(into)?;
    let download = Command::new("apt-get")
        .args(["-qq", "download"])
        .args(packages)
        .current_dir(into)
        .status();
    if !download.is_ok_and(|status| status.success()) {
        bail!("`apt-get download` failed. If the lists of packages are missing, run: sudo apt-get update");
    }
    for entry in fs::read_dir(into)? {
        let package = entry?.path();
        if package.extension().is_some_and(|extension| extension == "deb") {
            succeed(Command::new("dpkg-deb").arg("-x").arg(&package).arg(into))?;
            fs::remove_file(&package).context("cannot remove the unpacked package")?;
        }
    }
    Ok(())
}

/// Refreshes the lists of packages, once and where it is allowed; the lists that are there may do otherwise.
fn update() {
    static UPDATED: Once = Once::new();
    UPDATED.call_once(|| {
        if let Some(mut apt_get) = privileged_apt_get()
            && let Err(error) = succeed(apt_get.args(["-qq", "update"]))
        {
            println!("   going on with the old lists of packages: {error}");
        }
    });
}

fn privileged_apt_get() -> Option<Command> {
    let is_root = Command::new("id")
        .arg("-u")
        .output()
        .is_ok_and(|id| id.stdout.trim_ascii() == b"0");
    let mut command = if is_root {
        Command::new("env")
    } else if succeeds(Command::new("sudo").args(["-n", "true"])) {
        let mut sudo = Command::new("sudo");
        sudo.args(["-n", "env"]);
        sudo
    } else {
        return None;
    };
    command.args(["DEBIAN_FRONTEND=noninteractive", "apt-get"]);
    is_on_path("apt-get").then_some(command)
}
