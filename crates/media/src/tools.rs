//! Finding ffmpeg and ffprobe, and refusing those that are too old.

use std::{
    ffi::OsString,
    path::{Path, PathBuf},
    time::Duration,
};

use tokio::{io::AsyncReadExt, process::Command};

use crate::{child::Child, sandbox::Sandbox};

/// Debian 12's. Older ones lack what the arguments here rely on.
const OLDEST: (u32, u32) = (5, 1);
const VERSION_DEADLINE: Duration = Duration::from_secs(20);
const LONGEST_VERSION: u64 = 64 << 10;

/// ffmpeg and ffprobe, found and known to be new enough.
#[derive(Debug, Clone)]
pub struct Tools {
    pub(crate) ffmpeg: PathBuf,
    pub(crate) ffprobe: PathBuf,
}

/// ffmpeg or ffprobe cannot be used. Each message says what to do.
#[derive(Debug, thiserror::Error)]
pub enum ToolError {
    /// Not on the path, and not where the setting points.
    #[error(
        "{program} was not found {place}; install it with `apt-get install ffmpeg`, or set {setting} to where it is \
         (5.1 or newer)"
    )]
    Missing {
        /// ffmpeg or ffprobe.
        program: &'static str,
        /// Where it was looked for.
        place: String,
        /// The environment variable that names it.
        setting: &'static str,
    },
    /// Older than 5.1.
    #[error("{path} is version {found}, which is too old; Segue needs ffmpeg 5.1 or newer")]
    TooOld {
        /// Which one.
        path: String,
        /// As it prints it.
        found: String,
    },
    /// It could not be run in the sandbox, or did not say which version it is.
    #[error(
        "{path} does not work as {program}: {reason}; it must be a program, not a script, with its libraries in \
         /usr/lib, /usr/local/lib or /lib"
    )]
    Unusable {
        /// Which one.
        path: String,
        /// ffmpeg or ffprobe.
        program: &'static str,
        /// What it did instead.
        reason: String,
    },
}

impl ToolError {
    /// A stable name for programs.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            ToolError::Missing { .. } => "ffmpeg_missing",
            ToolError::TooOld { .. } => "ffmpeg_too_old",
            ToolError::Unusable { .. } => "ffmpeg_unusable",
        }
    }
}

impl Tools {
    /// Looks where the settings point, or else along `search_path` (the value of `PATH`).
    pub fn locate(
        ffmpeg: Option<PathBuf>,
        ffprobe: Option<PathBuf>,
        search_path: Option<OsString>,
    ) -> Result<Self, ToolError> {
        let search_path = search_path.unwrap_or_default();
        Ok(Tools {
            ffmpeg: locate("ffmpeg", "SEGUE_FFMPEG", ffmpeg, &search_path)?,
            ffprobe: locate("ffprobe", "SEGUE_FFPROBE", ffprobe, &search_path)?,
        })
    }

    /// Asks both for their version, inside the sandbox: one that cannot run there would fail on every input.
    pub async fn check(&self, sandbox: Sandbox) -> Result<(), ToolError> {
        tokio::try_join!(
            check_version(sandbox, "ffmpeg", &self.ffmpeg),
            check_version(sandbox, "ffprobe", &self.ffprobe),
        )?;
        Ok(())
    }
}

fn locate(
    program: &'static str,
    setting: &'static str,
    given: Option<PathBuf>,
    search_path: &OsString,
) -> Result<PathBuf, ToolError> {
    let place = given
        .as_ref()
        .map_or("on the path".into(), |path| format!("at {}", path.display()));
    let mut candidates = match given {
        Some(path) => vec![path],
        None => std::env::split_paths(search_path)
            .map(|folder| folder.join(program))
            .collect(),
    }
    .into_iter();
    // Canonical, because the sandbox opens this one file: a symbolic link would lead outside of what it allows.
    let path = candidates.find_map(|path| path.canonicalize().ok().filter(|path| path.is_file()));
    path.ok_or(ToolError::Missing {
        program,
        place,
        setting,
    })
}

