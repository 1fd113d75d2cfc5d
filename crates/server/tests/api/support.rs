//! A whole server on loopback, with an SQLite file and an embedded bucket in a temporary folder.

use std::{net::SocketAddr, sync::Arc};

use domain::Secret;
use objects::{Bucket, BucketSettings, EmbeddedServer, EmbeddedSettings, Patience};
use server::{App, BucketForBrowsers, Clock, Settings, State};
use tempfile::TempDir;
use tokio::net::TcpListener;

pub(crate) const WORKER_SECRET: &str = "the secret of all workers";

/// What a test drives. Everything ends with it.
pub(crate) struct Server {
    pub(crate) app: App,
    pub(crate) http: reqwest::Client,
    address: SocketAddr,
    _bucket: EmbeddedServer,
    _folder: TempDir,
}

impl Server {
    /// One with the usual settings, and the clock of this machine.
    pub(crate) async fn start() -> Self {
        Self::start_with(Clock::default(), |_| {}).await
    }

    /// One with settings of its own.
    pub(crate) async fn start_with(clock: Clock, change: impl FnOnce(&mut Settings)) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let bucket_server = EmbeddedServer::start(EmbeddedSettings {
            directory: folder.path().join("objects"),
            listen: ([127, 0, 0, 1], 0).into(),
            access_key: "test".into(),
            secret_key: Secret::new("test-secret"),
            buckets: vec!["segue".into()],
        })
        .await
        .unwrap();
        let bucket = Bucket::new(BucketSettings {
            endpoint: bucket_server.endpoint(),
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
        let prefix = "uploads".parse().unwrap();
        let mut settings = Settings::new(
            prefix,
            Secret::new("signs the tokens of this test"),
            Secret::new(WORKER_SECRET),
        );
        settings.bucket_for_browsers = BucketForBrowsers::PortOf(bucket_server.address().port());
        change(&mut settings);
        let app = State::new(store, bucket, settings, clock);
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let router = server::router(Arc::clone(&app));
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self {
            app,
            http: reqwest::Client::builder().no_proxy().build().unwrap(),
            address,
            _bucket: bucket_server,
            _folder: folder,
        }
    }

    /// Where a path of the API is.
    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// A GET, to be sent.
    pub(crate) fn get(&self, path: &str) -> reqwest::RequestBuilder {
        self.http.get(self.url(path))
    }
}
