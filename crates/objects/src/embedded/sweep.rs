//! Removing files: those that were replaced or deleted, and after a crash those that nobody names.

use std::{
    fs,
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
        mpsc,
    },
};

use redb::ReadableTable;

use super::{
    error::StoreError,
    index::Index,
    payload::{Files, Removal, split},
    record::{ObjectRecord, PartRecord, Payload, Piece, Record},
};

/// Unlinks what is discarded until [`Files::close`].
pub(super) fn remove_discarded(files: &Files, removals: &mpsc::Receiver<Removal>) {
    for removal in removals {
        files.remove(removal);
    }
}

/// Removes the files of earlier sessions that the index does not name. Files of this session are left alone: they may
/// be about to be named. Returns how many were removed, or nothing if it was told to stop.
pub(super) fn sweep(index: &Index, files: &Arc<Files>, stop: &AtomicBool) -> Result<Option<u64>, StoreError> {
    let named = index.read(|snapshot| {
        let mut named = Vec::new();
        for entry in snapshot.objects()?.iter()? {
            if let Payload::File(number) = ObjectRecord::from_bytes(entry?.1.value())?.payload {
                named.push(number);
            }
        }
        for entry in snapshot.pieces()?.iter()? {
            let pieces: Vec<Piece> = Record::from_bytes(entry?.1.value())?;
            named.extend(pieces.iter().map(|piece| piece.file));
        }
        for entry in snapshot.parts()?.iter()? {
            named.push(PartRecord::from_bytes(entry?.1.value())?.file);
        }
        named.sort_unstable();
        Ok(named)
    })?;
    let mut removed = 0;
    let (this_session, _) = split(files.draw());
    for (session, folder) in numbered(files.root())? {
        if session >= this_session {
            continue;
        }
        for (_, group) in numbered(&folder)? {
            for (counter, path) in numbered(&group)? {
                if stop.load(Ordering::Relaxed) {
                    return Ok(None);
                }
                let number = u64::from(session) << 32 | u64::from(counter);
                // What lies at another place than its number says is not ours to judge.
                if named.binary_search(&number).is_err() && path == files.path(number) {
                    match fs::remove_file(&path) {
                        Ok(()) => removed += 1,
                        // The remover was faster.
                        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
                        Err(error) => return Err(error.into()),
                    }
                }
            }
            // Fails where something is left, which is what should happen.
            fs::remove_dir(&group).ok();
        }
        fs::remove_dir(&folder).ok();
    }
    Ok(Some(removed))
}

/// What a folder holds whose name is a number, written as ours are.
fn numbered(folder: &Path) -> Result<Vec<(u32, std::path::PathBuf)>, StoreError> {
    let mut entries = Vec::new();
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let name = entry.file_name();
        if let Some(number) = name.to_str().and_then(|name| u32::from_str_radix(name, 16).ok()) {
            entries.push((number, entry.path()));
        }
    }
    Ok(entries)
}
