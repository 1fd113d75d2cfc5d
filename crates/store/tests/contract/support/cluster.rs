//! The PostgreSQL server of this run, and databases in it.

use std::{
    env, process,
    sync::atomic::{AtomicU32, Ordering},
};

use sqlx::{AssertSqlSafe, Connection, PgConnection};
use tokio::sync::OnceCell;

/// Made and migrated once, so that each test costs a copy only.
static TEMPLATE: OnceCell<String> = OnceCell::const_new();
static NEXT: AtomicU32 = AtomicU32::new(0);

/// The server's URL without a database's name.
fn server_url() -> String {
    let url = env::var("SEGUE_TEST_POSTGRES").expect(
        "these tests need a PostgreSQL server: run `cargo xtask test`, or `cargo xtask with-postgres cargo test \
         --package store`, which start one of their own; or set SEGUE_TEST_POSTGRES to a URL such as \
         postgres://user:password@localhost:5432, whose user may create databases",
    );
    url.trim().trim_end_matches('/').to_owned()
}

/// The URL of a new database with our schema.
pub(crate) async fn new_database() -> String {
    let template = TEMPLATE.get_or_init(make_template).await;
    let name = new_name();
    admin(&format!("CREATE DATABASE {name} TEMPLATE {template}")).await;
    format!("{}/{name}", server_url())
}

/// The URL of a new database without any schema.
pub(crate) async fn empty_database() -> String {
    let name = new_name();
    admin(&format!("CREATE DATABASE {name}")).await;
    format!("{}/{name}", server_url())
}

pub(crate) async fn drop_database(url: &str) {
    let (_, name) = url.rsplit_once('/').unwrap();
    admin(&format!("DROP DATABASE {name} WITH (FORCE)")).await;
}

async fn make_template() -> String {
    let url = empty_database().await;
    // A database that somebody is connected to cannot be copied.
    store::open(&url).await.unwrap().close().await;
    url.rsplit_once('/').unwrap().1.to_owned()
}

/// Two runs may share a server, so the process is part of the name.
fn new_name() -> String {
    format!("contract_{}_{}", process::id(), NEXT.fetch_add(1, Ordering::Relaxed))
}

async fn admin(sql: &str) {
    let url = format!("{}/postgres", server_url());
    let mut connection = PgConnection::connect(&url)
        .await
        .expect("the PostgreSQL server of the tests answers; run `cargo xtask test`");
    let sql = AssertSqlSafe(sql.to_owned());
    sqlx::raw_sql(sql).execute(&mut connection).await.unwrap();
    connection.close().await.unwrap();
}
