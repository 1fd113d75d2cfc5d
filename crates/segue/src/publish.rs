//! The output folder: checked before the work, put in place in one step after it.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

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
            return Err(Failure::usage(
                "bad_output",
                format!("{shown} has no name; name the folder to make, as in out/"),
            ));
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
            if !is_replaceable(&target) {
                let message = format!("{shown} is not a tree that Segue made; --overwrite replaces nothing else");
                return Err(Failure::usage("output_not_a_tree", message));
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
        let renamed = rename(&tree, &self.target, RenameFlags::NOREPLACE);
        let renamed = match renamed {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists && self.overwrite => {
                rename(&tree, &self.target, RenameFlags::EXCHANGE)
            }
            other => other,
        };
        match renamed {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Err(in_the_way(&self.target)),
            other => other.map_err(|error| Failure::io(&format!("cannot make {}", self.target.display()), &error)),
        }?;
        let close = self.temporary.close();
        close.map_err(|error| Failure::io("the temporary folder could not be removed", &error))
    }
}

fn rename(from: &Path, to: &Path, flags: RenameFlags) -> io::Result<()> {
    Ok(renameat_with(CWD, from, CWD, to, flags)?)
}

fn in_the_way(target: &Path) -> Failure {
    let message = format!(
        "{} already exists; choose another folder or pass --overwrite",
        target.display()
    );
    Failure::usage("output_exists", message)
}

/// A folder that holds a tree, or nothing.
fn is_replaceable(target: &Path) -> bool {
    let is_folder = target.symlink_metadata().is_ok_and(|metadata| metadata.is_dir());
    let is_empty = || fs::read_dir(target).is_ok_and(|mut entries| entries.next().is_none());
    is_folder && (target.join(hls::MASTER).is_file() || is_empty())
}
