//! Settings that several commands share.

use std::{
    fs::DirBuilder,
    os::unix::fs::DirBuilderExt,
    path::{Path, PathBuf},
    sync::Arc,
};

use media::{Enforcement, Probe, Sandbox, Tools};
use store::Store;

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
    /// What ffprobe says of a file. Meanwhile it and ffmpeg are asked for their versions: one after the other would cost
    /// a short file twice its time.
    pub(crate) async fn probe(&self, sandbox: Sandbox, input: &Path) -> Result<(Tools, Probe), Failure> {
        let tools = self.tools()?;
        // What an unusable ffprobe says of a file means nothing, so the versions have the first word.
        let ((), probe) = tokio::try_join!(async { tools.check(sandbox).await.map_err(Failure::from) }, async {
            Ok(media::probe(&tools, sandbox, input).await)
        },)?;
        Ok((tools, probe?))
    }

    /// Where they are. Whether they work is another question.
    pub(crate) fn tools(&self) -> Result<Tools, Failure> {
        let search_path = std::env::var_os("PATH");
        Ok(Tools::locate(self.ffmpeg.clone(), self.ffprobe.clone(), search_path)?)
    }

    pub(crate) fn sandbox(&self) -> Result<Sandbox, Failure> {
        let enforcement = match self.sandbox {
            SandboxMode::BestEffort => Enforcement::BestEffort,
            SandboxMode::Required => Enforcement::Required,
        };
        Ok(Sandbox::detect(enforcement)?)
    }
}

const DATABASE_URL_HELP: &str =
    "postgres://user:password@host:5432/name, or sqlite:FILE [default: the file segue.db in the data directory]";

/// Which database.
#[derive(clap::Args)]
pub(crate) struct DatabaseArgs {
    /// The folder for all that Segue keeps on this machine
    #[arg(long, env = "SEGUE_DATA_DIR", value_name = "DIR", default_value = "segue-data")]
    data_dir: PathBuf,

    // As an attribute, since a comment would have to quote the URL.
    #[arg(long, env = "SEGUE_DATABASE_URL", value_name = "URL", hide_env_values = true, help = DATABASE_URL_HELP)]
    database_url: Option<String>,
}

impl DatabaseArgs {
    /// Opens the database and brings its schema up to date.
    pub(crate) async fn open(&self) -> Result<Arc<dyn Store>, Failure> {
        if let Some(url) = &self.database_url {
            return Ok(store::open(url).await?);
        }
        let data_dir = self.data_dir()?;
        Ok(store::open_file(&data_dir.join("segue.db")).await?)
    }

    /// The data directory, which is made if it is not there.
    pub(crate) fn data_dir(&self) -> Result<&Path, Failure> {
        // What is in it is for nobody else: it holds the secrets that are generated on the first start.
        let made = DirBuilder::new().recursive(true).mode(0o700).create(&self.data_dir);
        made.map_err(|error| Failure::io(&format!("{} cannot be made", self.data_dir.display()), &error))?;
        Ok(&self.data_dir)
    }

    /// The file of one that is named by its URL.
    pub(crate) fn file(&self) -> Option<&Path> {
        self.database_url.as_deref()?.strip_prefix("sqlite:").map(Path::new)
    }

    /// Whether several servers may share it.
    pub(crate) fn is_postgres(&self) -> bool {
        let url = self.database_url.as_deref().unwrap_or_default();
        url.starts_with("postgres://") || url.starts_with("postgresql://")
    }
}
