//! PostgreSQL.
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

use std::time::Duration;

use sqlx::{
    ConnectOptions, Connection as _, PgConnection, PgPool, Transaction,
    postgres::{PgConnectOptions, PgPoolOptions},
};

use crate::{OpenError, Store, StoreError};

pub(crate) type Db = sqlx::Postgres;
pub(crate) type Connection = PgConnection;

static MIGRATIONS: sqlx::migrate::Migrator = sqlx::migrate!("../../migrations/postgres");

const CONNECTIONS: u32 = 16;
const WAIT_FOR_CONNECTION: Duration = Duration::from_secs(10);
/// A connection that was not used for so long is tried before it is used.
const RESTED: Duration = Duration::from_secs(1);

pub(crate) struct Database {
    writer: PgPool,
    reader: PgPool,
}

impl Database {
    pub(crate) async fn open(url: &str) -> Result<Self, OpenError> {
        let options: PgConnectOptions = url.parse().map_err(OpenError::Url)?;
        migrate(&options).await?;
        // A transaction that hangs must not hold its locks for ever.
        let options = options
            .options([
                ("statement_timeout", "30s"),
                ("lock_timeout", "10s"),
                ("idle_in_transaction_session_timeout", "60s"),
            ])
            .disable_statement_logging();
        let pool = PgPoolOptions::new()
            .max_connections(CONNECTIONS)
            .acquire_timeout(WAIT_FOR_CONNECTION)
            // Asking before each use whether the server is still there would double the journeys.
            .test_before_acquire(false)
            .before_acquire(|connection, meta| {
                Box::pin(async move {
                    if meta.idle_for > RESTED {
                        connection.ping().await?;
                    }
                    Ok(true)
                })
            })
            .connect_with(options)
            .await
            .map_err(OpenError::Unreachable)?;
        Ok(Self {
            reader: pool.clone(),
            writer: pool,
        })
    }

    async fn begin(&self) -> Result<Transaction<'static, Db>, StoreError> {
        Ok(self.writer.begin().await?)
    }
}

impl Store for Database {}

/// Without the time limits of the pool, since a migration may take as long as it must. Holds a lock of the database's
/// meanwhile: several servers may start at once.
async fn migrate(options: &PgConnectOptions) -> Result<(), OpenError> {
    let mut connection = PgConnection::connect_with(options)
        .await
        .map_err(OpenError::Unreachable)?;
    // What `run` calls, without its bounds, over which the compiler stumbles when this future is spawned.
    MIGRATIONS.run_direct(None, &mut connection, false).await?;
    // The schema is up to date; how the connection ends does not matter.
    connection.close().await.ok();
    Ok(())
}
