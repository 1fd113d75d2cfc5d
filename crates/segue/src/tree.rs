//! A tree on disk: written from renditions, read for the lint.

use std::{
    fmt::Write as _,
    fs::{self, OpenOptions},
    io::{self, Read},
    os::unix::fs::OpenOptionsExt,
    path::Path,
};

use hls::{MASTER, MEDIA_PLAYLIST, Rendition, RenditionSummary, Report};
use rustix::{fs::OFlags, io::Errno};
use tokio_util::sync::CancellationToken;

/// More than any segment or playlist has. What is cut off here is a finding of the lint.
const LARGEST_FILE: u64 = 16 << 20;

/// Writes the media playlists and, last, the master playlist beside the segments that are in `folder` already.
pub(crate) fn write_playlists(folder: &Path, renditions: &[Rendition], segment_seconds: u32) -> io::Result<()> {
    for rendition in renditions {
        let path = folder.join(&rendition.name).join(MEDIA_PLAYLIST);
        fs::write(path, hls::media_playlist(rendition, segment_seconds))?;
    }
    fs::write(folder.join(MASTER), hls::master_playlist(renditions, segment_seconds))
}

/// Lints the tree in `folder`, one segment in memory at a time. Cancelled, it ends with [`io::ErrorKind::Interrupted`].
pub(crate) fn lint(folder: &Path, cancel: &CancellationToken) -> io::Result<Report> {
    hls::lint(|name| {
        if cancel.is_cancelled() {
            return Err(io::ErrorKind::Interrupted.into());
        }
        read(&folder.join(name))
    })
}

/// The bytes of a regular file, if it is one: a FIFO would never end, and a link could lead anywhere.
fn read(path: &Path) -> io::Result<Option<Vec<u8>>> {
    let flags = OFlags::NOFOLLOW | OFlags::NONBLOCK;
    let file = match OpenOptions::new()
        .read(true)
        .custom_flags(flags.bits().cast_signed())
        .open(path)
    {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) if error.raw_os_error() == Some(Errno::LOOP.raw_os_error()) => return Ok(None),
        Err(error) => return Err(error),
    };
    if !file.metadata()?.is_file() {
        return Ok(None);
    }
    let mut bytes = Vec::new();
    file.take(LARGEST_FILE).read_to_end(&mut bytes)?;
    Ok(Some(bytes))
}

/// One line for each rendition, in bit rates as they were measured.
pub(crate) fn table(renditions: &[RenditionSummary]) -> String {
    renditions.iter().fold(String::new(), |mut table, rendition| {
        let _ = writeln!(
            table,
            "{:>5}  {:>4} segments  {:>7.1} kb/s average  {:>7.1} kb/s peak",
            rendition.name,
            rendition.segments,
            rendition.average_bandwidth as f64 / 1000.0,
            rendition.bandwidth as f64 / 1000.0,
        );
        table
    })
}
