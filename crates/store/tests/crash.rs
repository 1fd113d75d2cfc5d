//! `SQLite` with real processes and `kill -9`: what was acknowledged is there afterwards, and the file is whole.
//!
//! This executable starts itself again as a writer, which does the queue's work and says on its standard output, line by
//! line, what the store has confirmed. It is killed at a random moment; then everything that it said is looked up.
//! The next writer goes on with the same file. `SEGUE_CRASH_ROUNDS` says how often (5).
#![expect(clippy::expect_used, clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "contract/work.rs"]
#[expect(dead_code, reason = "the contract tests use the rest")]
mod work;

use std::{
    collections::HashMap,
    env,
    io::Write as _,
    path::Path,
    process::{ExitCode, Stdio},
    sync::Arc,
    time::Duration,
};

use domain::UploadId;
use sqlx::{Connection as _, SqliteConnection, sqlite::SqliteConnectOptions};
use store::{Claimed, Finished, NewUpload, Settled, Store};
use tokio::{
    io::{AsyncBufReadExt as _, BufReader},
    process::Command,
    task::JoinSet,
    time::{Instant, timeout_at},
};
use work::{Drawn, LEASE, NOW, number};

/// Names the database to the writer,
const WRITER: &str = "SEGUE_CRASH_WRITER";
/// and tells it which one it is.
const SEED: &str = "SEGUE_CRASH_SEED";
const ROUNDS: &str = "SEGUE_CRASH_ROUNDS";
/// How many tasks write at the same time.
const TASKS: usize = 4;
/// A writer is killed this many milliseconds after its first word, at the latest.
const LONGEST: u64 = 1_000;
/// How long a writer may take to its first word.
const PATIENCE: Duration = Duration::from_mins(1);

/// What the store confirms about an upload, in this order.
const STEPS: [&str; 5] = ["reserved", "settled", "claimed", "started", "published"];

#[tokio::main]
async fn main() -> ExitCode {
    if let Some(database) = env::var_os(WRITER) {
        let seed = env::var(SEED).expect("a seed").parse().expect("a number");
        work::seed(seed);
        write(Path::new(&database)).await;
    }
    let rounds: u64 = env::var(ROUNDS).map_or(5, |rounds| rounds.parse().expect("a number of rounds"));
    let folder = tempfile::tempdir().unwrap();
    let database = folder.path().join("segue.db");
    let mut acknowledged = HashMap::new();
    let (mut words, mut unheard) = (0, 0);
    for round in 0..rounds {
        let said = killed(&database, round).await;
        words += said.len();
        for (upload, step) in said {
            let furthest = acknowledged.entry(upload).or_insert(step);
            *furthest = step.max(*furthest);
        }
        unheard = check(&database, &acknowledged, round).await;
    }
    assert!(words > 0, "the writers said nothing");
    println!(
        "{rounds} kills: {words} commits acknowledged of {} uploads, all there; {unheard} more commits were there \
         without a word; integrity check clean each time",
        acknowledged.len()
    );
    ExitCode::SUCCESS
}

