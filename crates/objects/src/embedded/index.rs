//! The index: its tables, opening it, and reading it.

use std::{
    io,
    path::{Path, PathBuf},
    sync::{
        PoisonError, RwLock, RwLockReadGuard,
        atomic::{AtomicBool, Ordering},
    },
};

use redb::{
    Builder, Database, DatabaseError, ReadOnlyTable, ReadTransaction, ReadableDatabase, ReadableTable, StorageError,
    Table, TableDefinition, WriteTransaction,
};

use super::{
    error::{EmbeddedError, StoreError},
    record::{ObjectRecord, Piece, Record},
};

/// What this version writes. A change that this version could not read gets the next number.
const FORMAT: u64 = 1;
/// redb's default is a gigabyte.
const CACHE: usize = 64 << 20;

/// [`object_key`] and the upload's number.
pub(super) type UploadKey = (&'static [u8], u64);

/// `format`, `session`, `clean`
pub(super) const META: TableDefinition<&str, u64> = TableDefinition::new("meta");
/// Name to when it was made.
pub(super) const BUCKETS: TableDefinition<&str, i64> = TableDefinition::new("buckets");
/// [`object_key`] to [`ObjectRecord`].
pub(super) const OBJECTS: TableDefinition<&[u8], &[u8]> = TableDefinition::new("objects");
/// [`super::record::Payload::Pieces`] to `Vec<Piece>`.
pub(super) const PIECES: TableDefinition<u64, &[u8]> = TableDefinition::new("pieces");
/// [`object_key`] and upload to [`super::record::UploadRecord`].
pub(super) const UPLOADS: TableDefinition<UploadKey, &[u8]> = TableDefinition::new("uploads");
/// Upload and part number to [`super::record::PartRecord`].
pub(super) const PARTS: TableDefinition<(u64, u16), &[u8]> = TableDefinition::new("parts");
/// Upload to [`super::record::CompletedRecord`].
pub(super) const COMPLETED: TableDefinition<u64, &[u8]> = TableDefinition::new("completed");

/// What the table of objects is ordered by. A bucket's name holds no NUL, so no bucket's keys mix with another's; and
/// the bytes of UTF-8 order as S3 lists.
pub(super) fn object_key(bucket: &str, key: &str) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(bucket.len() + 1 + key.len());
    bytes.extend(bucket.as_bytes());
    bytes.push(0);
    bytes.extend(key.as_bytes());
    bytes
}

/// The index, open. One process has it at a time.
pub(super) struct Index {
    path: PathBuf,
    /// Nothing between a failure and the next attempt to open it.
    database: RwLock<Option<Database>>,
    is_shut: AtomicBool,
}

/// What opening the index found.
pub(super) struct Opened {
    pub(super) index: Index,
    /// Counts the times that the index was opened; part of every new number.
    pub(super) session: u32,
    /// Whether the last session ended in order.
    pub(super) was_clean: bool,
}

impl Index {
    /// Opens the index, or makes it where there is none, and begins a session.
    pub(super) fn open(path: &Path) -> Result<Opened, EmbeddedError> {
        let database = create(path).map_err(|error| describe(path, error))?;
        let index = Self {
            path: path.to_owned(),
            database: RwLock::new(Some(database)),
            is_shut: AtomicBool::new(false),
        };
        let damaged = |error: StoreError| EmbeddedError::IndexDamaged {
            path: path.to_owned(),
            reason: chain(&error),
        };
        let begun = index.with(|database| {
            let transaction = database.begin_write()?;
            let begun = begin_session(&transaction)?;
            // An index that we do not know stays as it is.
            if begun.0 == FORMAT {
                transaction.commit()?;
            } else {
                transaction.abort()?;
            }
            Ok(begun)
        });
        let (format, session, was_clean) = begun.map_err(damaged)?;
        if format != FORMAT {
            return Err(EmbeddedError::UnknownFormat {
                path: path.to_owned(),
                found: format,
                known: FORMAT,
            });
        }
        Ok(Opened {
            index,
            session,
            was_clean,
        })
    }

    /// Notes that nothing is under way any more, so that the next start need not sweep.
    pub(super) fn mark_clean(&self) -> Result<(), StoreError> {
        self.with(|database| {
            let transaction = database.begin_write()?;
            transaction.open_table(META)?.insert("clean", 1)?;
            Ok(transaction.commit()?)
        })
    }

    /// Runs a job on the open database. redb refuses everything after a failed read or write; so the index is closed
    /// then, and opened again for the next job.
    pub(super) fn with<T>(&self, job: impl FnOnce(&Database) -> Result<T, StoreError>) -> Result<T, StoreError> {
        let result = match self.database()?.as_ref() {
            Some(database) => job(database),
            None => Err(StoreError::Closed),
        };
        if let Err(StoreError::Index(_) | StoreError::DiskFull) = &result {
            self.close();
        }
        result
    }

    /// Runs a job on a snapshot.
    pub(super) fn read<T>(&self, job: impl FnOnce(&Snapshot) -> Result<T, StoreError>) -> Result<T, StoreError> {
        self.with(|database| job(&Snapshot(database.begin_read()?)))
    }

    /// Closes the file for good.
    pub(super) fn shut(&self) {
        self.is_shut.store(true, Ordering::Relaxed);
        self.close();
    }

