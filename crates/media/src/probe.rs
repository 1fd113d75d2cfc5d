//! What an input is, asked of ffprobe.

use std::{
    ffi::OsString,
    io,
    path::{Path, PathBuf},
    time::Duration,
};

use tokio::{io::AsyncReadExt, process::Command};

use crate::{
    child::{Child, Ended},
    error::{MediaError, Refusal},
    formats,
    probe_json::{self, Probe},
    sandbox::Sandbox,
    tools::Tools,
};

const DEADLINE: Duration = Duration::from_secs(45);
/// A few kilobytes are usual; this is what 64 streams with the longest tags could honestly fill.
const LONGEST_ANSWER: u64 = 4 << 20;

/// Probes `input`. Permanent refusals say why in words for the uploader.
pub async fn probe(tools: &Tools, sandbox: Sandbox, input: &Path) -> Result<Probe, MediaError> {
    let input = regular_file(input)?;
    let mut command = Command::new(&tools.ffprobe);
    command.args(["-v", "error", "-of", "json", "-show_entries", probe_json::ENTRIES]);
    // A few packets tell whether they are encrypted, which no header that ffprobe prints does.
    command
        .args(["-read_intervals", "%+#32"])
        .args(formats::GUARDS)
        .arg("-i")
        .arg(url(&input));
    let (mut child, stdout) = Child::spawn(command, sandbox, &tools.ffprobe, &input, None, DEADLINE)
        .map_err(MediaError::io("ffprobe could not be started"))?;

    let mut answer = Vec::new();
    let mut stdout = stdout.take(LONGEST_ANSWER);
    let run = async {
        stdout.read_to_end(&mut answer).await?;
        child.wait().await
    };
    let Ok(ended) = tokio::time::timeout(DEADLINE, run).await else {
        child
            .kill()
            .await
            .map_err(MediaError::io("ffprobe could not be stopped"))?;
        return Err(MediaError::Stalled {
            program: "ffprobe",
            after: DEADLINE,
        });
    };
    let ended = ended.map_err(MediaError::io("ffprobe's answer could not be read"))?;
    if ended.status.success() {
        Ok(probe_json::parse(&answer)?)
    } else {
        Err(failure(ended))
    }
}

/// The canonical path of a regular file with something in it. A FIFO or a device could hold ffprobe for ever.
pub(crate) fn regular_file(input: &Path) -> Result<PathBuf, MediaError> {
    let unreadable = |source| MediaError::Unreadable {
        path: input.display().to_string(),
        source,
    };
    let path = input.canonicalize().map_err(unreadable)?;
    let metadata = path.metadata().map_err(unreadable)?;
    if !metadata.is_file() {
        return Err(unreadable(io::Error::new(
            io::ErrorKind::InvalidInput,
            "it is not a regular file",
        )));
    }
    if metadata.len() == 0 {
        Err(Refusal::Empty.into())
    } else {
        Ok(path)
    }
}

/// The input as ffmpeg takes it: with the protocol spelled out, no name can pass for an option or another protocol.
pub(crate) fn url(input: &Path) -> OsString {
    let mut url = OsString::from("file:");
    url.push(input);
    url
}

/// ffmpeg reports all that it dislikes about an input as text.
fn failure(ended: Ended) -> MediaError {
    let says = |words: &str| ended.stderr.contains(words);
    if ended.status.code().is_none() {
        return MediaError::Child {
            program: "ffprobe",
            status: ended.status.to_string(),
            stderr: ended.stderr,
        };
    }
    if says("max_streams") {
        Refusal::TooManyStreams.into()
    } else if says("DRM") || says("encrypted") {
        Refusal::Encrypted.into()
    } else {
        tracing::debug!(stderr = ended.stderr, "ffprobe refused the input");
        Refusal::NotAudio.into()
    }
}
