//! One of the two databases: the store under measurement, and a pool like the store's for filling and the bare loop.

use std::{path::Path, sync::Arc};

use sqlx::{
    AssertSqlSafe, ConnectOptions, PgPool, SqlitePool,
    postgres::{PgConnectOptions, PgPoolOptions},
    sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous},
};
use store::Store;
use tokio::task::JoinSet;

use crate::{
    CLAIMERS, JOBS, Result,
    ids::{self, NOW, uuid},
};

const BARE_UPDATE: &str = "UPDATE bare SET state = $1, updated_at = $2 WHERE id = $3";
const SPEC: &str =
    r#"{"ladder":{"rungs":["64k","128k","192k","256k"],"segment_seconds":6},"max_duration_seconds":43200}"#;

#[derive(Clone)]
enum Pool {
    Postgres(PgPool),
    Sqlite(SqlitePool),
}

pub(crate) struct Engine {
    pub(crate) store: Arc<dyn Store>,
    pool: Pool,
}

impl Engine {
    pub(crate) async fn postgres(url: &str) -> Result<Self> {
        let store = store::open(url).await?;
        let options: PgConnectOptions = url.parse()?;
        let pool = PgPoolOptions::new()
            .max_connections(16)
            .connect_with(options.disable_statement_logging())
            .await?;
        Ok(Self {
            store,
            pool: Pool::Postgres(pool),
        })
    }

