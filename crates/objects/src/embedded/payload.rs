//! The files that hold the bytes: naming, writing and removing them.

use std::{
    collections::HashMap,
    fs::{self, File},
    io::{self, Write},
    path::{Path, PathBuf},
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, AtomicU64, Ordering},
        mpsc,
    },
};

use super::error::StoreError;

/// Space that payloads leave free, so that the index can still grow: deleting must work on a full disk.
const RESERVE: u64 = 16 << 20;
/// Files in one directory: few enough to list, many enough that a batch shares the fsync of its directory.
const GROUP_BITS: u32 = 12;

/// The directory of payloads.
pub(super) struct Files {
    root: PathBuf,
    /// The session in the upper half, a counter in the lower: a number is drawn once, ever.
    next: AtomicU64,
    /// Directories that exist, of those that this session needs.
    groups: Mutex<u32>,
    pins: Mutex<HashMap<u64, Pinned>>,
    remover: Mutex<Option<mpsc::Sender<Removal>>>,
    /// There may be files that nobody names, so the next start must look.
    pub(super) needs_sweep: AtomicBool,
}

/// What no object needs any more.
#[derive(Debug)]
pub(super) enum Removal {
    File(u64),
    Pieces { number: u64, files: Vec<u64> },
}

#[derive(Default)]
struct Pinned {
    readers: usize,
    doomed: Vec<u64>,
}

impl Files {
    /// `removals` go to whoever runs [`Files::remove`].
    pub(super) fn new(root: PathBuf, session: u32, remover: mpsc::Sender<Removal>) -> Self {
        Self {
            root,
            next: AtomicU64::new(u64::from(session) << 32),
            groups: Mutex::new(0),
            pins: Mutex::default(),
            remover: Mutex::new(Some(remover)),
            needs_sweep: AtomicBool::new(false),
        }
    }

    pub(super) fn root(&self) -> &Path {
        &self.root
    }

    /// A number that nothing has had before.
    pub(super) fn draw(&self) -> u64 {
        self.next.fetch_add(1, Ordering::Relaxed)
    }

    pub(super) fn path(&self, number: u64) -> PathBuf {
        let (session, counter) = split(number);
        let group = counter >> GROUP_BITS;
        self.root.join(format!("{session:08x}/{group:05x}/{counter:08x}"))
    }

    /// A new empty file. `expected` bytes must fit on the disk.
    pub(super) fn create(self: &Arc<Self>, expected: u64) -> Result<PayloadFile, StoreError> {
        let disk = rustix::fs::statvfs(&self.root).map_err(io::Error::from)?;
        if disk.f_bavail.saturating_mul(disk.f_frsize) < expected.saturating_add(RESERVE) {
            return Err(StoreError::DiskFull);
        }
        let number = self.draw();
        self.make_group(number)?;
        let file = File::create_new(self.path(number))?;
        Ok(PayloadFile {
            files: Arc::clone(self),
            number,
            file,
            is_named: false,
        })
    }

    /// Durable before a file in it is: the commit syncs only the directory that the file is in.
    fn make_group(&self, number: u64) -> io::Result<()> {
        let (session, counter) = split(number);
        let group = counter >> GROUP_BITS;
        let mut existing = lock(&self.groups);
        if group < *existing {
            return Ok(());
        }
        let session = self.root.join(format!("{session:08x}"));
        for group in *existing..=group {
            fs::create_dir_all(session.join(format!("{group:05x}")))?;
        }
        sync_directory(&session)?;
        sync_directory(&self.root)?;
        *existing = group + 1;
        Ok(())
    }

    /// Hands files to the remover. Their readers go on reading.
    pub(super) fn discard(&self, removal: Removal) {
        let remover = lock(&self.remover).clone();
        let unsent = match remover {
            Some(remover) => remover.send(removal).err().map(|unsent| unsent.0),
            None => Some(removal),
        };
        // The server is shutting down, and this comes from a request that was broken off.
        if let Some(removal) = unsent {
            self.remove(removal);
        }
    }

    /// Nothing is removed any more; the remover ends.
    pub(super) fn close(&self) {
        lock(&self.remover).take();
    }

    /// Whether something is still being read or kept back.
    pub(super) fn has_pins(&self) -> bool {
        !lock(&self.pins).is_empty()
    }

    /// Unlinks what was discarded.
    pub(super) fn remove(&self, removal: Removal) {
        match removal {
            Removal::File(number) => self.unlink(number),
            Removal::Pieces { number, files } => {
                // Files are opened one by one while an object is read: an open descriptor does not keep the others.
                if let Some(pinned) = lock(&self.pins).get_mut(&number) {
                    pinned.doomed = files;
                    return;
                }
                for number in files {
                    self.unlink(number);
                }
            }
        }
    }

    fn unlink(&self, number: u64) {
        let path = self.path(number);
        if let Err(error) = fs::remove_file(&path)
            && error.kind() != io::ErrorKind::NotFound
        {
            tracing::warn!(path = %path.display(), %error, "cannot remove a payload");
            self.needs_sweep.store(true, Ordering::Relaxed);
        }
    }

    /// Keeps the pieces of an object while it is read. Look after pinning whether it is still there.
    pub(super) fn pin(self: &Arc<Self>, number: u64) -> PiecesPin {
        lock(&self.pins).entry(number).or_default().readers += 1;
        PiecesPin {
            files: Arc::clone(self),
            number,
        }
    }
}

/// The session and the counter of a number.
pub(super) fn split(number: u64) -> (u32, u32) {
    #[expect(clippy::cast_possible_truncation, reason = "the two halves are wanted")]
    let halves = ((number >> 32) as u32, number as u32);
    halves
}

pub(super) fn sync_directory(path: &Path) -> io::Result<()> {
    File::open(path)?.sync_all()
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// While this lives, the pieces of an object stay.
pub(super) struct PiecesPin {
    files: Arc<Files>,
    number: u64,
}

impl Drop for PiecesPin {
    fn drop(&mut self) {
        let mut pins = lock(&self.files.pins);
        let Some(pinned) = pins.get_mut(&self.number) else {
            return;
        };
        pinned.readers -= 1;
        if pinned.readers > 0 {
            return;
        }
        let doomed = pins
            .remove(&self.number)
            .map(|pinned| pinned.doomed)
            .unwrap_or_default();
        drop(pins);
        for number in doomed {
            self.files.discard(Removal::File(number));
        }
    }
}

/// A file that the index does not name yet. Dropped like that, it is removed.
pub(super) struct PayloadFile {
    files: Arc<Files>,
    number: u64,
    file: File,
    is_named: bool,
}

impl PayloadFile {
    pub(super) fn number(&self) -> u64 {
        self.number
    }

    pub(super) fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.file.write_all(bytes)
    }

    /// Whatever was written survives a loss of power; whether the name does is the commit's business.
    pub(super) fn sync(&self) -> io::Result<()> {
        self.file.sync_data()
    }

    /// The directory whose entry makes the name durable.
    pub(super) fn directory(&self) -> PathBuf {
        let mut path = self.files.path(self.number);
        path.pop();
        path
    }

    /// The index names it now.
    pub(super) fn keep(mut self) {
        self.is_named = true;
    }

    /// Nobody knows whether the index names it: the next start finds out.
    pub(super) fn leave(mut self) {
        self.is_named = true;
        self.files.needs_sweep.store(true, Ordering::Relaxed);
    }
}

impl Drop for PayloadFile {
    fn drop(&mut self) {
        if !self.is_named {
            self.files.discard(Removal::File(self.number));
        }
    }
}
