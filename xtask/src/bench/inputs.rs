//! Long inputs of real music.

use std::{
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::Result;

use crate::{fixture::fixture, run::succeed};

#[derive(Clone, Copy)]
pub(crate) enum Format {
    Wav,
    Flac,
    Mp3,
}

impl Format {
    pub(super) const ALL: [Self; 3] = [Self::Wav, Self::Flac, Self::Mp3];

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Wav => "wav",
            Self::Flac => "flac",
            Self::Mp3 => "mp3",
        }
    }

    fn codec(self) -> &'static [&'static str] {
        match self {
            Self::Wav => &["-c:a", "pcm_s16le"],
            Self::Flac => &["-c:a", "flac"],
            Self::Mp3 => &["-c:a", "libmp3lame", "-b:a", "256k"],
        }
    }
}

/// The three pieces of music one after the other, from the start again until it is long enough; 44.1 kHz stereo.
pub(crate) fn input(music: &[PathBuf; 3], format: Format, seconds: u32) -> Result<PathBuf> {
    let once = fixture("bench/music.wav", |path| {
        let mut ffmpeg = ffmpeg();
        for piece in music {
            ffmpeg.arg("-i").arg(piece);
        }
        ffmpeg.args(["-filter_complex", "concat=n=3:v=0:a=1"]);
        succeed(ffmpeg.args(["-ar", "44100", "-ac", "2"]).arg(path))
    })?;
    let name = format.name();
    fixture(&format!("bench/music-{seconds}.{name}"), |path| {
        loop_to(&once, format, seconds, path)
    })
}

fn loop_to(once: &Path, format: Format, seconds: u32, path: &Path) -> Result<()> {
    let mut ffmpeg = ffmpeg();
    ffmpeg.args(["-stream_loop", "-1", "-i"]).arg(once);
    ffmpeg.arg("-t").arg(seconds.to_string()).args(format.codec());
    succeed(ffmpeg.arg(path))
}

fn ffmpeg() -> Command {
    let mut ffmpeg = Command::new("ffmpeg");
    ffmpeg.args(["-nostdin", "-v", "error", "-y"]);
    ffmpeg
}
