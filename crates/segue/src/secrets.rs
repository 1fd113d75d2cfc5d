//! Secrets that nobody has configured: drawn on the first start and kept in the data directory.

use std::{
    fs::{self, File},
    io::{self, Write},
    os::unix::fs::PermissionsExt,
    path::Path,
};

use domain::Secret;
use serde::{Deserialize, Serialize};

use crate::failure::Failure;

const FILE: &str = "secrets.json";

/// What is in the file.
#[derive(Serialize, Deserialize)]
pub(crate) struct Secrets {
    /// Signs access and playback tokens.
    pub(crate) token_key: Secret,
    /// All workers show it.
    pub(crate) worker_secret: Secret,
    /// Of the built-in object store's access key.
    pub(crate) s3_secret: Secret,
}

impl Secrets {
    /// Those of a data directory, which come to be if there are none.
    pub(crate) fn of(data_dir: &Path) -> Result<Self, Failure> {
        let path = data_dir.join(FILE);
        if let Some(secrets) = Self::read(&path)? {
            return Ok(secrets);
        }
        Self::generate(data_dir, &path)?;
        // Another process may have been faster; then its secrets are there.
        let gone = || Failure::environment("secrets", format!("{} has vanished", path.display()));
        Self::read(&path)?.ok_or_else(gone)
    }

    fn read(path: &Path) -> Result<Option<Self>, Failure> {
        let text = match fs::read_to_string(path) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(Failure::io(&format!("{} cannot be read", path.display()), &error)),
        };
        let mode = fs::metadata(path).map_or(0, |metadata| metadata.permissions().mode());
        if mode & 0o077 != 0 {
            tracing::warn!(
                "{} can be read by others; make it yours alone (chmod 600)",
                path.display()
            );
        }
        // Not the parser's own words, which may quote the file.
        let damaged = || {
            let message = format!(
                "{} is damaged; restore it, or remove it to have new secrets (everybody is logged out then)",
                path.display()
            );
            Failure::environment("secrets", message)
        };
        serde_json::from_str(&text).map(Some).map_err(|_| damaged())
    }

    /// A temporary file is for its owner alone from the start, and comes under its name only when it is whole and on the
    /// disk.
    fn generate(data_dir: &Path, path: &Path) -> Result<(), Failure> {
        let secrets = Self {
            token_key: server::new_secret(),
            worker_secret: server::new_secret(),
            s3_secret: server::new_secret(),
        };
        let failed = |error: &io::Error| Failure::io(&format!("{} cannot be written", path.display()), error);
        let mut file = tempfile::NamedTempFile::new_in(data_dir).map_err(|error| failed(&error))?;
        let json = serde_json::to_string_pretty(&secrets).map_err(|error| failed(&error.into()))?;
        file.write_all(json.as_bytes())
            .and_then(|()| file.as_file().sync_all())
            .map_err(|error| failed(&error))?;
        match file.persist_noclobber(path) {
            Ok(_) => {}
            Err(error) if error.error.kind() == io::ErrorKind::AlreadyExists => {}
            Err(error) => return Err(failed(&error.error)),
        }
        File::open(data_dir)
            .and_then(|folder| folder.sync_all())
            .map_err(|error| failed(&error))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn they_are_drawn_once_and_are_the_owners_alone() {
        let folder = tempfile::tempdir().expect("a folder");
        let [first, second] = [(); 2].map(|()| Secrets::of(folder.path()).map_err(|_| "failed").expect("secrets"));
        assert_eq!(first.token_key.reveal(), second.token_key.reveal());
        assert_ne!(first.token_key.reveal(), first.worker_secret.reveal());
        let mode = fs::metadata(folder.path().join(FILE))
            .expect("there")
            .permissions()
            .mode();
        assert_eq!(mode & 0o777, 0o600);
    }

    #[test]
    fn a_damaged_file_is_not_replaced() {
        let folder = tempfile::tempdir().expect("a folder");
        fs::write(folder.path().join(FILE), "{").expect("written");
        assert!(Secrets::of(folder.path()).is_err());
        assert_eq!(fs::read_to_string(folder.path().join(FILE)).expect("there"), "{");
    }
}
