//! What an input is, asked of ffprobe.

use std::{
    ffi::OsString,
    fs, io,
    path::{Path, PathBuf},
    time::Duration,
};

use tokio::{io::AsyncReadExt, process::Command};

use crate::{
    child::{Child, Ended, is_our_fault},
    error::{MediaError, Refusal},
    formats,
    probe_json::{self, Probe},
    sandbox::Sandbox,
    tools::Tools,
};

const DEADLINE: Duration = Duration::from_secs(45);
/// A few kilobytes are usual; lyrics and encoder logs among the tags can be megabytes.
const LONGEST_ANSWER: u64 = 1 << 20;

/// Probes `input`. Permanent refusals say why in words for the uploader.
pub async fn probe(tools: &Tools, sandbox: Sandbox, input: &Path) -> Result<Probe, MediaError> {
    let input = regular_file(input)?;
    let with_tags = format!("{}{}", probe_json::ENTRIES, probe_json::TAG_ENTRIES);
    // Tags too long to read are no reason to refuse good audio.
    for entries in [&with_tags, probe_json::ENTRIES] {
        if let Some(answer) = ask(tools, sandbox, &input, entries).await? {
            return probe_json::parse(&answer);
        }
    }
    Err(Refusal::Corrupt.into())
}

/// What ffprobe prints of `entries`; nothing if that is too long.
async fn ask(tools: &Tools, sandbox: Sandbox, input: &Path, entries: &str) -> Result<Option<Vec<u8>>, MediaError> {
    let mut command = Command::new(&tools.ffprobe);
    // At the level of warnings it tells of DRM that no field does.
    command.args(["-hide_banner", "-v", "warning", "-of", "json", "-show_entries", entries]);
    // A few packets tell whether they are encrypted, which no header that ffprobe prints does.
    command
        .args(["-read_intervals", "%+#32"])
        .args(formats::GUARDS)
        .args(formats::probe_guards())
        .arg("-i")
        .arg(url(input));
    let (mut child, stdout) = Child::spawn(command, sandbox, &tools.ffprobe, input, None, DEADLINE)
        .map_err(MediaError::io("ffprobe could not be started"))?;

    let mut answer = Vec::new();
    let mut stdout = stdout.take(LONGEST_ANSWER);
    let run = async {
        stdout.read_to_end(&mut answer).await?;
        if stdout.limit() == 0 {
            return child.kill().await.map(|()| None);
        }
        child.wait().await.map(Some)
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
    let Some(ended) = ended.map_err(MediaError::io("ffprobe's answer could not be read"))? else {
        return Ok(None);
    };
    let complaint = ended.complaint(input);
    if complaint.contains("DRM protected stream") {
        return Err(Refusal::Encrypted.into());
    }
    if ended.status.success() {
        Ok(Some(answer))
    } else {
        Err(failure(ended, &complaint))
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
    fs::File::open(&path).map_err(unreadable)?;
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
fn failure(ended: Ended, complaint: &str) -> MediaError {
    let says = |phrase: &str| complaint.contains(phrase);
    // First of all: it is followed by what sounds like a lack of memory.
    let refusal = if says("exceeds max_streams") {
        Refusal::TooManyStreams
    } else if ended.status.code().is_none() || is_our_fault(complaint) {
        return ended.unexpected("ffprobe");
    } else if says("Could not open codec for input stream") {
        Refusal::Unsupported("it holds a stream of a kind that Segue does not know".into())
    } else if says("moov atom not found") || says("error reading header") {
        Refusal::Corrupt
    } else {
        Refusal::NotAudio
    };
    tracing::debug!(complaint, "ffprobe refused the input");
    refusal.into()
}
