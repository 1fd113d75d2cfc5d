//! The files that are uploaded. No two sound alike, so that a stream of the wrong one is heard.

use std::{
    fs::File,
    io::{BufWriter, Write},
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context, Result, ensure};

/// The loudness changes so many times a second.
const STEPS: u32 = 5;

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Kind {
    Wav,
    Flac,
    Mp3,
    /// Worth some seconds of encoding.
    Long,
    /// Large enough to be sent in parts.
    Parts,
    /// Text that calls itself MP3.
    NoAudio,
}

impl Kind {
    fn extension(self) -> &'static str {
        match self {
            Self::Wav | Self::Long | Self::Parts => "wav",
            Self::Flac => "flac",
            Self::Mp3 | Self::NoAudio => "mp3",
        }
    }

    /// Seconds and frames a second.
    fn size(self, random: &mut fastrand::Rng) -> (u32, u32) {
        match self {
            Self::Long => (90, 44_100),
            // 20 MB.
            Self::Parts => (27, 192_000),
            _ => (random.u32(2..9), 44_100),
        }
    }
}

/// Makes a file of its kind in `folder`.
pub(crate) fn make(kind: Kind, seed: u64, folder: &Path) -> Result<PathBuf> {
    let path = folder.join(format!("{seed:016x}.{}", kind.extension()));
    let mut random = fastrand::Rng::with_seed(seed);
    match kind {
        Kind::NoAudio => std::fs::write(&path, "This is a letter, and no music.\n".repeat(random.usize(1..2000)))?,
        Kind::Wav | Kind::Long | Kind::Parts => wav(&path, kind.size(&mut random), &mut random)?,
        Kind::Flac | Kind::Mp3 => {
            let source = folder.join(format!("{seed:016x}-source.wav"));
            wav(&source, kind.size(&mut random), &mut random)?;
            let mut ffmpeg = Command::new("ffmpeg");
            ffmpeg
                .args(["-nostdin", "-v", "error", "-y", "-i"])
                .arg(&source)
                .arg(&path);
            ensure!(
                ffmpeg.status().context("cannot start ffmpeg")?.success(),
                "ffmpeg cannot make {}",
                path.display()
            );
            std::fs::remove_file(source)?;
        }
    }
    Ok(path)
}

/// Two channels of 16 bits: a tone whose loudness jumps at random.
fn wav(path: &Path, (seconds, rate): (u32, u32), random: &mut fastrand::Rng) -> Result<()> {
    let frames = seconds * rate;
    let bytes = frames * 4;
    let mut file = BufWriter::new(File::create(path)?);
    file.write_all(b"RIFF")?;
    file.write_all(&(36 + bytes).to_le_bytes())?;
    file.write_all(b"WAVEfmt \x10\0\0\0\x01\0\x02\0")?;
    file.write_all(&rate.to_le_bytes())?;
    file.write_all(&(rate * 4).to_le_bytes())?;
    file.write_all(b"\x04\0\x10\0data")?;
    file.write_all(&bytes.to_le_bytes())?;
    let pitch = 200.0 + 600.0 * random.f64();
    let step = rate / STEPS;
    let mut loudness = 0.0;
    for frame in 0..frames {
        if frame % step == 0 {
            loudness = 0.05 + 0.6 * random.f64();
        }
        let phase = f64::from(frame) * pitch / f64::from(rate);
        #[expect(clippy::cast_possible_truncation, reason = "to whole samples")]
        let sample = (loudness * (phase.fract() * std::f64::consts::TAU).sin() * f64::from(i16::MAX)) as i16;
        file.write_all(&sample.to_le_bytes())?;
        file.write_all(&sample.to_le_bytes())?;
    }
    Ok(file.flush()?)
}

/// How loud a stream is, in tenths of a second, by decoding all of it; and ffmpeg must have nothing to say about it.
pub(crate) fn loudness_of_stream(url: &str) -> Result<Vec<f64>> {
    loudness(url, "warning")
}

/// The same of a file that was sent.
pub(crate) fn loudness_of_source(path: &Path) -> Result<Vec<f64>> {
    // Below that it says how it takes two channels of a WAV for stereo.
    loudness(&path.to_string_lossy(), "error")
}

fn loudness(input: &str, level: &str) -> Result<Vec<f64>> {
    let output = Command::new("ffmpeg")
        .args([
            "-nostdin", "-v", level, "-i", input, "-map", "0:a:0", "-f", "s16le", "-ac", "1", "-ar", "8000", "-",
        ])
        .output()
        .context("cannot start ffmpeg")?;
    let said = String::from_utf8_lossy(&output.stderr);
    ensure!(
        output.status.success() && said.is_empty(),
        "ffmpeg says: {}",
        said.trim()
    );
    let samples: Vec<f64> = output
        .stdout
        .chunks_exact(2)
        .map(|bytes| f64::from(i16::from_le_bytes([bytes[0], bytes[1]])))
        .collect();
    let rms = |tenth: &[f64]| (tenth.iter().map(|sample| sample * sample).sum::<f64>() / tenth.len() as f64).sqrt();
    Ok(samples.chunks(800).map(rms).collect())
}

/// Whether two sounds are one, as far as lossy coding leaves that to be heard.
pub(crate) fn is_same(one: &[f64], other: &[f64]) -> Result<()> {
    let lengths = (one.len(), other.len());
    ensure!(
        one.len().abs_diff(other.len()) <= 2,
        "{} tenths of a second instead of {}",
        lengths.1,
        lengths.0
    );
    let pairs: Vec<(f64, f64)> = one.iter().copied().zip(other.iter().copied()).collect();
    let mean = |pick: fn(&(f64, f64)) -> f64| pairs.iter().map(pick).sum::<f64>() / pairs.len() as f64;
    let (a, b) = (mean(|pair| pair.0), mean(|pair| pair.1));
    let product: f64 = pairs.iter().map(|(x, y)| (x - a) * (y - b)).sum();
    let (left, right) = pairs.iter().fold((0.0, 0.0), |(left, right), (x, y)| {
        (left + (x - a) * (x - a), right + (y - b) * (y - b))
    });
    let correlation = product / (left * right).sqrt();
    ensure!(
        correlation > 0.9,
        "it sounds unlike its source: the loudness correlates by {correlation:.3}"
    );
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_sound_is_told_apart() {
        let folder = tempfile::tempdir().unwrap();
        let heard = |kind, seed| loudness_of_source(&make(kind, seed, folder.path()).unwrap()).unwrap();
        let (one, two) = (heard(Kind::Long, 1), heard(Kind::Long, 2));
        assert!(is_same(&one, &one).is_ok());
        assert!(is_same(&one, &two).is_err());
        assert!(is_same(&one, &one[..one.len() - 5]).is_err());
        let mp3 = heard(Kind::Mp3, 3);
        assert!(is_same(&mp3, &mp3).is_ok());
    }
}