/// Starts a writer, lets it write until a random moment, kills it, and returns all that it managed to say.
async fn killed(database: &Path, round: u64) -> Vec<(UploadId, usize)> {
    let mut writer = Command::new(env::current_exe().unwrap())
        .env(WRITER, database)
        .env(SEED, (round + 2).to_string())
        .stdout(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(writer.stdout.take().unwrap()).lines();
    let mut said = Vec::new();
    let mut deadline = Instant::now() + PATIENCE;
    while let Ok(line) = timeout_at(deadline, lines.next_line()).await {
        let line = line.unwrap().expect("the writer must not end by itself");
        if said.is_empty() {
            deadline = Instant::now() + Duration::from_millis(number() % LONGEST);
        }
        said.push(word(&line));
    }
    writer.kill().await.unwrap();
    // What is in the pipe was said before.
    while let Some(line) = lines.next_line().await.unwrap() {
        said.push(word(&line));
    }
    said
}

/// A line is written by one call, so it is whole or not there.
fn word(line: &str) -> (UploadId, usize) {
    let (step, upload) = line.split_once(' ').unwrap_or_else(|| panic!("half a line: {line:?}"));
    let step = STEPS
        .iter()
        .position(|known| *known == step)
        .unwrap_or_else(|| panic!("{line:?}"));
    (upload.parse().unwrap(), step)
}

/// Looks up all that was acknowledged. Returns how many steps are there that were not: a commit whose acknowledgement
/// the kill prevented, at most one for each task of each writer.
async fn check(database: &Path, acknowledged: &HashMap<UploadId, usize>, round: u64) -> usize {
    // As a server would, after the crash.
    let store = store::open(&format!("sqlite:{}", database.display())).await.unwrap();
    store.ping().await.unwrap();
    drop(store);
    let mut connection = SqliteConnection::connect_with(&SqliteConnectOptions::new().filename(database))
        .await
        .unwrap();
    let integrity: Vec<String> = sqlx::query_scalar("PRAGMA integrity_check")
        .fetch_all(&mut connection)
        .await
        .unwrap();
    assert_eq!(integrity, ["ok"], "round {round}");
    let foreign = sqlx::query("PRAGMA foreign_key_check")
        .fetch_all(&mut connection)
        .await
        .unwrap();
    assert!(foreign.is_empty(), "round {round}");
    let rows: Vec<(uuid::Uuid, String, Option<String>, Option<String>)> = sqlx::query_as(
        "SELECT uploads.id, uploads.state, jobs.state, attempts.outcome FROM uploads
         LEFT JOIN jobs ON jobs.upload_id = uploads.id LEFT JOIN attempts ON attempts.job_id = jobs.id",
    )
    .fetch_all(&mut connection)
    .await
    .unwrap();
    connection.close().await.unwrap();
    let mut found = HashMap::new();
    for (upload, state, job, outcome) in rows {
        let step = match (&*state, job.as_deref(), outcome.as_deref()) {
            ("uploading", None, None) => 0,
            ("queued", Some("queued"), None) => 1,
            ("queued", Some("launching"), None) => 2,
            ("processing", Some("running"), None) => 3,
            ("ready", Some("succeeded"), Some("published")) => 4,
            half => panic!("round {round}: {upload} is half-way: {half:?}"),
        };
        found.insert(UploadId::from_uuid(upload), step);
    }
    let mut ahead = 0;
    for (upload, step) in acknowledged {
        let found = found
            .get(upload)
            .unwrap_or_else(|| panic!("round {round}: {upload} is lost"));
        assert!(
            found >= step,
            "round {round}: {upload} was {}, is {}",
            STEPS[*step],
            STEPS[*found]
        );
        ahead += found - step;
    }
    let unheard = found.keys().filter(|upload| !acknowledged.contains_key(upload)).count();
    let most = TASKS * usize::try_from(round + 1).unwrap();
    assert!(
        ahead + unheard <= most,
        "round {round}: {ahead} + {unheard} commits were not acknowledged"
    );
    ahead + unheard
}

/// The writer: takes uploads all the way until it is killed.
async fn write(database: &Path) -> ! {
    let store = store::open(&format!("sqlite:{}", database.display())).await.unwrap();
    let user = work::user(&*store).await;
    let mut tasks = JoinSet::new();
    for _ in 0..TASKS {
        let store = Arc::clone(&store);
        tasks.spawn(async move {
            loop {
                take_one_all_the_way(&*store, user).await;
            }
        });
    }
    let ended = tasks.join_next().await;
    panic!("a writer's task ended: {ended:?}");
}

async fn take_one_all_the_way(store: &dyn Store, user: domain::UserId) {
    let job = work::new_job(NOW, 0);
    let upload = UploadId::from_uuid(job.id.as_uuid());
    let reserved = NewUpload {
        id: upload,
        user,
        filename: "song.flac".into(),
        source_type: "flac".parse().unwrap(),
        size: 1_000,
        urls_until: NOW,
    };
    store.reserve(NOW, reserved, u32::MAX).await.unwrap();
    say("reserved", upload);
    let source = Settled {
        etag: "\"etag\"".into(),
        size: 1_000,
    };
    store.settle(NOW, upload, source, job).await.unwrap();
    say("settled", upload);
    // Not necessarily the job of this upload: another task's, or one that an earlier writer left.
    let drawn = Drawn::new();
    let attempt = match store.claim(NOW, drawn.claim(1_000_000)).await.unwrap() {
        Claimed::Job(job) => drawn.attempt(job),
        other => panic!("a job was just queued: {other:?}"),
    };
    let upload = attempt.claimed.upload;
    say("claimed", upload);
    store.start(NOW, attempt.caller(), None, LEASE).await.unwrap();
    say("started", upload);
    let finished = store
        .finish_published(NOW, attempt.caller(), &work::report())
        .await
        .unwrap();
    assert_eq!(finished, Finished::Published);
    say("published", upload);
}

fn say(step: &str, upload: UploadId) {
    let line = format!("{step} {upload}\n");
    std::io::stdout().lock().write_all(line.as_bytes()).unwrap();
}
