//! What one server at a time may use.

use std::{
    fs::{File, TryLockError},
    io::{Read, Seek, Write},
    path::{Path, PathBuf},
};

use crate::failure::Failure;

/// Held while a server runs. The kernel lets go of it however the process ends.
#[derive(Debug)]
pub(crate) struct ServerLock {
    _file: File,
}

impl ServerLock {
    /// That of a data directory, or who has it.
    pub(crate) fn of_data_dir(data_dir: &Path) -> Result<Self, Failure> {
        Self::take(data_dir, &data_dir.join("server.lock"))
    }

    /// That of a database's file which may lie anywhere.
    pub(crate) fn of_database(file: &Path) -> Result<Self, Failure> {
        let mut name = file.as_os_str().to_owned();
        name.push(".server-lock");
        Self::take(file, &PathBuf::from(name))
    }

    fn take(what: &Path, path: &Path) -> Result<Self, Failure> {
        let failed = |error| Failure::io(&format!("{} cannot be used", path.display()), &error);
        let options = File::options()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .clone();
        let mut file = options.open(path).map_err(failed)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(in_use(what, &mut file)),
            Err(TryLockError::Error(error)) => return Err(failed(error)),
        }
        // For whoever comes second; nothing depends on it.
        let _ = file
            .set_len(0)
            .and_then(|()| file.rewind())
            .and_then(|()| write!(file, "{}", std::process::id()));
        Ok(Self { _file: file })
    }
}

fn in_use(what: &Path, file: &mut File) -> Failure {
    let mut text = String::new();
    let _ = file.take(20).read_to_string(&mut text);
    let process = match text.parse::<u32>() {
        Ok(id) => format!(" (process {id})"),
        Err(_) => String::new(),
    };
    let message = format!(
        "{} is in use by another server{process}; stop that one first, or give this one another data directory",
        what.display()
    );
    Failure::environment("data_dir_in_use", message)
}