    fn close(&self) {
        self.database.write().unwrap_or_else(PoisonError::into_inner).take();
    }

    fn database(&self) -> Result<RwLockReadGuard<'_, Option<Database>>, StoreError> {
        let database = self.database.read().unwrap_or_else(PoisonError::into_inner);
        if database.is_some() {
            return Ok(database);
        }
        drop(database);
        let mut database = self.database.write().unwrap_or_else(PoisonError::into_inner);
        if database.is_none() && !self.is_shut.load(Ordering::Relaxed) {
            // `open`, not `create`: an index that went away must not come back empty.
            *database = Some(builder().open(&self.path).map_err(redb::Error::from)?);
        }
        drop(database);
        Ok(self.database.read().unwrap_or_else(PoisonError::into_inner))
    }
}

/// A consistent view of the index.
pub(super) struct Snapshot(ReadTransaction);

impl Snapshot {
    pub(super) fn objects(&self) -> Result<ReadOnlyTable<&'static [u8], &'static [u8]>, StoreError> {
        Ok(self.0.open_table(OBJECTS)?)
    }

    pub(super) fn pieces(&self) -> Result<ReadOnlyTable<u64, &'static [u8]>, StoreError> {
        Ok(self.0.open_table(PIECES)?)
    }

    pub(super) fn uploads(&self) -> Result<ReadOnlyTable<UploadKey, &'static [u8]>, StoreError> {
        Ok(self.0.open_table(UPLOADS)?)
    }

    pub(super) fn parts(&self) -> Result<ReadOnlyTable<(u64, u16), &'static [u8]>, StoreError> {
        Ok(self.0.open_table(PARTS)?)
    }

    pub(super) fn buckets(&self) -> Result<ReadOnlyTable<&'static str, i64>, StoreError> {
        Ok(self.0.open_table(BUCKETS)?)
    }

    pub(super) fn require_bucket(&self, bucket: &str) -> Result<(), StoreError> {
        let found = self.buckets()?.get(bucket)?;
        found.map(drop).ok_or(StoreError::NoSuchBucket)
    }

    pub(super) fn object(&self, bucket: &str, key: &str) -> Result<ObjectRecord, StoreError> {
        match self.objects()?.get(object_key(bucket, key).as_slice())? {
            Some(value) => Ok(ObjectRecord::from_bytes(value.value())?),
            None => Err(self.require_bucket(bucket).err().unwrap_or(StoreError::NoSuchKey)),
        }
    }

    pub(super) fn pieces_of(&self, number: u64) -> Result<Vec<Piece>, StoreError> {
        match self.pieces()?.get(number)? {
            Some(value) => Ok(Record::from_bytes(value.value())?),
            None => Err(StoreError::NoSuchKey),
        }
    }
}

fn builder() -> Builder {
    let mut builder = Builder::new();
    builder.set_cache_size(CACHE);
    builder
}

fn create(path: &Path) -> Result<Database, DatabaseError> {
    // redb meets some kinds of damage with a panic.
    let opened = std::panic::catch_unwind(|| builder().create(path));
    opened.unwrap_or_else(|_| {
        let reason = "its pages contradict one another".to_owned();
        Err(DatabaseError::Storage(StorageError::Corrupted(reason)))
    })
}

/// Makes the tables, and returns the format, the number of the session, and whether the last one ended in order.
fn begin_session(transaction: &WriteTransaction) -> Result<(u64, u32, bool), StoreError> {
    let mut meta = transaction.open_table(META)?;
    let read = |meta: &Table<'_, &'static str, u64>, name: &str| -> Result<Option<u64>, StoreError> {
        Ok(meta.get(name)?.map(|value| value.value()))
    };
    match read(&meta, "format")? {
        Some(FORMAT) => {}
        Some(format) => return Ok((format, 0, false)),
        None => drop(meta.insert("format", FORMAT)?),
    }
    let session = read(&meta, "session")?.unwrap_or(0) + 1;
    // A new index has nothing to sweep.
    let was_clean = session == 1 || read(&meta, "clean")? == Some(1);
    meta.insert("session", session)?;
    meta.insert("clean", 0)?;
    transaction.open_table(BUCKETS)?;
    transaction.open_table(OBJECTS)?;
    transaction.open_table(PIECES)?;
    transaction.open_table(UPLOADS)?;
    transaction.open_table(PARTS)?;
    transaction.open_table(COMPLETED)?;
    Ok((FORMAT, u32::try_from(session).unwrap_or(u32::MAX), was_clean))
}

fn describe(path: &Path, error: DatabaseError) -> EmbeddedError {
    let path = path.to_owned();
    match error {
        DatabaseError::DatabaseAlreadyOpen => EmbeddedError::InUse(path),
        DatabaseError::Storage(StorageError::Io(source))
            if !matches!(source.kind(), io::ErrorKind::InvalidData | io::ErrorKind::UnexpectedEof) =>
        {
            EmbeddedError::Directory { path, source }
        }
        error => EmbeddedError::IndexDamaged {
            path,
            reason: chain(&error),
        },
    }
}

/// An error with all its causes in one line.
fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut next = error.source();
    while let Some(cause) = next {
        text.push_str(": ");
        text.push_str(&cause.to_string());
        next = cause.source();
    }
    text
}
