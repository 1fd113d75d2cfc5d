//! What a worker does, without one: so that there is something to play.

use std::time::Duration;

use domain::{
    JobId, Ladder, ObjectKey, Rung, Secret, TreeFile, TreeName, UploadId,
    protocol::{RenditionReport, Report, WorkerId},
};
use hls::{Rendition, Segment};
use server::{new_secret, random};
use store::{Caller, Claim, Claimed, Finished};

use crate::{people::Person, support::Server};

const HOUR: Duration = Duration::from_hours(1);

impl Person<'_> {
    /// Does what a worker does to the one job that is queued, in segments of 6 s.
    pub(crate) async fn work(&self, id: UploadId, segments: u32, seconds: f64) -> TreeName {
        let attempt = self.take_up().await;
        self.put_tree(id, &attempt.tree, segments).await;
        let report = Report {
            duration_seconds: seconds,
            codec: "mp3".into(),
            title: None,
            artist: None,
            album: None,
            renditions: reports(&self.server.app.settings.ladder, segments),
        };
        let finished = attempt.finish(self.server, &report).await;
        assert_eq!(finished, Finished::Published);
        attempt.tree
    }

    async fn take_up(&self) -> Attempt {
        let app = &self.server.app;
        let (now, secret) = (app.clock.now(), new_secret());
        let attempt = Claim {
            tree: TreeName::generate(random),
            secret: secret.hash(),
            launcher: "process",
            cap: 100,
            slot_hint: 0,
            launch_lease: HOUR,
            deadline: HOUR,
            pace: None,
        };
        let tree = attempt.tree.clone();
        let Claimed::Job(claimed) = app.store.claim(now, attempt).await.unwrap() else {
            panic!("no job is due");
        };
        let attempt = Attempt {
            job: claimed.job,
            tree,
            secret,
            worker: "worker-1".to_owned().try_into().unwrap(),
        };
        app.store.start(now, attempt.caller(), None, HOUR).await.unwrap();
        attempt
    }

    async fn put_tree(&self, id: UploadId, tree: &TreeName, segments: u32) {
        let ladder = &self.server.app.settings.ladder;
        let mut renditions = Vec::new();
        for rung in ladder.rungs() {
            let mut rendition = Rendition {
                name: rung.to_string(),
                sample_rate: 44_100,
                segments: Vec::new(),
            };
            for index in 0..segments {
                let file = TreeFile::Segment(*rung, index);
                let bytes = segment_bytes(tree, file);
                rendition.segments.push(Segment {
                    name: file.to_string().split_once('/').unwrap().1.into(),
                    bytes: bytes.len() as u64,
                    frames: 258,
                });
                // So many are only for counting.
                if segments < 100 {
                    self.put_file(id, tree, file, bytes).await;
                }
            }
            let playlist = hls::media_playlist(&rendition, ladder.segment_seconds());
            self.put_file(id, tree, TreeFile::Playlist(*rung), playlist.into())
                .await;
            renditions.push(rendition);
        }
        let master = hls::master_playlist(&renditions, ladder.segment_seconds());
        self.put_file(id, tree, TreeFile::Master, master.into()).await;
    }

    /// Puts a file into a tree, as a worker would.
    pub(crate) async fn put_file(&self, upload: UploadId, tree: &TreeName, file: TreeFile, bytes: Vec<u8>) {
        let key = ObjectKey::Tree {
            user: self.id,
            upload,
            tree: tree.clone(),
            file,
        };
        let key = self.server.app.settings.prefix.key(&key);
        let put = self
            .server
            .app
            .bucket
            .put_small(&key, bytes.into(), file.content_type(), None);
        put.await.unwrap();
    }
}

/// An attempt that a worker has taken up.
struct Attempt {
    job: JobId,
    tree: TreeName,
    secret: Secret,
    worker: WorkerId,
}

impl Attempt {
    fn caller(&self) -> Caller<'_> {
        Caller {
            job: self.job,
            secret: &self.secret,
            worker: &self.worker,
        }
    }

    async fn finish(&self, server: &Server, report: &Report) -> Finished {
        let now = server.app.clock.now();
        let finished = server.app.store.finish_published(now, self.caller(), report).await;
        finished.unwrap()
    }
}

/// What a segment holds: enough to tell it from all others.
pub(crate) fn segment_bytes(tree: &TreeName, file: TreeFile) -> Vec<u8> {
    format!("{file} of {tree}").into()
}

fn reports(ladder: &Ladder, segments: u32) -> Vec<RenditionReport> {
    let report = |rung: &Rung| RenditionReport {
        rung: *rung,
        segments,
        bandwidth: 80_000,
        average_bandwidth: 70_000,
    };
    ladder.rungs().iter().map(report).collect()
}
