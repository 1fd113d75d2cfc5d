//! From the source to a tree in the bucket.

use std::path::Path;

use domain::{
    TreeFile,
    protocol::{FileToPut, RenditionReport, Report, Started},
};
use futures_util::stream;
use hls::Rendition;
use media::{Encode, MediaError, Probe};
use reqwest::Client;
use tokio::{fs, time::Instant};
use tokio_util::sync::CancellationToken;

use crate::{
    callbacks::Callbacks, download::download, encode::encode, failure::WorkError, folder::Folder, progress::Progress,
    settings::Settings, upload::Uploader,
};

/// What the work on one attempt needs.
pub(crate) struct Work<'a> {
    pub(crate) settings: &'a Settings,
    pub(crate) client: &'a Client,
    pub(crate) callbacks: &'a Callbacks,
    pub(crate) started: &'a Started,
    pub(crate) progress: &'a Progress,
    /// When the attempt must be over.
    pub(crate) deadline: Instant,
}

impl Work<'_> {
    /// Does all of it. The attempt's folder is gone when this returns, and so are all children; `stop` makes that soon.
    pub(crate) async fn run(&self, stop: &CancellationToken) -> Result<Report, WorkError> {
        let folder = Folder::make(self.settings.work_dir.clone()).await;
        let folder = folder.map_err(WorkError::io("making the work folder"))?;
        let made = self.make(&folder, stop).await;
        folder.remove().await;
        made
    }

    async fn make(&self, folder: &Folder, stop: &CancellationToken) -> Result<Report, WorkError> {
        let Settings {
            tools, sandbox, limits, ..
        } = self.settings;
        let source = &self.started.source;
        let input = folder.path().join(format!("source.{}", source.source_type));

        // An ffmpeg that does not work would have every file called damaged.
        let tools_work = async { tools.check(*sandbox).await.map_err(WorkError::from) };
        let download = download(self.client, self.callbacks, limits, source, &input);
        unless(stop, async { tokio::try_join!(tools_work, download) }).await?;
        let probe = async { Ok(media::probe(tools, *sandbox, &input).await?) };
        let probe = unless(stop, probe).await?;
        self.progress.note_duration(probe.duration_seconds);

        let uploader = Uploader {
            client: self.client,
            callbacks: self.callbacks,
            limits,
            tree: folder.tree(),
            transfers: self.settings.transfers.max(1),
        };
        let ladder = self.encode(input, probe.clone(), folder);
        let (renditions, lint) = encode(ladder, &uploader, self.progress, stop).await?;

        let tree = folder.tree();
        write_playlists(&tree, &renditions, self.segment_seconds()).await?;
        let linted = lint.finish(|name| match std::fs::read(tree.join(name)) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
            read => read.map(Some),
        });
        let linted = linted.map_err(WorkError::io("reading the playlists"))?;
        if let Some(finding) = linted.findings.first() {
            return Err(MediaError::Broken(finding.to_string()).into());
        }
        unless(stop, self.put_playlists(&uploader)).await?;
        Ok(self.report(probe, &renditions, linted.seconds))
    }

    fn encode(&self, input: std::path::PathBuf, probe: Probe, folder: &Folder) -> Encode {
        let spec = &self.started.spec;
        Encode {
            tools: self.settings.tools.clone(),
            sandbox: self.settings.sandbox,
            input,
            probe,
            work: folder.tree(),
            ladder: spec.ladder.clone(),
            processes: self.settings.processes,
            limits: media::Limits {
                max_duration: std::time::Duration::from_secs(spec.max_duration_seconds.into()),
                deadline: self.deadline.saturating_duration_since(Instant::now()),
                ..media::Limits::default()
            },
        }
    }

    /// After all segments; the master after all that it names.
    async fn put_playlists(&self, uploader: &Uploader<'_>) -> Result<(), WorkError> {
        let rungs = self.started.spec.ladder.rungs();
        let media = rungs.iter().map(|rung| TreeFile::Playlist(*rung)).collect();
        for names in [media, vec![TreeFile::Master]] {
            let mut files = Vec::new();
            for file in names {
                let metadata = fs::metadata(uploader.tree.join(file.to_string())).await;
                let size = metadata.map_err(WorkError::io("reading the playlists"))?.len();
                files.push(FileToPut { file, size });
            }
            uploader.put_all(stream::iter(files)).await?;
        }
        Ok(())
    }

    fn segment_seconds(&self) -> u32 {
        self.started.spec.ladder.segment_seconds()
    }

    fn report(&self, probe: Probe, renditions: &[Rendition], seconds: f64) -> Report {
        let rungs = self.started.spec.ladder.rungs().iter();
        let measured = rungs.zip(renditions).map(|(rung, rendition)| RenditionReport {
            rung: *rung,
            segments: u32::try_from(rendition.segments.len()).unwrap_or(u32::MAX),
            bandwidth: rendition.peak_bandwidth(self.segment_seconds()),
            average_bandwidth: rendition.average_bandwidth(),
        });
        Report {
            duration_seconds: seconds,
            codec: probe.codec,
            title: probe.tags.title,
            artist: probe.tags.artist,
            album: probe.tags.album,
            renditions: measured.collect(),
        }
    }
}

/// `work`, or nothing more of it once `stop` says so.
async fn unless<T>(stop: &CancellationToken, work: impl Future<Output = Result<T, WorkError>>) -> Result<T, WorkError> {
    tokio::select! {
        biased;
        () = stop.cancelled() => Err(WorkError::Stopped),
        done = work => done,
    }
}

async fn write_playlists(tree: &Path, renditions: &[Rendition], segment_seconds: u32) -> Result<(), WorkError> {
    let media = renditions.iter().map(|rendition| {
        let path = tree.join(&rendition.name).join(hls::MEDIA_PLAYLIST);
        (path, hls::media_playlist(rendition, segment_seconds))
    });
    let master = (
        tree.join(hls::MASTER),
        hls::master_playlist(renditions, segment_seconds),
    );
    for (path, text) in media.chain([master]) {
        let written = fs::write(path, text).await;
        written.map_err(WorkError::io("writing the playlists"))?;
    }
    Ok(())
}
