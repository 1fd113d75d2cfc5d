//! `cargo xtask demo`: the main job on real music.

use std::{fs, process::Command};

use anyhow::Result;

use crate::{
    run::{release_binary, root, succeed},
    setup,
    steps::Steps,
};

pub(crate) fn demo() -> Result<()> {
    let mut steps = Steps::default();
    let [music, ..] = steps.run("set-up", setup::for_music)?;
    let segue = steps.run("build", release_binary)?;
    let demo = root().join("target/demo");
    fs::create_dir_all(&demo)?;
    let tree = demo.join("frontiers");
    steps.run("package", || {
        let mut package = Command::new(&segue);
        package.arg("package").arg(&music).arg("-o").arg(&tree);
        succeed(package.arg("--overwrite"))
    })?;
    steps.run("lint", || succeed(Command::new(&segue).arg("inspect").arg(&tree)))?;

    println!("\n{} was packaged, and its tree passed the lint.", music.display());
    println!("  the tree: {}", tree.display());
    println!("  play it:  ffplay {}", tree.join("master.m3u8").display());
    println!("            (or serve the folder to any other HLS player)");
    Ok(())
}
