//! The attempt's folder: its own, gone when it is over, and known for what it is if the process died in it.
//!
//! A folder is in use while its lock is held, which the kernel ends with the process. So a leftover is told from a
//! folder in use by trying the lock, and not by a process number that may be somebody else's by now.

use std::{
    fs::{self, File, OpenOptions, TryLockError},
    io,
    os::unix::fs::{MetadataExt, OpenOptionsExt},
    path::{Path, PathBuf},
};

use rustix::{fs::OFlags, process::geteuid};

const PREFIX: &str = "segue-attempt-";
const LOCK: &str = "lock";
const TREE: &str = "tree";
/// Each is lost only to another worker that sweeps at that very moment.
const TRIES: usize = 5;

/// Removed when dropped; [`remove`](Folder::remove) tells what went wrong.
pub(crate) struct Folder {
    path: PathBuf,
    /// Held until the folder is gone.
    _lock: File,
}

impl Drop for Folder {
    fn drop(&mut self) {
        // What stays is a leftover for the next worker.
        let _ = remove_folder(&self.path);
    }
}

impl Folder {
    /// Removes what dead attempts have left in `work_dir`, then makes a folder there.
    pub(crate) async fn make(work_dir: PathBuf) -> io::Result<Self> {
        blocking(move || {
            fs::create_dir_all(&work_dir)?;
            remove_leftovers(&work_dir);
            Self::make_in(&work_dir)
        })
        .await
    }

    fn make_in(work_dir: &Path) -> io::Result<Self> {
        for _ in 0..TRIES {
            // For nobody else to look into.
            let folder = tempfile::Builder::new().prefix(PREFIX).tempdir_in(work_dir)?;
            if let Some(lock) = lock_new(folder.path())? {
                fs::create_dir(folder.path().join(TREE))?;
                return Ok(Folder {
                    path: folder.keep(),
                    _lock: lock,
                });
            }
        }
        Err(io::Error::other("every new folder was swept away at once"))
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Where the encoder works; it can write nowhere else.
    pub(crate) fn tree(&self) -> PathBuf {
        self.path().join(TREE)
    }

    pub(crate) async fn remove(self) {
        if let Err(error) = blocking(move || remove_folder(&self.path)).await {
            tracing::warn!(%error, "the attempt's folder could not be removed");
        }
    }
}

async fn blocking<T: Send + 'static>(work: impl FnOnce() -> io::Result<T> + Send + 'static) -> io::Result<T> {
    let done = tokio::task::spawn_blocking(work).await;
    done.unwrap_or_else(|error| Err(io::Error::other(error)))
}

/// Nothing if another worker took the new folder for a leftover before it was locked.
fn lock_new(folder: &Path) -> io::Result<Option<File>> {
    let path = folder.join(LOCK);
    let lock = match File::create_new(&path) {
        Ok(lock) => lock,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error),
    };
    match lock.try_lock() {
        Ok(()) => Ok(path.try_exists()?.then_some(lock)),
        Err(TryLockError::WouldBlock) => Ok(None),
        Err(TryLockError::Error(error)) => Err(error),
    }
}

/// Removes what dead attempts have left. Folders in use stay, and so does what is not a worker's.
pub fn remove_leftovers(work_dir: &Path) {
    let entries = fs::read_dir(work_dir).into_iter().flatten().filter_map(Result::ok);
    for entry in entries.filter(|entry| entry.file_name().to_string_lossy().starts_with(PREFIX)) {
        match remove_leftover(&entry.path()) {
            Ok(false) => {}
            Ok(true) => tracing::info!(folder = %entry.path().display(), "removed what a dead attempt had left"),
            // Another worker may have been faster.
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => {
                tracing::warn!(%error, folder = %entry.path().display(), "a leftover could not be removed");
            }
        }
    }
}

