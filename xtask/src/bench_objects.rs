//! `cargo xtask bench objects`: the embedded object store beside plain files.

use std::fs;

use anyhow::Result;

use crate::run::{cargo, root, succeed};

pub(crate) fn objects() -> Result<()> {
    // On the disk that the workspace is on: /tmp is memory on some machines, where an fsync costs nothing.
    let folder = root().join("target/bench");
    fs::create_dir_all(&folder)?;
    let flags = "run --release --quiet --package objects --features bench --example bench --";
    succeed(cargo().args(flags.split(' ')).arg(folder))
}