async fn check_version(sandbox: Sandbox, program: &'static str, path: &Path) -> Result<(), ToolError> {
    let unusable = |reason: String| ToolError::Unusable {
        path: path.display().to_string(),
        program,
        reason,
    };
    let mut command = Command::new(path);
    command.arg("-version");
    let spawned = Child::spawn(command, sandbox, path, path, None, VERSION_DEADLINE);
    let (mut child, stdout) = spawned.map_err(|error| unusable(error.to_string()))?;
    let mut output = Vec::new();
    let run = async {
        stdout.take(LONGEST_VERSION).read_to_end(&mut output).await?;
        child.wait().await
    };
    let ended = tokio::time::timeout(VERSION_DEADLINE, run).await;
    let ended = ended.map_err(|_| unusable("`-version` did not answer".into()))?;
    let ended = ended.map_err(|error| unusable(error.to_string()))?;
    let text = String::from_utf8_lossy(&output);
    let complaint = || {
        ended
            .stderr
            .lines()
            .next()
            .unwrap_or("`-version` printed no version")
            .to_owned()
    };
    let found = version_text(program, &text).ok_or_else(|| unusable(complaint()))?;
    match release(found) {
        Some(release) if release < OLDEST => Err(ToolError::TooOld {
            path: path.display().to_string(),
            found: found.to_owned(),
        }),
        // A build from git (`N-109741-gbbe95f7353`) has no number to compare; its user knows what it is.
        _ => Ok(()),
    }
}

/// The third word of `ffmpeg version 5.1.9-0+deb12u1 Copyright …`.
fn version_text<'a>(program: &str, output: &'a str) -> Option<&'a str> {
    output
        .strip_prefix(program)?
        .strip_prefix(" version ")?
        .split_whitespace()
        .next()
}

/// Major and minor of `5.1.9-0+deb12u1`, `7.0.2-static…`, `n6.0` or `8`.
fn release(version: &str) -> Option<(u32, u32)> {
    let version = version.strip_prefix('n').unwrap_or(version);
    let mut numbers = version.split(|c: char| !c.is_ascii_digit());
    let major = numbers.next()?.parse().ok()?;
    let minor = numbers.next().and_then(|minor| minor.parse().ok()).unwrap_or(0);
    Some((major, minor))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sandbox::Enforcement;

    #[test]
    fn versions_of_all_builds_are_read() {
        let debian = "ffmpeg version 5.1.9-0+deb12u1 Copyright (c) 2000-2026 the FFmpeg developers";
        assert_eq!(version_text("ffmpeg", debian), Some("5.1.9-0+deb12u1"));
        assert_eq!(version_text("ffprobe", debian), None);
        assert_eq!(version_text("ffmpeg", "hello"), None);
        assert_eq!(release("5.1.9-0+deb12u1"), Some((5, 1)));
        assert_eq!(release("7.0.2-static"), Some((7, 0)));
        assert_eq!(release("n6.1.1-2-g0123"), Some((6, 1)));
        assert_eq!(release("8"), Some((8, 0)));
        assert_eq!(release("N-109741-gbbe95f7353"), None);
    }

    #[test]
    fn an_absent_ffmpeg_says_what_to_install() {
        let error = Tools::locate(None, None, Some("/nonexistent".into())).unwrap_err();
        assert_eq!(error.code(), "ffmpeg_missing");
        assert!(error.to_string().contains("apt-get install ffmpeg"), "{error}");
    }

    #[tokio::test]
    async fn a_program_that_is_not_ffmpeg_is_refused() {
        let sandbox = Sandbox::detect(Enforcement::BestEffort).unwrap();
        let tools = Tools::locate(Some("/bin/echo".into()), None, std::env::var_os("PATH")).unwrap();
        let error = tools.check(sandbox).await.unwrap_err();
        assert_eq!(error.code(), "ffmpeg_unusable");
    }
}
