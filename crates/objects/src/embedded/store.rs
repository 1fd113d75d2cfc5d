//! The directory as a whole: index, files, and the threads that work on them.

use std::{
    fs::{self, File, TryLockError},
    path::{Path, PathBuf},
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
        mpsc,
    },
    thread::{self, JoinHandle},
};

use s3s::path::check_bucket_name;
use tokio::task::spawn_blocking;

use super::{
    change,
    commit::{Clock, Committer},
    error::{EmbeddedError, StoreError},
    index::{Index, Snapshot},
    payload::Files,
    sweep,
};

/// An open directory. [`Store::close`] it, or the next start looks for what nobody names.
pub(super) struct Store {
    pub(super) index: Arc<Index>,
    pub(super) files: Arc<Files>,
    pub(super) committer: Committer,
    stop_sweeping: Arc<AtomicBool>,
    threads: Mutex<Vec<JoinHandle<()>>>,
    is_closed: AtomicBool,
    lock: Mutex<Option<File>>,
}

impl Store {
    /// Opens a directory, or makes it. Blocks.
    pub(super) fn open(directory: &Path, clock: Clock) -> Result<Self, EmbeddedError> {
        let failed = |path: &Path| {
            let path = path.to_owned();
            move |source| EmbeddedError::Directory { path, source }
        };
        let data = directory.join("data");
        fs::create_dir_all(&data).map_err(failed(&data))?;
        let lock = lock(directory)?;
        let index_path = directory.join("index.redb");
        refuse_lost_index(&index_path, &data)?;
        let opened = Index::open(&index_path)?;
        // The names of what was just made.
        let parent = directory.parent().filter(|parent| !parent.as_os_str().is_empty());
        for made_in in [Some(directory), parent].into_iter().flatten() {
            super::payload::sync_directory(made_in).map_err(failed(made_in))?;
        }

        let (remover, removals) = mpsc::channel();
        let files = Arc::new(Files::new(data, opened.session, remover));
        let index = Arc::new(opened.index);
        let stop_sweeping = Arc::new(AtomicBool::new(false));
        let mut threads = Vec::new();
        let mut spawn = |name: &str, job: Box<dyn FnOnce() + Send>| {
            let thread = thread::Builder::new().name(name.into()).spawn(job);
            thread.map(|thread| threads.push(thread)).map_err(failed(directory))
        };
        let for_remover = Arc::clone(&files);
        spawn(
            "objects-remove",
            Box::new(move || sweep::remove_discarded(&for_remover, &removals)),
        )?;
        if !opened.was_clean {
            let (index, files, stop) = (Arc::clone(&index), Arc::clone(&files), Arc::clone(&stop_sweeping));
            spawn("objects-sweep", Box::new(move || sweep_once(&index, &files, &stop)))?;
        }
        let committer = Committer::start(Arc::clone(&index), Arc::clone(&files), clock).map_err(failed(directory))?;
        Ok(Self {
            index,
            files,
            committer,
            stop_sweeping,
            threads: Mutex::new(threads),
            is_closed: AtomicBool::new(false),
            lock: Mutex::new(Some(lock)),
        })
    }

    /// Makes the buckets that are to be there.
    pub(super) async fn require_buckets(&self, buckets: Vec<String>, index: &Path) -> Result<(), EmbeddedError> {
        if let Some(bad) = buckets.iter().find(|name| !check_bucket_name(name)) {
            return Err(EmbeddedError::BucketName(bad.clone()));
        }
        let change = move |tables: &mut change::Tables<'_>| {
            buckets
                .iter()
                .try_for_each(|bucket| change::create_bucket(tables, bucket))
        };
        let made = self.committer.commit(None, change).await;
        made.map_err(|error| EmbeddedError::Directory {
            path: index.to_owned(),
            source: std::io::Error::other(error),
        })
    }

    /// Runs a job on a snapshot of the index, away from the async threads.
    pub(super) async fn read<T, F>(self: &Arc<Self>, job: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: FnOnce(&Snapshot) -> Result<T, StoreError> + Send + 'static,
    {
        let store = Arc::clone(self);
        let read = spawn_blocking(move || store.index.read(job)).await;
        read.map_err(|_| StoreError::Closed)?
    }

    /// Finishes what is under way and closes the index. Blocks.
    pub(super) fn close(&self) {
        if self.is_closed.swap(true, Ordering::Relaxed) {
            return;
        }
        self.committer.close();
        self.stop_sweeping.store(true, Ordering::Relaxed);
        let is_settled = !self.files.has_pins();
        self.files.close();
        let threads = std::mem::take(&mut *self.threads.lock().unwrap_or_else(PoisonError::into_inner));
        let all_ended = threads.into_iter().map(JoinHandle::join).all(|ended| ended.is_ok());
        if all_ended
            && is_settled
            && !self.files.needs_sweep.load(Ordering::Relaxed)
            && let Err(error) = self.index.mark_clean()
        {
            tracing::warn!(
                error = &error as &dyn std::error::Error,
                "the next start will have to sweep"
            );
        }
        self.index.shut();
        // Whoever still holds this store can do no more with it.
        self.lock.lock().unwrap_or_else(PoisonError::into_inner).take();
    }
}

/// So that dropping a store, too, waits for its threads and leaves the directory to the next one.
impl Drop for Store {
    fn drop(&mut self) {
        self.close();
    }
}

fn sweep_once(index: &Index, files: &Arc<Files>, stop: &AtomicBool) {
    match sweep::sweep(index, files, stop) {
        Ok(Some(removed)) => tracing::info!(removed, "swept the object store after a crash"),
        Ok(None) => files.needs_sweep.store(true, Ordering::Relaxed),
        Err(error) => {
            files.needs_sweep.store(true, Ordering::Relaxed);
            tracing::warn!(
                error = &error as &dyn std::error::Error,
                "cannot sweep the object store"
            );
        }
    }
}

fn lock(directory: &Path) -> Result<File, EmbeddedError> {
    let path = directory.join("lock");
    let opened = File::options().create(true).truncate(false).write(true).open(&path);
    let locked = opened.and_then(|file| match file.try_lock() {
        Ok(()) => Ok(Some(file)),
        Err(TryLockError::WouldBlock) => Ok(None),
        Err(TryLockError::Error(error)) => Err(error),
    });
    match locked {
        Ok(Some(file)) => Ok(file),
        Ok(None) => Err(EmbeddedError::InUse(directory.to_owned())),
        Err(source) => Err(EmbeddedError::Directory { path, source }),
    }
}

/// An index that is not there would be made anew, empty, and the sweep would then remove every object's bytes.
fn refuse_lost_index(index: &Path, data: &Path) -> Result<(), EmbeddedError> {
    let is_there = fs::metadata(index).is_ok_and(|metadata| metadata.len() > 0);
    let holds_data = || fs::read_dir(data).map(|mut entries| entries.next().is_some());
    let path: PathBuf = data.to_owned();
    if !is_there && holds_data().map_err(|source| EmbeddedError::Directory { path, source })? {
        return Err(EmbeddedError::IndexMissing(index.to_owned()));
    }
    Ok(())
}
