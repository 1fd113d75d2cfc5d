//! Has cargo look whether the web app was built anew.

use std::fs;

const BUILT: &str = "../../web/dist";

fn main() {
    // What is missing counts as changed at every build. If the folder cannot be made, that is all that comes of it.
    let _ = fs::create_dir_all(BUILT);
    println!("cargo::rerun-if-changed={BUILT}");
}
