//! The one thread that changes the index.
//!
//! Requests that wait at the same time share one commit, and so the fsync that it costs: while one batch is written
//! the next gathers. Nobody is answered before the commit is on the disk.

use std::{
    collections::BTreeSet,
    sync::{Arc, Mutex, PoisonError, mpsc},
    thread,
    time::{Duration, Instant},
};

use domain::Timestamp;
use tokio::sync::oneshot;

use super::{
    change::{self, Tables},
    error::StoreError,
    index::Index,
    payload::{Files, PayloadFile, sync_directory},
};

/// More than the server has connections at work at once.
const LARGEST_BATCH: usize = 1024;
const HOUSEKEEPING: Duration = Duration::from_hours(1);

/// Where "now" comes from.
pub(super) type Clock = fn() -> Timestamp;

/// A handle to the committing thread.
pub(super) struct Committer {
    jobs: Mutex<Option<mpsc::Sender<Box<dyn Job>>>>,
    thread: Mutex<Option<thread::JoinHandle<()>>>,
}

/// One request's change.
trait Job: Send {
    /// An error here spoils the whole batch; one that concerns only this request is kept for its answer.
    fn apply(&mut self, tables: &mut Tables<'_>) -> Result<(), StoreError>;
    fn payload(&self) -> Option<&PayloadFile>;
    fn finish(self: Box<Self>, committed: &Committed);
}

/// How a batch ended.
enum Committed {
    Yes,
    /// For sure.
    No(Arc<StoreError>),
    /// The failure came while the commit was being written.
    Perhaps(Arc<StoreError>),
}

struct Change<T, F> {
    work: Option<F>,
    result: Option<Result<T, StoreError>>,
    payload: Option<PayloadFile>,
    answer: oneshot::Sender<Result<T, StoreError>>,
}

impl Committer {
    pub(super) fn start(index: Arc<Index>, files: Arc<Files>, clock: Clock) -> std::io::Result<Self> {
        let (sender, receiver) = mpsc::channel();
        let thread = thread::Builder::new()
            .name("objects-commit".into())
            .spawn(move || run(&index, &files, clock, &receiver))?;
        Ok(Self {
            jobs: Mutex::new(Some(sender)),
            thread: Mutex::new(Some(thread)),
        })
    }

    /// Makes a change and returns once it is durable. The payload's bytes must be on the disk already; if the change is
    /// refused it is removed. The change must look at everything that it could be refused for before it writes.
    pub(super) async fn commit<T, F>(&self, payload: Option<PayloadFile>, change: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: FnOnce(&mut Tables<'_>) -> Result<T, StoreError> + Send + 'static,
    {
        let (answer, answered) = oneshot::channel();
        let job = Box::new(Change {
            work: Some(change),
            result: None,
            payload,
            answer,
        });
        let jobs = self.jobs.lock().unwrap_or_else(PoisonError::into_inner).clone();
        jobs.ok_or(StoreError::Closed)?
            .send(job)
            .map_err(|_| StoreError::Closed)?;
        answered.await.map_err(|_| StoreError::Closed)?
    }

    /// Takes no more, finishes what it has, and returns when the thread has ended.
    pub(super) fn close(&self) {
        self.jobs.lock().unwrap_or_else(PoisonError::into_inner).take();
        let thread = self.thread.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(Err(_)) = thread.map(thread::JoinHandle::join) {
            tracing::error!("the committing thread panicked");
        }
    }
}

impl<T, F> Job for Change<T, F>
where
    T: Send,
    F: FnOnce(&mut Tables<'_>) -> Result<T, StoreError> + Send,
{
    fn apply(&mut self, tables: &mut Tables<'_>) -> Result<(), StoreError> {
        match self.work.take().map(|change| change(tables)) {
            Some(Err(error @ (StoreError::Index(_) | StoreError::DiskFull))) => Err(error),
            result => {
                self.result = result;
                Ok(())
            }
        }
    }

    fn payload(&self) -> Option<&PayloadFile> {
        self.payload.as_ref()
    }

    fn finish(self: Box<Self>, committed: &Committed) {
        let result = match committed {
            Committed::Yes => self.result.unwrap_or(Err(StoreError::Closed)),
            Committed::No(error) | Committed::Perhaps(error) => Err(StoreError::NotCommitted(Arc::clone(error))),
        };
        match (self.payload, committed) {
            (Some(payload), Committed::Yes) if result.is_ok() => payload.keep(),
            (Some(payload), Committed::Perhaps(_)) => payload.leave(),
            // Dropping it removes it.
            (_, _) => {}
        }
        // Whoever asked may have hung up.
        self.answer.send(result).ok();
    }
}

fn run(index: &Index, files: &Files, clock: Clock, jobs: &mpsc::Receiver<Box<dyn Job>>) {
    let mut last_housekeeping: Option<Instant> = None;
    loop {
        if last_housekeeping.is_none_or(|last| last.elapsed() >= HOUSEKEEPING) {
            last_housekeeping = Some(Instant::now());
            let expire = |tables: &mut Tables<'_>| change::expire(tables);
            if let Committed::No(error) | Committed::Perhaps(error) = in_one_commit(index, files, clock, expire) {
                tracing::error!(error = &error as &dyn std::error::Error, "cannot tidy the index");
            }
        }
        let mut batch = match jobs.recv_timeout(HOUSEKEEPING) {
            Ok(first) => vec![first],
            Err(mpsc::RecvTimeoutError::Timeout) => continue,
            Err(mpsc::RecvTimeoutError::Disconnected) => return,
        };
        batch.extend(jobs.try_iter().take(LARGEST_BATCH - 1));
        let committed = match sync_directories(&batch) {
            Ok(()) => in_one_commit(index, files, clock, |tables| {
                batch.iter_mut().try_for_each(|job| job.apply(tables))
            }),
            Err(error) => Committed::No(Arc::new(error)),
        };
        for job in batch {
            job.finish(&committed);
        }
    }
}

/// Makes the names of the new files durable, each directory once.
fn sync_directories(batch: &[Box<dyn Job>]) -> Result<(), StoreError> {
    let payloads = batch.iter().filter_map(|job| job.payload());
    let directories: BTreeSet<_> = payloads.map(PayloadFile::directory).collect();
    for directory in directories {
        sync_directory(&directory)?;
    }
    Ok(())
}

fn in_one_commit(
    index: &Index,
    files: &Files,
    clock: Clock,
    changes: impl FnOnce(&mut Tables<'_>) -> Result<(), StoreError>,
) -> Committed {
    let mut is_writing = false;
    let result = index.with(|database| {
        let transaction = database.begin_write()?;
        let mut tables = Tables::open(&transaction, clock())?;
        changes(&mut tables)?;
        let (freed, is_changed) = (std::mem::take(&mut tables.freed), tables.is_changed);
        drop(tables);
        if is_changed {
            is_writing = true;
            transaction.commit()?;
        } else {
            transaction.abort()?;
        }
        Ok(freed)
    });
    match result {
        Ok(freed) => {
            for removal in freed {
                files.discard(removal);
            }
            Committed::Yes
        }
        Err(error) if is_writing => Committed::Perhaps(Arc::new(error)),
        Err(error) => Committed::No(Arc::new(error)),
    }
}
