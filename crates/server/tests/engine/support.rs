//! A server's parts without HTTP, and a launcher that does as it is told.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

use async_trait::async_trait;
use domain::Secret;
use objects::{Bucket, BucketSettings, Patience};
use server::{App, Attempt, Clock, Dispatcher, Execution, LaunchError, Launcher, Settings, State};
use tempfile::TempDir;
use tokio::{
    sync::{Mutex, mpsc},
    task::JoinHandle,
    time::{Instant, timeout},
};
use tokio_util::sync::CancellationToken;

const PATIENCE: Duration = Duration::from_secs(20);

/// What a test drives.
pub(crate) struct Engine {
    pub(crate) app: App,
    _folder: TempDir,
}

impl Engine {
    pub(crate) async fn new(max_workers: u32) -> Self {
        let folder = tempfile::tempdir().unwrap();
        // Nobody asks the bucket anything here.
        let bucket = Bucket::new(BucketSettings {
            endpoint: "http://127.0.0.1:1".into(),
            public_endpoint: None,
            region: "auto".into(),
            bucket: "segue".into(),
            access_key: "test".into(),
            secret_key: Secret::new("test-secret"),
            path_style: true,
            patience: Patience::default(),
        })
        .unwrap();
        let store = store::open_file(&folder.path().join("segue.db")).await.unwrap();
        let secret = || Secret::new("a secret of this test");
        let mut settings = Settings::new("uploads".parse().unwrap(), secret(), secret());
        settings.max_workers = max_workers;
        Self {
            app: State::new(store, bucket, settings, Clock::default()),
            _folder: folder,
        }
    }

    /// Runs a dispatcher until the answer is dropped.
    pub(crate) fn dispatch(&self, launcher: Arc<FakeLauncher>) -> Dispatching {
        let stop = CancellationToken::new();
        let dispatcher = Dispatcher::new(Arc::clone(&self.app), launcher);
        Dispatching {
            task: Some(tokio::spawn(dispatcher.run(stop.clone()))),
            stop,
        }
    }
}

pub(crate) struct Dispatching {
    stop: CancellationToken,
    task: Option<JoinHandle<()>>,
}

impl Dispatching {
    pub(crate) async fn end(mut self) {
        self.stop.cancel();
        timeout(PATIENCE, self.task.take().unwrap()).await.unwrap().unwrap();
    }
}

impl Drop for Dispatching {
    fn drop(&mut self) {
        if let Some(task) = &self.task {
            task.abort();
        }
    }
}

/// Refuses so many launches, and takes the rest.
pub(crate) struct FakeLauncher {
    refusals: AtomicU32,
    told: mpsc::UnboundedSender<(Attempt, Instant)>,
    launched: Mutex<mpsc::UnboundedReceiver<(Attempt, Instant)>>,
}

impl FakeLauncher {
    pub(crate) fn refusing(refusals: u32) -> Arc<Self> {
        let (told, launched) = mpsc::unbounded_channel();
        Arc::new(Self {
            refusals: refusals.into(),
            told,
            launched: launched.into(),
        })
    }

    /// The next launch that was asked for, and when.
    pub(crate) async fn next(&self) -> (Attempt, Instant) {
        let mut launched = self.launched.lock().await;
        timeout(PATIENCE, launched.recv()).await.unwrap().unwrap()
    }
}

#[async_trait]
impl Launcher for FakeLauncher {
    fn name(&self) -> &'static str {
        "fake"
    }

    async fn launch(&self, attempt: &Attempt) -> Result<Execution, LaunchError> {
        self.told.send((attempt.clone(), Instant::now())).unwrap();
        let fewer = |refusals: u32| refusals.checked_sub(1);
        match self.refusals.fetch_update(Ordering::Relaxed, Ordering::Relaxed, fewer) {
            Ok(_) => Err(LaunchError::new("told to refuse")),
            Err(_) => Ok(Execution(Some("fake-1".into()))),
        }
    }
}

/// Looks until there is something to see, and fails the test after a while.
pub(crate) async fn eventually<T>(what: &str, mut look: impl AsyncFnMut() -> Option<T>) -> T {
    let seen = async {
        loop {
            match look().await {
                Some(seen) => return seen,
                None => tokio::time::sleep(Duration::from_millis(5)).await,
            }
        }
    };
    timeout(PATIENCE, seen)
        .await
        .unwrap_or_else(|_| panic!("waited in vain for {what}"))
}
