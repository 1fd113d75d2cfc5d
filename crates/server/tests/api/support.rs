//! A whole server on loopback, with an SQLite file and an embedded bucket in a temporary folder.

use std::{net::SocketAddr, sync::Arc};

use domain::{Secret, UserId};
use objects::{Bucket, BucketSettings, EmbeddedServer, EmbeddedSettings, Patience};
use serde_json::{Value, json};
use server::{App, BucketForBrowsers, Changes, Clock, Settings, State};
use tempfile::TempDir;
use tokio::net::TcpListener;

pub(crate) const WORKER_SECRET: &str = "the secret of all workers";

/// What a test drives. Everything ends with it.
pub(crate) struct Server {
    pub(crate) app: App,
    pub(crate) http: reqwest::Client,
    address: SocketAddr,
    bucket: Option<EmbeddedServer>,
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
        let address = serve(&app).await;
        Self {
            app,
            http: reqwest::Client::builder().no_proxy().build().unwrap(),
            address,
            bucket: Some(bucket_server),
            _folder: folder,
        }
    }

    /// Another server beside this one, on the same database and bucket. Returns where it is.
    pub(crate) async fn another(&self) -> SocketAddr {
        let app = &self.app;
        let (store, bucket) = (Arc::clone(&app.store), app.bucket.clone());
        serve(&State::new(store, bucket, app.settings.clone(), app.clock.clone())).await
    }

    /// Ends the bucket's server.
    pub(crate) async fn without_bucket(&mut self) {
        if let Some(bucket) = self.bucket.take() {
            bucket.shutdown().await;
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

    /// A POST with a JSON body, to be sent.
    pub(crate) fn post(&self, path: &str, body: &Value) -> reqwest::RequestBuilder {
        self.http.post(self.url(path)).json(body)
    }

    /// A new account, logged in.
    pub(crate) async fn register(&self, email: &str) -> LoggedIn {
        let body = json!({"email": email, "password": PASSWORD});
        let answer = self.post("/api/v1/auth/register", &body).send().await.unwrap();
        assert_eq!(answer.status(), 201);
        LoggedIn::of(answer).await
    }

    /// Another session of an account.
    pub(crate) async fn log_in(&self, email: &str) -> LoggedIn {
        let body = json!({"email": email, "password": PASSWORD});
        let answer = self.post("/api/v1/auth/login", &body).send().await.unwrap();
        assert_eq!(answer.status(), 200);
        LoggedIn::of(answer).await
    }
}

/// Of whoever [`Server::register`] makes.
pub(crate) const PASSWORD: &str = "correct horse";

/// What a browser has after logging in.
#[derive(Clone)]
pub(crate) struct LoggedIn {
    pub(crate) user: UserId,
    pub(crate) token: String,
    /// As it is sent: `name=value`.
    pub(crate) cookie: String,
}

impl LoggedIn {
    pub(crate) async fn of(answer: reqwest::Response) -> Self {
        let cookie = cookie(&answer).unwrap();
        let session: Value = answer.json().await.unwrap();
        Self {
            user: session["user"]["id"].as_str().unwrap().parse().unwrap(),
            token: session["access_token"].as_str().unwrap().to_owned(),
            cookie: cookie.split(';').next().unwrap().to_owned(),
        }
    }
}

/// What an answer sets the cookie to, attributes included.
pub(crate) fn cookie(answer: &reqwest::Response) -> Option<String> {
    let value = answer.headers().get("set-cookie")?;
    Some(value.to_str().unwrap().to_owned())
}

/// The status and the code of a problem.
pub(crate) async fn problem(request: reqwest::RequestBuilder) -> (u16, String) {
    let answer = request.send().await.unwrap();
    let status = answer.status().as_u16();
    let body = answer.text().await.unwrap();
    let problem: Value = serde_json::from_str(&body).unwrap_or_else(|_| panic!("{status} is no problem: {body:?}"));
    (status, problem["code"].as_str().unwrap().to_owned())
}

async fn serve(app: &App) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let router = server::router(Arc::clone(app));
    tokio::spawn(async move { axum::serve(listener, router).await });
    tokio::spawn(Changes::run(Arc::clone(app)));
    address
}
