//! The output folder: checked before the work, put in place in one step after it.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use domain::Rung;
use rustix::fs::{CWD, RenameFlags, renameat_with};
use tempfile::TempDir;

use crate::failure::Failure;

/// Where a tree is to appear, and the temporary folder beside it where the tree is made. Dropped, it removes that.
pub(crate) struct Output {
    target: PathBuf,
    overwrite: bool,
    temporary: TempDir,
}

impl Output {
    /// Refuses an output that is in the way, before any work is done.
    pub(crate) fn prepare(target: &Path, overwrite: bool) -> Result<Self, Failure> {
        let shown = target.display();
        let Some(name) = target.file_name() else {
            let message = format!("{shown} has no name; name the folder to make, as in out/");
            return Err(Failure::usage("bad_output", message));
        };
        let parent = target
            .parent()
            .filter(|parent| !parent.as_os_str().is_empty())
            .unwrap_or(Path::new("."));
        if !parent.is_dir() {
            let message = format!("{} is not a folder; make it first", parent.display());
            return Err(Failure::usage("bad_output", message));
        }
        let target = parent.join(name);
        // Not `exists`: a dangling symbolic link is in the way as well.
        if target.symlink_metadata().is_ok() {
            if !overwrite {
                return Err(in_the_way(&target));
            }
            if !is_tree(&target) {
                return Err(foreign(&target));
            }
        }
        let cannot_write = |error: io::Error| Failure::io(&format!("cannot write to {}", parent.display()), &error);
        let temporary = tempfile::Builder::new()
            .prefix(".segue-")
            .tempdir_in(parent)
            .map_err(cannot_write)?;
        let output = Output {
            target,
            overwrite,
            temporary,
        };
        fs::create_dir(output.tree()).map_err(cannot_write)?;
        Ok(output)
    }

    /// The folder to make the tree in. A folder within the temporary one, which only its owner may enter.
    pub(crate) fn tree(&self) -> PathBuf {
        self.temporary.path().join("tree")
    }

    /// Puts the finished tree in its place; with `--overwrite` in exchange for the old one, so that there is always
    /// one or the other.
    pub(crate) fn publish(self) -> Result<(), Failure> {
        let tree = self.tree();
        match rename(&tree, &self.target, RenameFlags::NOREPLACE) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists && self.overwrite => self.exchange()?,
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => return Err(in_the_way(&self.target)),
            renamed => renamed.map_err(|error| self.cannot_make(&error))?,
        }
        let close = self.temporary.close();
        close.map_err(|error| {
            Failure::io(
                "the tree is in place, but the temporary folder cannot be removed",
                &error,
            )
        })
    }

    fn exchange(&self) -> Result<(), Failure> {
        let tree = self.tree();
        rename(&tree, &self.target, RenameFlags::EXCHANGE).map_err(|error| self.cannot_make(&error))?;
        // It was a tree before the work, but that is some time ago; what is not may not be deleted with the old one.
        if is_tree(&tree) {
            return Ok(());
        }
        rename(&tree, &self.target, RenameFlags::EXCHANGE).map_err(|error| self.cannot_make(&error))?;
        Err(foreign(&self.target))
    }

    fn cannot_make(&self, error: &io::Error) -> Failure {
        Failure::io(&format!("cannot make {}", self.target.display()), error)
    }
}

fn rename(from: &Path, to: &Path, flags: RenameFlags) -> io::Result<()> {
    match renameat_with(CWD, from, CWD, to, flags) {
        // File systems over the network often know no flags.
        Err(rustix::io::Errno::INVAL | rustix::io::Errno::NOTSUP) => rename_in_steps(from, to, flags),
        renamed => Ok(renamed?),
    }
}

/// The same, with a moment in between.
fn rename_in_steps(from: &Path, to: &Path, flags: RenameFlags) -> io::Result<()> {
    if flags == RenameFlags::NOREPLACE {
        // An empty folder is all that a folder can be renamed onto, so this both checks and reserves.
        fs::create_dir(to)?;
        return fs::rename(from, to);
    }
    let aside = from.with_extension("aside");
    fs::rename(to, &aside)?;
    fs::rename(from, to)?;
    fs::rename(aside, from)
}