    pub(crate) async fn sqlite(file: &Path) -> Result<Self> {
        for suffix in ["", "-wal", "-shm"] {
            let mut file = file.as_os_str().to_owned();
            file.push(suffix);
            match std::fs::remove_file(&file) {
                Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(error.into()),
                _ => {}
            }
        }
        let store = store::open(&format!("sqlite:{}", file.display())).await?;
        let options = SqliteConnectOptions::new()
            .filename(file)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full)
            // As the store has it: the log is one for all connections.
            .pragma("wal_autocheckpoint", "10000")
            .disable_statement_logging();
        let pool = SqlitePoolOptions::new()
            .max_connections(1)
            .connect_with(options)
            .await?;
        Ok(Self {
            store,
            pool: Pool::Sqlite(pool),
        })
    }

    pub(crate) fn name(&self) -> &'static str {
        match self.pool {
            Pool::Postgres(_) => "PostgreSQL",
            Pool::Sqlite(_) => "SQLite",
        }
    }

    /// Throws everything away that an earlier scenario left.
    pub(crate) async fn empty(&self) -> Result<()> {
        if let Pool::Postgres(_) = &self.pool {
            self.run("DROP TABLE IF EXISTS bare").await?;
            self.run("TRUNCATE users, sessions, uploads, jobs, attempts, paces CASCADE")
                .await?;
        }
        let (uuid, text, bigint) = match self.pool {
            Pool::Postgres(_) => ("uuid", "text", "bigint"),
            Pool::Sqlite(_) => ("BLOB", "TEXT", "INTEGER"),
        };
        let bare = format!(
            "CREATE TABLE bare (id {uuid} NOT NULL PRIMARY KEY, state {text} NOT NULL, updated_at {bigint} NOT NULL)"
        );
        self.run(&bare).await
    }

    pub(crate) async fn add_users(&self, users: usize) -> Result<()> {
        let id = self.id("1000 + i");
        self.run(&format!(
            "WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i + 1 < {users})
             INSERT INTO users (id, email, email_key, password_hash, created_at)
             SELECT {id}, 'user-' || i, 'user-' || i, 'none', {NOW} FROM n"
        ))
        .await
    }

    /// Adds queued jobs, the users in turns, beyond those that were `filled` before; `queued` are there already. Not
    /// by verbs: a hundred thousand times four transactions take longer than all of the measuring.
    pub(crate) async fn fill(&self, filled: &mut usize, add: usize, queued: usize, users: usize) -> Result<()> {
        let (from, to) = (*filled, *filled + add);
        let numbers =
            format!("WITH RECURSIVE n(i) AS (SELECT {from} UNION ALL SELECT i + 1 FROM n WHERE i + 1 < {to})");
        let (user, upload, job) = (
            self.id(&format!("1000 + i % {users}")),
            self.id("10000000 + i"),
            self.id("20000000 + i"),
        );
        self.run(&format!(
            "{numbers} INSERT INTO uploads (id, user_id, state, filename, source_type, size, source_urls_until, etag,
                                            search_key, title_key, created_at, updated_at)
             SELECT {upload}, {user}, 'queued', 'song-' || i || '.flac', 'flac', 30000000, {NOW}, 'etag',
                    'song-' || i || '.flac', 'song-' || i || '.flac', {NOW}, {NOW} FROM n"
        ))
        .await?;
        // What the user had unfinished when the job was enqueued: as many as are queued, once they are.
        let earlier = if from == 0 {
            format!("(i / {users})")
        } else {
            format!("(({queued} + i - {from}) / {users})")
        };
        self.run(&format!(
            "{numbers} INSERT INTO jobs (id, upload_id, user_id, kind, spec, state, priority, fair_rank, run_at,
                                         created_at, updated_at)
             SELECT {job}, {upload}, {user}, 'package', '{SPEC}', 'queued', 0, {earlier}, {NOW}, {NOW}, {NOW} FROM n"
        ))
        .await?;
        let bare = self.id("30000000 + i");
        self.run(&format!(
            "{numbers} INSERT INTO bare (id, state, updated_at) SELECT {bare}, 'queued', {NOW} FROM n"
        ))
        .await?;
        *filled = to;
        Ok(())
    }

    /// What autovacuum would have done by the time that so many rows had come one by one.
    pub(crate) async fn settle_down(&self) -> Result<()> {
        match self.pool {
            Pool::Postgres(_) => self.run("VACUUM ANALYZE").await,
            Pool::Sqlite(_) => Ok(()),
        }
    }

    /// The bare loop: [`JOBS`] one-row updates, each a durable transaction, by [`CLAIMERS`] tasks at a time.
    pub(crate) async fn bare_updates(&self, from: usize, state: &'static str) -> Result<()> {
        let mut tasks = JoinSet::new();
        for task in 0..CLAIMERS {
            let pool = self.pool.clone();
            tasks.spawn(async move {
                for index in 0..JOBS / CLAIMERS {
                    let id = uuid(30_000_000 + from + index * CLAIMERS + task);
                    let rows = match &pool {
                        Pool::Postgres(pool) => {
                            let update = sqlx::query(BARE_UPDATE).bind(state).bind(NOW).bind(id);
                            update.execute(pool).await?.rows_affected()
                        }
                        Pool::Sqlite(pool) => {
                            let update = sqlx::query(BARE_UPDATE).bind(state).bind(NOW).bind(id);
                            update.execute(pool).await?.rows_affected()
                        }
                    };
                    if rows != 1 {
                        return Err(format!("{rows} rows of {id}").into());
                    }
                }
                Ok::<_, Box<dyn std::error::Error + Send + Sync>>(())
            });
        }
        while let Some(done) = tasks.join_next().await {
            done??;
        }
        Ok(())
    }

    /// An expression for the id that [`uuid`] makes of a number.
    fn id(&self, number: &str) -> String {
        ids::expression(matches!(self.pool, Pool::Sqlite(_)), number)
    }

    async fn run(&self, sql: &str) -> Result<()> {
        let sql = AssertSqlSafe(sql.to_owned());
        match &self.pool {
            Pool::Postgres(pool) => sqlx::raw_sql(sql).execute(pool).await.map(|_| ())?,
            Pool::Sqlite(pool) => sqlx::raw_sql(sql).execute(pool).await.map(|_| ())?,
        }
        Ok(())
    }
}
