//! `cargo xtask bench api`: what the library's endpoints take, beside a handler that only runs `SELECT 1`.
//!
//! ```text
//! cargo run --release -p server --example bench -- FOLDER ROUNDS
//! ```
//!
//! On both databases; the PostgreSQL server is the one in `SEGUE_TEST_POSTGRES`, whose database `postgres` is used up.

mod library;
mod table;

use std::{env, path::Path, process::ExitCode, sync::Arc, time::Duration};

use axum::{Router, routing::get};
use domain::Secret;
use objects::{Bucket, BucketSettings, Patience};
use reqwest::{Client, StatusCode};
use server::{App, Clock, Settings, State};
use tokio::{net::TcpListener, time::Instant};

use library::{FILLED, Library};
use table::Table;

type Result<T> = std::result::Result<T, Box<dyn std::error::Error + Send + Sync>>;

/// Requests of each kind in a round, one after the other.
const REQUESTS: usize = 400;

/// What is timed. The first is what the others are held against.
const KINDS: [&str; 5] = ["select 1", "reserve", "get", "list", "search"];

#[tokio::main]
async fn main() -> Result<ExitCode> {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let [folder, rounds] = &*arguments else {
        return Err("usage: bench FOLDER ROUNDS".into());
    };
    let rounds = rounds.parse::<usize>()?;
    let postgres = format!("{}/postgres", env::var("SEGUE_TEST_POSTGRES")?.trim_end_matches('/'));
    let file = Path::new(folder).join("bench-api.db");
    let mut table = Table::default();
    let sqlite = format!("sqlite:{}", file.display());
    for (name, database) in [("PostgreSQL", &postgres), ("SQLite", &sqlite)] {
        eprintln!("{name}: filling with {FILLED} uploads");
        let store = store::open(database).await?;
        let app = app(Arc::clone(&store))?;
        let library = Library::fill(database, store, app.clock.now()).await?;
        let (url, token) = serve(&app, &library).await?;
        for round in 0..=rounds {
            eprintln!("{name}: round {round} of {rounds}");
            for kind in KINDS {
                let times = time(kind, &url, &token, &library, &app).await?;
                // The first warms up.
                if round > 0 {
                    table.add(name, kind, times);
                }
            }
        }
    }
    println!("{}", table.markdown(rounds, REQUESTS));
    let unmet = table.unmet();
    if unmet.is_empty() {
        println!("Targets: all met.");
        return Ok(ExitCode::SUCCESS);
    }
    println!("Targets: NOT met: {}.", unmet.join("; "));
    Ok(ExitCode::FAILURE)
}

/// Presigning makes no connection, so the bucket need not be there.
fn app(store: Arc<dyn store::Store>) -> Result<App> {
    let bucket = Bucket::new(BucketSettings {
        endpoint: "http://127.0.0.1:9".into(),
        public_endpoint: None,
        region: "auto".into(),
        bucket: "bench".into(),
        access_key: "bench".into(),
        secret_key: Secret::new("bench"),
        path_style: true,
        patience: Patience::default(),
    })?;
    let settings = Settings::new(
        "uploads".parse()?,
        Secret::new("signs the tokens of this benchmark"),
        Secret::new("x"),
    );
    Ok(State::new(store, bucket, settings, Clock::default()))
}

async fn serve(app: &App, library: &Library) -> Result<(String, String)> {
    let token = app.access_token(library.session, app.clock.now() + Duration::from_hours(1));
    let token = token.map_err(|problem| problem.to_string())?;
    let select = Arc::clone(app);
    let bare = Router::new().route(
        "/select-1",
        get(async move || match select.store.ping().await {
            Ok(()) => StatusCode::NO_CONTENT,
            Err(_) => StatusCode::SERVICE_UNAVAILABLE,
        }),
    );
    let router = server::router(Arc::clone(app)).merge(bare);
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let url = format!("http://{}", listener.local_addr()?);
    tokio::spawn(async move { axum::serve(listener, router).await });
    Ok((url, token))
}

/// Milliseconds of each request.
async fn time(kind: &str, url: &str, token: &str, library: &Library, app: &App) -> Result<Vec<f64>> {
    let http = Client::builder().no_proxy().build()?;
    let mut times = Vec::with_capacity(REQUESTS);
    for number in 0..REQUESTS {
        let request = match kind {
            "select 1" => http.get(format!("{url}/select-1")),
            "reserve" => reserve(&http, url),
            "get" => http.get(format!("{url}/api/v1/uploads/{}", library.some(number * 7919))),
            "list" => http.get(format!("{url}/api/v1/uploads?limit=50")),
            _ => http.get(format!("{url}/api/v1/uploads?limit=50&q={}", library.word(number))),
        };
        let started = Instant::now();
        let answer = request.bearer_auth(token).send().await?;
        let status = answer.status();
        let body = answer.bytes().await?;
        times.push(started.elapsed().as_secs_f64() * 1000.0);
        if !status.is_success() {
            return Err(format!("{kind}: {status}: {}", String::from_utf8_lossy(&body)).into());
        }
        if kind == "reserve" {
            let reserved: serde_json::Value = serde_json::from_slice(&body)?;
            let id = reserved["upload"]["id"].as_str().ok_or("a reservation without an id")?;
            library.take_back(app.clock.now(), id.parse()?).await?;
        }
    }
    Ok(times)
}

fn reserve(http: &Client, url: &str) -> reqwest::RequestBuilder {
    let body = r#"{"filename": "another song.flac", "size": 1000000}"#;
    http.post(format!("{url}/api/v1/uploads"))
        .header("content-type", "application/json")
        .body(body)
}
