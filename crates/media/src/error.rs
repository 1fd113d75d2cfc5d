//! What can go wrong, in two kinds: the file is at fault, or something of ours is.

use std::{io, time::Duration};

use crate::formats;

/// The file itself cannot be packaged, today or tomorrow. Its messages are for the uploader.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// Not recognised as any of the container formats that are taken.
    #[error("this is not an audio file that Segue reads; it takes {}", formats::FOR_PEOPLE)]
    NotAudio,
    /// A readable container without an audio stream in it.
    #[error("there is no audio in this file")]
    NoAudioStream,
    /// An audio stream in a codec or channel arrangement that is not taken.
    #[error("{0}; convert the file to FLAC or MP3 and try again")]
    Unsupported(String),
    /// No bytes, or no samples.
    #[error("this file holds no sound: it is empty")]
    Empty,
    /// Longer than the operator allows.
    #[error("this recording is longer than the {} that are allowed; split it into parts", humane(*.0))]
    TooLong(Duration),
    /// The container or its audio is damaged beyond decoding.
    #[error("this file is damaged and cannot be decoded; export or upload it again")]
    Corrupt,
    /// Protected by DRM or common encryption.
    #[error("this file is copy-protected (encrypted); upload a copy without protection")]
    Encrypted,
    /// More streams than any honest recording has.
    #[error("this file holds too many streams; keep only its audio and try again")]
    TooManyStreams,
}

impl Refusal {
    /// A stable name for programs.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Refusal::NotAudio => "not_audio",
            Refusal::NoAudioStream => "no_audio_stream",
            Refusal::Unsupported(_) => "unsupported",
            Refusal::Empty => "empty",
            Refusal::TooLong(_) => "too_long",
            Refusal::Corrupt => "corrupt",
            Refusal::Encrypted => "encrypted",
            Refusal::TooManyStreams => "too_many_streams",
        }
    }
}

/// Why a probe or an encode ended without a result.
#[derive(Debug, thiserror::Error)]
pub enum MediaError {
    /// Permanent: the input's fault.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// The input is not there, or not a file that may be read.
    #[error("{path} cannot be read: {source}")]
    Unreadable {
        /// The input.
        path: String,
        /// Why not.
        source: io::Error,
    },
    /// The caller asked for it.
    #[error("cancelled")]
    Cancelled,
    /// The disk that holds the work directory is full.
    #[error("no space left on the disk that the segments are written to; free some and run again")]
    DiskFull,
    /// The child made no progress for this long.
    #[error("{program} made no progress for {} and was stopped; run again when the machine is less busy", humane(*.after))]
    Stalled {
        /// ffprobe or ffmpeg.
        program: &'static str,
        /// How long nothing advanced.
        after: Duration,
    },
    /// The whole encode took longer than its deadline.
    #[error("the encode did not end within {} and was stopped", humane(*.0))]
    Deadline(Duration),
    /// The child ended in a way that says nothing about the input: killed from outside, or out of memory.
    #[error("{program} ended unexpectedly ({status}){}", last_line(.stderr))]
    Child {
        /// ffprobe or ffmpeg.
        program: &'static str,
        /// Its exit status.
        status: String,
        /// The end of what it printed to stderr, for the log.
        stderr: String,
    },
    /// The renditions that came out do not belong together. A defect of ours or of this ffmpeg.
    #[error("ffmpeg made a broken rendition: {0}")]
    Broken(String),
    /// ffprobe ended well and yet answered something else than it was asked for.
    #[error("ffprobe answered what Segue cannot read ({0}); use ffmpeg 5.1 or newer")]
    Answer(String),
    /// Starting a child, or reading and writing our own files.
    #[error("{doing}: {source}")]
    Io {
        /// What was being done.
        doing: String,
        /// Why it failed.
        source: io::Error,
    },
}

impl MediaError {
    pub(crate) fn io(doing: impl Into<String>) -> impl FnOnce(io::Error) -> MediaError {
        let doing = doing.into();
        move |source| match source.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => MediaError::DiskFull,
            _ => MediaError::Io { doing, source },
        }
    }
}

fn last_line(stderr: &str) -> String {
    stderr
        .lines()
        .rev()
        .find(|line| !line.trim().is_empty())
        .map(|line| format!(": {line}"))
        .unwrap_or_default()
}

/// `12 h`, `90 min`, `5 s`: the largest unit that needs no fraction.
fn humane(duration: Duration) -> String {
    match duration.as_secs() {
        seconds if seconds >= 3600 && seconds % 3600 == 0 => format!("{} h", seconds / 3600),
        seconds if seconds >= 60 && seconds % 60 == 0 => format!("{} min", seconds / 60),
        seconds => format!("{seconds} s"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_read_as_people_say_them() {
        let spoken = [43_200, 5_400, 90, 5].map(|seconds| humane(Duration::from_secs(seconds)));
        assert_eq!(spoken, ["12 h", "90 min", "90 s", "5 s"]);
    }

    #[test]
    fn a_full_disk_is_told_apart_from_other_trouble() {
        let full = MediaError::io("append")(io::Error::from(io::ErrorKind::StorageFull));
        assert!(matches!(full, MediaError::DiskFull));
    }
}
