//! The same with plain files: what the disk can do when every file and its name must be durable.

use std::{
    fs::{self, File},
    io::Write,
    path::Path,
    time::Duration,
};

use crate::{Load, in_threads};

pub(crate) fn write(folder: &Path, load: &Load) -> Duration {
    let bytes = vec![7; load.size];
    in_threads(load, |number| {
        let mut file = File::create(folder.join(number.to_string())).unwrap();
        file.write_all(&bytes).unwrap();
        file.sync_all().unwrap();
        File::open(folder).unwrap().sync_all().unwrap();
    })
}

pub(crate) fn read(folder: &Path, load: &Load) -> Duration {
    in_threads(load, |number| {
        let bytes = fs::read(folder.join(number.to_string())).unwrap();
        assert_eq!(bytes.len(), load.size);
    })
}
