//! A database for one test, and what tests put into it.

mod cluster;
mod made;
mod raw;

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use domain::Timestamp;
use store::Store;
use tempfile::TempDir;

pub(crate) use cluster::{drop_database, empty_database};
pub(crate) use made::{renditions, source};
use raw::Raw;

/// When tests begin, as far as they care.
pub(crate) const T0: Timestamp = Timestamp::from_millis(1_750_000_000_000);

/// So long after the beginning.
pub(crate) fn at(seconds: u64) -> Timestamp {
    T0 + Duration::from_secs(seconds)
}

/// A test's own database.
pub(crate) struct Db {
    pub(crate) store: Arc<dyn Store>,
    pub(crate) url: String,
    raw: Raw,
    next_id: AtomicU64,
    folder: Option<TempDir>,
}

impl Db {
    pub(crate) async fn postgres() -> Self {
        let url = cluster::new_database().await;
        Self::open(url, None).await
    }

    pub(crate) async fn sqlite() -> Self {
        let folder = TempDir::new().unwrap();
        let url = format!("sqlite:{}", folder.path().join("segue.db").display());
        Self::open(url, Some(folder)).await
    }

    async fn open(url: String, folder: Option<TempDir>) -> Self {
        Self {
            store: store::open(&url).await.unwrap(),
            raw: Raw::connect(&url).await,
            next_id: AtomicU64::new(1),
            url,
            folder,
        }
    }

    /// A number that no other thing in this test has.
    fn next(&self) -> u64 {
        self.next_id.fetch_add(1, Ordering::Relaxed)
    }

    pub(crate) async fn remove(self) {
        self.store.close().await;
        self.raw.close().await;
        if self.folder.is_none() {
            cluster::drop_database(&self.url).await;
        }
    }
}