/// Whether it was one.
fn remove_leftover(folder: &Path) -> io::Result<bool> {
    let metadata = folder.symlink_metadata()?;
    // The folder for temporary files is everybody's, and whoever made this one may wait for us to follow a link.
    if !metadata.is_dir() || metadata.uid() != geteuid().as_raw() {
        return Ok(false);
    }
    let flags = (OFlags::NOFOLLOW | OFlags::NONBLOCK).bits().cast_signed();
    let lock = OpenOptions::new()
        .read(true)
        .write(true)
        .custom_flags(flags)
        .open(folder.join(LOCK));
    let lock = match lock {
        Ok(lock) => lock,
        // Made a moment ago, or by a process that died a moment later. Only an empty folder goes by this call.
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(fs::remove_dir(folder).is_ok()),
        Err(error) => return Err(error),
    };
    match lock.try_lock() {
        Ok(()) => remove_folder(folder).map(|()| true),
        Err(TryLockError::WouldBlock) => Ok(false),
        Err(TryLockError::Error(error)) => Err(error),
    }
}

/// Whoever removes it may be killed meanwhile, and then it must still be known for a leftover.
fn remove_folder(folder: &Path) -> io::Result<()> {
    for path in lock_last(folder)? {
        if path.symlink_metadata()?.is_dir() {
            fs::remove_dir_all(path)?;
        } else {
            fs::remove_file(path)?;
        }
    }
    fs::remove_dir(folder)
}

/// What is in it.
fn lock_last(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let paths: Result<Vec<_>, _> = fs::read_dir(folder)?.map(|entry| Ok(entry?.path())).collect();
    paths.map(|mut paths: Vec<PathBuf>| {
        paths.sort_by_key(|path| path.file_name().is_some_and(|name| name == LOCK));
        paths
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(work_dir: &Path) -> Vec<String> {
        let entries = fs::read_dir(work_dir).unwrap();
        let mut names: Vec<_> = entries
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort_unstable();
        names
    }

    #[tokio::test]
    async fn leftovers_go_and_what_is_in_use_or_not_ours_stays() {
        let work_dir = tempfile::tempdir().unwrap();
        let in_use = Folder::make(work_dir.path().to_owned()).await.unwrap();
        for folder in ["segue-attempt-dead", "segue-attempt-empty", "other"] {
            fs::create_dir(work_dir.path().join(folder)).unwrap();
        }
        fs::write(work_dir.path().join("segue-attempt-dead/lock"), "").unwrap();
        fs::create_dir(work_dir.path().join("segue-attempt-dead/tree")).unwrap();
        fs::write(work_dir.path().join("segue-attempt-dead/source.mp3"), "sound").unwrap();
        std::os::unix::fs::symlink("/nonexistent", work_dir.path().join("segue-attempt-link")).unwrap();

        let next = Folder::make(work_dir.path().to_owned()).await.unwrap();
        let left = names(work_dir.path());
        assert_eq!(left.len(), 4, "{left:?}");
        assert!(left.contains(&"other".into()) && left.contains(&"segue-attempt-link".into()));
        assert!(in_use.tree().is_dir() && next.tree().is_dir());

        in_use.remove().await;
        drop(next);
        assert_eq!(names(work_dir.path()), ["other", "segue-attempt-link"]);
    }

    #[test]
    fn the_lock_goes_last_so_that_a_removal_that_breaks_off_can_go_on() {
        let folder = tempfile::tempdir().unwrap();
        for name in ["a", "lock", "source.mp3"] {
            fs::write(folder.path().join(name), "").unwrap();
        }
        fs::create_dir(folder.path().join("tree")).unwrap();
        let paths = lock_last(folder.path()).unwrap();
        assert_eq!(paths.len(), 4);
        assert_eq!(paths[3], folder.path().join(LOCK));
        // As a killed process leaves it.
        for path in &paths[..2] {
            fs::remove_file(path).or_else(|_| fs::remove_dir(path)).unwrap();
        }
        assert!(remove_leftover(folder.path()).unwrap());
        assert!(!folder.path().exists());
    }

    #[test]
    fn a_new_folder_that_is_swept_away_is_made_anew() {
        let work_dir = tempfile::tempdir().unwrap();
        let folder = work_dir.path().join("segue-attempt-new");
        assert!(lock_new(&folder).unwrap().is_none(), "swept before its lock was made");
        fs::create_dir(&folder).unwrap();
        let lock = lock_new(&folder).unwrap();
        assert!(lock.is_some());
        assert!(!remove_leftover(&folder).unwrap(), "in use");
        drop(lock);
        assert!(remove_leftover(&folder).unwrap());
        assert!(Folder::make_in(work_dir.path()).is_ok());
    }
}