fn in_the_way(target: &Path) -> Failure {
    let message = format!(
        "{} already exists; choose another folder or pass --overwrite",
        target.display()
    );
    Failure::usage("output_exists", message)
}

fn foreign(target: &Path) -> Failure {
    let message = format!(
        "{} holds more than a tree; --overwrite replaces nothing else",
        target.display()
    );
    Failure::usage("output_not_a_tree", message)
}

/// A folder that holds nothing but a tree, so that deleting it loses nothing else. An empty one will do.
fn is_tree(folder: &Path) -> bool {
    let is_folder = folder.symlink_metadata().is_ok_and(|metadata| metadata.is_dir());
    is_folder
        && every_entry(folder, |name, entry| {
            let is_master = name == hls::MASTER && entry.file_type().is_ok_and(|kind| kind.is_file());
            is_master || (name.parse::<Rung>().is_ok() && is_rendition(&entry.path()))
        })
}

fn is_rendition(folder: &Path) -> bool {
    every_entry(folder, |name, entry| {
        let number = name.strip_prefix("segment_").and_then(|name| name.strip_suffix(".ts"));
        let is_segment = number.is_some_and(|number| number.bytes().all(|byte| byte.is_ascii_digit()));
        (is_segment || name == hls::MEDIA_PLAYLIST) && entry.file_type().is_ok_and(|kind| kind.is_file())
    })
}

fn every_entry(folder: &Path, check: impl Fn(&str, &fs::DirEntry) -> bool) -> bool {
    fs::read_dir(folder).is_ok_and(|mut entries| {
        entries.all(|entry| entry.is_ok_and(|entry| entry.file_name().to_str().is_some_and(|name| check(name, &entry))))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder_with(files: &[&str]) -> TempDir {
        let folder = tempfile::tempdir().unwrap();
        for file in files {
            let path = folder.path().join(file);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, "").unwrap();
        }
        folder
    }

    #[test]
    fn only_a_tree_and_nothing_else_is_replaced() {
        let tree = ["master.m3u8", "64k/playlist.m3u8", "64k/segment_000.ts"];
        assert!(is_tree(folder_with(&tree).path()));
        assert!(is_tree(folder_with(&[]).path()));
        for more in [
            "song.wav",
            "64k/notes.txt",
            "photos/master.m3u8",
            "64k/segment_000.ts.d/x",
            "master.m3u8.bak",
        ] {
            assert!(!is_tree(folder_with(&[&tree[..], &[more]].concat()).path()), "{more}");
        }
    }

    #[test]
    fn what_became_foreign_during_the_work_is_put_back() {
        let parent = tempfile::tempdir().unwrap();
        let target = parent.path().join("out");
        let output = Output::prepare(&target, true).unwrap_or_else(|_| panic!("nothing is in the way"));
        fs::write(output.tree().join(hls::MASTER), "new").unwrap();
        fs::create_dir(&target).unwrap();
        fs::write(target.join("thesis.txt"), "mine").unwrap();
        assert!(output.publish().is_err());
        assert_eq!(fs::read_to_string(target.join("thesis.txt")).unwrap(), "mine");
        assert_eq!(fs::read_dir(parent.path()).unwrap().count(), 1);
    }

    #[test]
    fn without_flags_renaming_takes_steps_and_comes_to_the_same() {
        let parent = tempfile::tempdir().unwrap();
        let path = |name: &str| parent.path().join(name);
        for name in ["new", "old"] {
            fs::create_dir(path(name)).unwrap();
            fs::write(path(name).join(name), "").unwrap();
        }
        let refused = rename_in_steps(&path("new"), &path("old"), RenameFlags::NOREPLACE).unwrap_err();
        assert_eq!(refused.kind(), io::ErrorKind::AlreadyExists);
        rename_in_steps(&path("new"), &path("old"), RenameFlags::EXCHANGE).unwrap();
        assert!(path("old/new").exists() && path("new/old").exists());
        rename_in_steps(&path("new"), &path("other"), RenameFlags::NOREPLACE).unwrap();
        assert!(path("other/old").exists() && !path("new").exists());
    }
}
