//! What is remembered of a sending, so that it can go on after an interruption.

use std::{
    env,
    fmt::Write as _,
    fs::{self, DirBuilder, File},
    io::{self, Read, Write as _},
    os::unix::{ffi::OsStrExt, fs::DirBuilderExt},
    path::{Path, PathBuf},
    time::Duration,
};

use domain::UploadId;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use tempfile::NamedTempFile;

use super::source::{Fingerprint, Source};

const LONGEST: u64 = 64 << 10;
/// The server gives an upload up after a day; what is older is of no use to anybody.
const KEPT: Duration = Duration::from_hours(7 * 24);

/// A folder with one small file for each sending that is not complete.
#[derive(Debug, Clone)]
pub struct StateDir {
    path: PathBuf,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Saved {
    pub(crate) server: String,
    pub(crate) upload: UploadId,
    /// None for a transfer that is single.
    pub(crate) part_size: Option<u64>,
    pub(crate) file: Fingerprint,
}

impl StateDir {
    /// This folder. It is made when it is needed.
    #[must_use]
    pub fn at(path: PathBuf) -> Self {
        Self { path }
    }

    /// `$XDG_STATE_HOME/segue`, or `~/.local/state/segue`; none where neither is set.
    #[must_use]
    pub fn of_user() -> Option<Self> {
        // The XDG specification has relative paths ignored.
        let folder = |name| env::var_os(name).map(PathBuf::from).filter(|path| path.is_absolute());
        let states = folder("XDG_STATE_HOME").or_else(|| Some(folder("HOME")?.join(".local/state")))?;
        Some(Self::at(states.join("segue")))
    }

    fn file(&self, server: &str, source: &Path) -> PathBuf {
        let mut hash = Sha256::new();
        hash.update(server.as_bytes());
        hash.update([0]);
        hash.update(source.as_os_str().as_bytes());
        let name = hash.finalize().iter().fold(String::new(), |mut name, byte| {
            let _ = write!(name, "{byte:02x}");
            name
        });
        self.path.join(name).with_extension("json")
    }

    /// What was saved for this file, changed or not. What cannot be read is as good as nothing.
    pub(crate) fn load(&self, server: &str, source: &Source) -> Option<Saved> {
        let file = File::open(self.file(server, &source.path)).ok()?;
        let saved: Saved = serde_json::from_reader(file.take(LONGEST)).ok()?;
        (saved.server == server).then_some(saved)
    }

    /// Without it the file can still be sent, so failures are only logged.
    pub(crate) fn save(&self, source: &Source, saved: &Saved) {
        if let Err(error) = self.try_save(source, saved) {
            tracing::warn!(%error, "an interruption could not be made up for: the state cannot be saved");
        }
    }

    fn try_save(&self, source: &Source, saved: &Saved) -> io::Result<()> {
        DirBuilder::new().recursive(true).mode(0o700).create(&self.path)?;
        self.forget_old();
        // Such files are made with mode 0600.
        let mut file = NamedTempFile::new_in(&self.path)?;
        file.write_all(&serde_json::to_vec(saved)?)?;
        file.persist(self.file(&saved.server, &source.path))?;
        Ok(())
    }

    pub(crate) fn forget(&self, server: &str, source: &Source) {
        // What is not there any more was forgotten by another sending of the same file.
        let _ = fs::remove_file(self.file(server, &source.path));
    }

    fn forget_old(&self) {
        for entry in fs::read_dir(&self.path).into_iter().flatten().flatten() {
            let modified = entry.metadata().and_then(|metadata| metadata.modified());
            let age = modified.ok().and_then(|modified| modified.elapsed().ok());
            if age.is_some_and(|age| age > KEPT) {
                let _ = fs::remove_file(entry.path());
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[tokio::test]
    async fn a_state_is_for_one_server_and_one_file_and_for_nobody_elses_eyes() {
        let scratch = tempfile::tempdir().unwrap();
        let song = scratch.path().join("song.flac");
        fs::write(&song, "fLaC").unwrap();
        let source = Source::find(&song).await.unwrap();
        let states = StateDir::at(scratch.path().join("deep/states"));
        let saved = Saved {
            server: "http://a".into(),
            upload: "0192f0c1-7d3a-7cc2-8a54-3f2b5d6e7f80".parse().unwrap(),
            part_size: Some(5),
            file: source.print,
        };
        states.save(&source, &saved);
        assert_eq!(states.load("http://a", &source), Some(saved));
        assert_eq!(states.load("http://b", &source), None);
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        let file = states.file("http://a", &source.path);
        assert_eq!((mode(&states.path), mode(&file)), (0o700, 0o600));
        states.forget("http://a", &source);
        assert_eq!(states.load("http://a", &source), None);
    }
}
