//! A tree on disk: written from renditions, read for the lint.

use std::{fs, io, path::Path};

use hls::{MASTER, MEDIA_PLAYLIST, Rendition, RenditionSummary, Report};

/// Writes the media playlists and, last, the master playlist beside the segments that are in `folder` already.
pub(crate) fn write_playlists(folder: &Path, renditions: &[Rendition], segment_seconds: u32) -> io::Result<()> {
    for rendition in renditions {
        let path = folder.join(&rendition.name).join(MEDIA_PLAYLIST);
        fs::write(path, hls::media_playlist(rendition, segment_seconds))?;
    }
    fs::write(folder.join(MASTER), hls::master_playlist(renditions, segment_seconds))
}

/// Lints the tree in `folder`, one segment in memory at a time.
pub(crate) fn lint(folder: &Path) -> io::Result<Report> {
    hls::lint(|name| match fs::read(folder.join(name)) {
        Ok(bytes) => Ok(Some(bytes)),
        Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::IsADirectory) => Ok(None),
        Err(error) => Err(error),
    })
}

/// One line for each rendition, in bit rates as they were measured.
pub(crate) fn print(renditions: &[RenditionSummary]) {
    for rendition in renditions {
        println!(
            "{:>5}  {:>4} segments  {:>7.1} kb/s average  {:>7.1} kb/s peak",
            rendition.name,
            rendition.segments,
            rendition.average_bandwidth as f64 / 1000.0,
            rendition.bandwidth as f64 / 1000.0,
        );
    }
}
