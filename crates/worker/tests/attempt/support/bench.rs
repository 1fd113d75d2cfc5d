//! One worker on one fake server.

use std::{
    fs,
    path::{Path, PathBuf},
    time::Duration,
};

use domain::Secret;
use media::{Enforcement, Sandbox, Tools};
use tempfile::TempDir;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;
use worker::{Exit, Limits, Settings};

use super::{
    fake::{Call, Fake, Fault, JOB, Terms, Verb},
    sound,
};

/// Far longer than anything here takes, on a machine that does other things as well.
const DEADLINE: Duration = Duration::from_mins(2);

pub(crate) struct Bench {
    folder: TempDir,
    pub(crate) fake: Fake,
    pub(crate) cancel: CancellationToken,
    pub(crate) settings: Settings,
}

impl Bench {
    /// With `seconds` of sound as the source.
    pub(crate) async fn new(seconds: u32, faults: impl Fn(Call) -> Fault + Send + Sync + 'static) -> Self {
        Self::on_terms(seconds, |_| {}, faults).await
    }

    pub(crate) async fn on_terms(
        seconds: u32,
        change: impl FnOnce(&mut Terms),
        faults: impl Fn(Call) -> Fault + Send + Sync + 'static,
    ) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let sound = sound::wav(folder.path(), seconds);
        Self::with_source(folder, sound, change, faults).await
    }

    pub(crate) async fn with_source(
        folder: TempDir,
        source: Vec<u8>,
        change: impl FnOnce(&mut Terms),
        faults: impl Fn(Call) -> Fault + Send + Sync + 'static,
    ) -> Self {
        let mut terms = Terms::new(&source);
        change(&mut terms);
        let fake = Fake::new(source, terms, faults).await;
        let settings = Settings {
            api: fake.url.parse().unwrap(),
            job: JOB.parse().unwrap(),
            job_secret: Secret::new("job-secret"),
            worker_secret: Secret::new("worker-secret"),
            execution: Some("execution-1".into()),
            work_dir: folder.path().join("work"),
            tools: Tools::locate(None, None, std::env::var_os("PATH")).unwrap(),
            sandbox: Sandbox::detect(Enforcement::BestEffort).unwrap(),
            processes: 2,
            transfers: 4,
            limits: Limits {
                heartbeat: Duration::from_millis(50),
                hand_back: Duration::from_secs(3),
                tries: 4,
                first_pause: Duration::from_millis(5),
                longest_pause: Duration::from_millis(50),
                ..Limits::default()
            },
        };
        Bench {
            folder,
            fake,
            cancel: CancellationToken::new(),
            settings,
        }
    }

    /// Runs the worker to its end. Whatever that is, it leaves nothing behind.
    pub(crate) async fn run(&self) -> Exit {
        self.run_and(std::future::ready(())).await
    }

    /// The same, while something else happens first.
    pub(crate) async fn run_and(&self, meanwhile: impl Future<Output = ()>) -> Exit {
        let worker = async {
            let mut worker = Box::pin(worker::run(self.settings.clone(), self.cancel.clone()));
            tokio::select! {
                biased;
                () = meanwhile => worker.await,
                exit = &mut worker => panic!("it ended before its time: {exit:?}"),
            }
        };
        let exit = timeout(DEADLINE, worker).await.expect("the worker does not end");
        assert_eq!(self.children(), 0, "children are left");
        assert_eq!(self.left(), [""; 0], "files are left");
        assert_eq!(self.fake.seen().violations, [""; 0]);
        exit
    }

    pub(crate) fn work_dir(&self) -> &Path {
        &self.settings.work_dir
    }

    /// Waits until ffmpeg is at work.
    pub(crate) async fn until_encoding(&self) {
        while self.children() == 0 {
            self.next_heartbeat().await;
        }
    }

    pub(crate) async fn next_heartbeat(&self) {
        let heard = self.fake.seen().count(Verb::Heartbeat);
        self.fake.until(|seen| seen.count(Verb::Heartbeat) > heard).await;
    }

    /// How many segments are on the disk.
    pub(crate) fn segments_on_disk(&self) -> usize {
        let folders = |path: &Path| -> Vec<PathBuf> {
            let entries = fs::read_dir(path).into_iter().flatten().filter_map(Result::ok);
            entries.map(|entry| entry.path()).collect()
        };
        let attempts = folders(self.work_dir());
        let renditions = attempts.iter().flat_map(|attempt| folders(&attempt.join("tree")));
        let files = renditions.flat_map(|rendition| folders(&rendition));
        files
            .filter(|file| file.extension().is_some_and(|ts| ts == "ts"))
            .count()
    }

    /// The processes that work in our folder.
    pub(crate) fn children(&self) -> usize {
        let folder = self.folder.path().canonicalize().unwrap();
        let processes = fs::read_dir("/proc").unwrap().filter_map(Result::ok);
        let is_ours = |cwd: PathBuf| cwd.starts_with(&folder);
        processes
            .filter(|process| fs::read_link(process.path().join("cwd")).is_ok_and(is_ours))
            .count()
    }

    fn left(&self) -> Vec<String> {
        let entries = fs::read_dir(self.work_dir()).into_iter().flatten();
        entries
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect()
    }
}
