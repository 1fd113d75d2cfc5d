//! Opening a database, and bringing its schema up to date.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

use sqlx::migrate::MigrateError;

use crate::{Store, postgres, sqlite};

/// Why a database could not be opened. Each message says what to do.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// Neither kind of URL.
    #[error("the database URL must begin with postgres:// or sqlite:, as in sqlite:/var/lib/segue/segue.db")]
    Scheme,
    /// A URL that its driver does not understand. The URL itself may hold a password, so it is not repeated.
    #[error("the database URL cannot be read; write it as postgres://user:password@host:5432/name")]
    Url(#[source] sqlx::Error),
    /// Nothing answers there, or it does not let us in.
    #[error("the database cannot be reached: {0}")]
    Unreachable(#[source] sqlx::Error),
    /// A file that is there, but is something else.
    #[error("{} is not an SQLite database; move it away, or set the database URL to another file", .0.display())]
    NotADatabase(PathBuf),
    /// A file that was a database once.
    #[error("{} is damaged; restore a backup", .0.display())]
    Corrupt(PathBuf),
    /// A later version of Segue was here.
    #[error("the database was made by a newer version of Segue (migration {0}); run that version, or restore a backup")]
    Newer(i64),
    /// A migration was edited, or somebody changed the table of migrations.
    #[error("the database's schema is not one that Segue made: {0}")]
    Foreign(String),
    /// A migration failed and was rolled back.
    #[error("the schema could not be brought up to date: {0}")]
    Migrate(#[source] MigrateError),
}

/// Opens an `SQLite` file, which is made if it is not there, and applies the migrations that it lacks.
pub async fn open_file(path: &Path) -> Result<Arc<dyn Store>, OpenError> {
    Ok(Arc::new(sqlite::Database::open(path).await?))
}

/// Opens a database by its URL and applies the migrations that it lacks.
pub async fn open(url: &str) -> Result<Arc<dyn Store>, OpenError> {
    if url.starts_with("postgres://") || url.starts_with("postgresql://") {
        Ok(Arc::new(postgres::Database::open(url).await?))
    } else if let Some(path) = url.strip_prefix("sqlite:") {
        open_file(path.as_ref()).await
    } else {
        Err(OpenError::Scheme)
    }
}

impl From<MigrateError> for OpenError {
    fn from(error: MigrateError) -> Self {
        match error {
            MigrateError::VersionMissing(version) | MigrateError::VersionTooNew(version, _) => {
                OpenError::Newer(version)
            }
            MigrateError::VersionMismatch(_) | MigrateError::Dirty(_) => OpenError::Foreign(error.to_string()),
            error => OpenError::Migrate(error),
        }
    }
}
