//! `SQLite`.
#![expect(
    clippy::duplicate_mod,
    reason = "each verb is written once and compiled for both databases, which is what keeps them alike"
)]

mod dialect;
mod hot;

// The verbs, compiled for this database.
#[path = "../verbs/accounts.rs"]
mod accounts;
#[path = "../verbs/attempts.rs"]
mod attempts;
#[path = "../verbs/callbacks.rs"]
mod callbacks;
#[path = "../verbs/library.rs"]
mod library;
#[path = "../verbs/lists.rs"]
mod lists;
#[path = "../verbs/queue.rs"]
mod queue;
#[path = "../verbs/rescue.rs"]
mod rescue;
#[path = "../verbs/sessions.rs"]
mod sessions;
#[path = "../verbs/transitions.rs"]
mod transitions;
#[path = "../verbs/upkeep.rs"]
mod upkeep;
#[path = "../verbs/uploads.rs"]
mod uploads;

use std::{
    fs::{File, TryLockError},
    io,
    path::{Path, PathBuf},
    time::Duration,
};

use sqlx::{
    ConnectOptions, SqlitePool, Transaction,
    migrate::MigrateError,
    sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous},
};

use tokio::time::{Instant, sleep};

use crate::{OpenError, Store, StoreError};

pub(crate) type Db = sqlx::Sqlite;
pub(crate) type Connection = sqlx::SqliteConnection;

static MIGRATIONS: sqlx::migrate::Migrator = sqlx::migrate!("../../migrations/sqlite");

const READERS: u32 = 4;
/// For the other process that may write: `segue cleanup` or `segue admin` beside a server.
const WAIT_FOR_LOCK: Duration = Duration::from_secs(10);
/// How often the lock of opening is tried.
const LOCK_POLL: Duration = Duration::from_millis(10);
const WAIT_FOR_CONNECTION: Duration = Duration::from_secs(10);
/// `SQLite`'s result codes for a file that is damaged, and for one that is no database.
const CORRUPT: i32 = 11;
const NOT_A_DATABASE: i32 = 26;

pub(crate) struct Database {
    /// One connection: `SQLite` has one writer at a time, and its own waiting is neither fair nor fast.
    writer: SqlitePool,
    reader: SqlitePool,
}

impl Database {
    pub(crate) async fn open(path: &Path) -> Result<Self, OpenError> {
        let options = SqliteConnectOptions::new()
            .filename(path)
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            // NORMAL would lose acknowledged commits when the power fails.
            .synchronous(SqliteSynchronous::Full)
            .foreign_keys(true)
            .busy_timeout(WAIT_FOR_LOCK)
            // In pages, so 40 MB: writing back more rarely finds more changes of the same pages.
            .pragma("wal_autocheckpoint", "10000")
            .disable_statement_logging();
        let pool = |connections| {
            SqlitePoolOptions::new()
                .max_connections(connections)
                .acquire_timeout(WAIT_FOR_CONNECTION)
                // There is no server that could have gone away.
                .test_before_acquire(false)
        };
        let _alone = alone(path)
            .await
            .map_err(|error| OpenError::Unreachable(error.into()))?;
        let writer = pool(1)
            .connect_with(options.clone())
            .await
            .map_err(|error| open_error(error, path))?;
        if is_foreign(&writer).await.map_err(|error| open_error(error, path))? {
            return Err(OpenError::Foreign("it holds tables of another program".into()));
        }
        migrate(&writer, path).await?;
        let reader = pool(READERS)
            .connect_with(options.read_only(true))
            .await
            .map_err(|error| open_error(error, path))?;
        Ok(Self { writer, reader })
    }

    /// Immediate, because a transaction that reads first and then writes fails if another wrote in between.
    async fn begin(&self) -> Result<Transaction<'static, Db>, StoreError> {
        Ok(self.writer.begin_with("BEGIN IMMEDIATE").await?)
    }
}

impl Store for Database {}

/// Waits until no other process is opening this file, and keeps others from it until the result is dropped: sqlx looks
/// which migrations are missing and then applies them, with nothing to hold off another in between.
async fn alone(path: &Path) -> io::Result<File> {
    let mut name = path.as_os_str().to_owned();
    name.push("-opening");
    let file = File::create(PathBuf::from(name))?;
    let deadline = Instant::now() + WAIT_FOR_LOCK;
    loop {
        match file.try_lock() {
            Ok(()) => return Ok(file),
            Err(TryLockError::WouldBlock) if Instant::now() < deadline => sleep(LOCK_POLL).await,
            Err(error) => return Err(error.into()),
        }
    }
}

/// Whether somebody else's tables are in the file: ours would be put among them.
async fn is_foreign(writer: &SqlitePool) -> Result<bool, sqlx::Error> {
    let sql = "SELECT count(*) > 0 AND sum(name = '_sqlx_migrations') = 0 FROM sqlite_schema WHERE type = 'table'";
    let foreign: Option<bool> = sqlx::query_scalar(sql).fetch_one(writer).await?;
    Ok(foreign.unwrap_or(false))
}

async fn migrate(writer: &SqlitePool, path: &Path) -> Result<(), OpenError> {
    let mut connection = writer.acquire().await.map_err(|error| open_error(error, path))?;
    // What `run` calls, without its bounds, over which the compiler stumbles when this future is spawned.
    let migrated = MIGRATIONS.run_direct(None, &mut *connection, false).await;
    migrated.map_err(|error| match error {
        MigrateError::Execute(error) => open_error(error, path),
        error => error.into(),
    })
}

fn open_error(error: sqlx::Error, path: &Path) -> OpenError {
    match primary_code(&error) {
        Some(NOT_A_DATABASE) => OpenError::NotADatabase(path.to_owned()),
        Some(CORRUPT) => OpenError::Corrupt(path.to_owned()),
        _ => OpenError::Unreachable(error),
    }
}

/// The low byte of a result code; the rest of it only says more.
fn primary_code(error: &sqlx::Error) -> Option<i32> {
    let code = error.as_database_error()?.code()?;
    Some(code.parse::<i32>().ok()? & 0xff)
}
