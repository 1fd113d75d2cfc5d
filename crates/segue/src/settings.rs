//! Settings that several commands share.

use std::path::PathBuf;

use media::{Enforcement, Sandbox, Tools};
use tracing::level_filters::LevelFilter;

use crate::failure::Failure;

/// Where ffmpeg is, and how it is held.
#[derive(clap::Args)]
pub(crate) struct MediaArgs {
    /// The ffmpeg to use [default: the one on the path]
    #[arg(long, env = "SEGUE_FFMPEG", value_name = "PATH")]
    ffmpeg: Option<PathBuf>,

    /// The ffprobe to use [default: the one on the path]
    #[arg(long, env = "SEGUE_FFPROBE", value_name = "PATH")]
    ffprobe: Option<PathBuf>,

    /// Whether to go on with a warning where the kernel has no Landlock
    #[arg(long, env = "SEGUE_SANDBOX", value_name = "MODE", default_value = "best-effort")]
    sandbox: SandboxMode,
}

#[derive(Clone, Copy, clap::ValueEnum)]
enum SandboxMode {
    BestEffort,
    Required,
}

impl MediaArgs {
    pub(crate) async fn tools(&self, sandbox: Sandbox) -> Result<Tools, Failure> {
        let search_path = std::env::var_os("PATH");
        Ok(Tools::locate(sandbox, self.ffmpeg.clone(), self.ffprobe.clone(), search_path).await?)
    }

    pub(crate) fn sandbox(&self) -> Result<Sandbox, Failure> {
        let enforcement = match self.sandbox {
            SandboxMode::BestEffort => Enforcement::BestEffort,
            SandboxMode::Required => Enforcement::Required,
        };
        Ok(Sandbox::detect(enforcement)?)
    }
}

/// `SEGUE_LOG`: off, error, warn (the default), info, debug or trace.
pub(crate) fn log_level() -> Result<LevelFilter, Failure> {
    let Some(level) = std::env::var_os("SEGUE_LOG") else {
        return Ok(LevelFilter::WARN);
    };
    let parsed = level.to_str().and_then(|level| level.parse().ok());
    parsed.ok_or_else(|| Failure::usage("usage", "SEGUE_LOG must be off, error, warn, info, debug or trace"))
}
