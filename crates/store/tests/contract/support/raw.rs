//! The same database without the store, to put a row where no verb of this area would, and to look behind the verbs.

use sqlx::{AssertSqlSafe, PgPool, SqlitePool};
use uuid::Uuid;

pub(super) enum Raw {
    Postgres(PgPool),
    Sqlite(SqlitePool),
}

impl Raw {
    pub(super) async fn connect(url: &str) -> Self {
        if url.starts_with("postgres") {
            Raw::Postgres(PgPool::connect(url).await.unwrap())
        } else {
            Raw::Sqlite(SqlitePool::connect(url).await.unwrap())
        }
    }

    pub(super) async fn close(&self) {
        match self {
            Raw::Postgres(pool) => pool.close().await,
            Raw::Sqlite(pool) => pool.close().await,
        }
    }

    /// An id as a literal.
    pub(super) fn id(&self, id: Uuid) -> String {
        match self {
            Raw::Postgres(_) => format!("'{id}'::uuid"),
            Raw::Sqlite(_) => format!("x'{}'", id.simple()),
        }
    }

    /// 32 bytes as a literal.
    pub(super) fn hash(&self, byte: u8) -> String {
        let hex = format!("{byte:02x}").repeat(32);
        match self {
            Raw::Postgres(_) => format!("'\\x{hex}'::bytea"),
            Raw::Sqlite(_) => format!("x'{hex}'"),
        }
    }

    /// Returns how many rows it touched.
    pub(super) async fn execute(&self, sql: String) -> u64 {
        let sql = AssertSqlSafe(sql);
        match self {
            Raw::Postgres(pool) => sqlx::query(sql).execute(pool).await.unwrap().rows_affected(),
            Raw::Sqlite(pool) => sqlx::query(sql).execute(pool).await.unwrap().rows_affected(),
        }
    }

    pub(super) async fn number(&self, sql: String) -> i64 {
        let sql = AssertSqlSafe(sql);
        match self {
            Raw::Postgres(pool) => sqlx::query_scalar(sql).fetch_one(pool).await.unwrap(),
            Raw::Sqlite(pool) => sqlx::query_scalar(sql).fetch_one(pool).await.unwrap(),
        }
    }

    pub(super) async fn text(&self, sql: String) -> String {
        let sql = AssertSqlSafe(sql);
        match self {
            Raw::Postgres(pool) => sqlx::query_scalar(sql).fetch_one(pool).await.unwrap(),
            Raw::Sqlite(pool) => sqlx::query_scalar(sql).fetch_one(pool).await.unwrap(),
        }
    }
}
