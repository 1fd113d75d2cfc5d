//! Recordings to work on.

use std::{path::Path, process::Command};

/// `seconds` of a tone with noise in it, which no encoder can skip over: at 8 kHz, so that the file is small.
pub(crate) fn wav(folder: &Path, seconds: u32) -> Vec<u8> {
    let path = folder.join("sound.wav");
    let tone = format!("aevalsrc=0.4*sin(440*2*PI*t)+0.1*random(0):s=8000:d={seconds}");
    let made = Command::new("ffmpeg")
        .args(["-nostdin", "-v", "error", "-f", "lavfi", "-i", &tone])
        .args(["-metadata", "title=Frontiers", "-metadata", "artist=The Testers"])
        .arg(&path)
        .status()
        .expect("ffmpeg is missing: run `cargo xtask test`, which installs it");
    assert!(made.success());
    let bytes = std::fs::read(&path).unwrap();
    std::fs::remove_file(path).unwrap();
    bytes
}
