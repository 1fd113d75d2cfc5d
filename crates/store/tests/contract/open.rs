//! Opening a database that is not as it should be.

use std::{fs, path::Path};

use store::OpenError;
use tempfile::TempDir;
use tokio::task::JoinSet;

use crate::support::{Db, drop_database, empty_database};

pub(crate) async fn opening_again_changes_nothing(db: &Db) {
    let user = db.user("ann@example.org").await;
    let again = store::open(&db.url).await.unwrap();
    assert_eq!(again.user(user).await.unwrap(), db.store.user(user).await.unwrap());
    assert_eq!(db.rows("_sqlx_migrations").await, 1);
    again.close().await;
}

pub(crate) async fn a_newer_database_is_refused(db: &Db) {
    db.tamper(
        "INSERT INTO _sqlx_migrations (version, description, installed_on, success, checksum, execution_time)
         SELECT 9999, 'from the future', installed_on, success, checksum, execution_time FROM _sqlx_migrations",
    )
    .await;
    let error = store::open(&db.url).await.err();
    assert!(matches!(error, Some(OpenError::Newer(9999))), "{error:?}");
}

pub(crate) async fn a_schema_that_was_tampered_with_is_refused(db: &Db) {
    let checksum = if db.url.starts_with("postgres") {
        r"'\x00'::bytea"
    } else {
        "x'00'"
    };
    db.tamper(&format!("UPDATE _sqlx_migrations SET checksum = {checksum}"))
        .await;
    let error = store::open(&db.url).await.err();
    assert!(matches!(error, Some(OpenError::Foreign(_))), "{error:?}");
}

async fn refusal(path: &Path) -> OpenError {
    let url = format!("sqlite:{}", path.display());
    store::open(&url).await.err().expect("must be refused")
}

#[tokio::test]
async fn a_file_that_is_no_database_is_refused_and_left_alone() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("song.mp3");
    let content = b"ID3 this is no database".repeat(500);
    fs::write(&path, &content).unwrap();
    let error = refusal(&path).await;
    assert!(matches!(error, OpenError::NotADatabase(_)), "{error:?}");
    assert_eq!(fs::read(&path).unwrap(), content);
}

#[tokio::test]
async fn a_damaged_file_is_refused() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("segue.db");
    let url = format!("sqlite:{}", path.display());
    store::open(&url).await.unwrap().close().await;
    let mut content = fs::read(&path).unwrap();
    // The first page's list of cells: what every statement reads first.
    content[100..1_000].fill(0xff);
    fs::write(&path, &content).unwrap();
    let error = refusal(&path).await;
    assert!(matches!(error, OpenError::Corrupt(_)), "{error:?}");

    content.truncate(10_000);
    fs::write(&path, &content).unwrap();
    let error = refusal(&path).await;
    assert!(matches!(error, OpenError::Corrupt(_)), "{error:?}");
}

#[tokio::test]
async fn another_programs_database_is_refused() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("other.db");
    let options = sqlx::sqlite::SqliteConnectOptions::new()
        .filename(&path)
        .create_if_missing(true);
    let pool = sqlx::SqlitePool::connect_with(options).await.unwrap();
    sqlx::query("CREATE TABLE users (name TEXT)")
        .execute(&pool)
        .await
        .unwrap();
    pool.close().await;
    let error = refusal(&path).await;
    assert!(matches!(error, OpenError::Foreign(_)), "{error:?}");
}

#[tokio::test]
async fn places_that_cannot_be_are_refused() {
    let folder = TempDir::new().unwrap();
    let error = refusal(&folder.path().join("missing/segue.db")).await;
    assert!(matches!(error, OpenError::Unreachable(_)), "{error:?}");
    let error = refusal(folder.path()).await;
    assert!(matches!(error, OpenError::Unreachable(_)), "{error:?}");
    for url in ["", "mysql://localhost/segue", "segue.db"] {
        let error = store::open(url).await.err();
        assert!(matches!(error, Some(OpenError::Scheme)), "{url}: {error:?}");
    }
    let error = store::open("postgres://user:pa ss@[::1/segue")
        .await
        .err()
        .expect("must be refused");
    assert!(matches!(error, OpenError::Url(_)), "{error:?}");
    assert!(!error.to_string().contains("pa ss"));
}

#[tokio::test]
async fn a_server_that_does_not_answer_is_unreachable() {
    // Bound and let go, so that nobody listens there.
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    drop(listener);
    let error = store::open(&format!("postgres://segue@127.0.0.1:{port}/segue"))
        .await
        .err();
    assert!(matches!(error, Some(OpenError::Unreachable(_))), "{error:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn servers_that_start_at_once_migrate_once() {
    let url = empty_database().await;
    let mut servers = JoinSet::new();
    for _ in 0..6 {
        let url = url.clone();
        servers.spawn(async move { store::open(&url).await });
    }
    for server in servers.join_all().await {
        let store = server.unwrap();
        store.ping().await.unwrap();
        store.close().await;
    }
    drop_database(&url).await;
}
