//! Reading an object's bytes, from one file or from many, as fast as a socket takes them.

use std::{
    collections::VecDeque,
    fs::File,
    io,
    os::unix::fs::FileExt,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

use futures_util::Stream;
use hyper::body::Bytes;
use s3s::{
    StdError,
    stream::{ByteStream, RemainingLength},
};
use tokio::task::{JoinHandle, spawn_blocking};

use super::{
    payload::{Files, PiecesPin},
    record::Piece,
};

/// What is read, and handed to a socket, at once.
pub(super) const CHUNK: usize = 256 << 10;

/// Reads a range of an object, chunk by chunk, from one file or from many.
pub(super) struct Cursor {
    files: Arc<Files>,
    open: Option<(u64, File)>,
    slices: VecDeque<Slice>,
    /// Bytes that are still to come.
    remaining: u64,
    _pin: Option<PiecesPin>,
}

struct Slice {
    file: u64,
    offset: u64,
    length: u64,
}

impl Cursor {
    pub(super) fn new(
        files: &Arc<Files>,
        pieces: &[Piece],
        range: std::ops::Range<u64>,
        pin: Option<PiecesPin>,
    ) -> Self {
        let mut slices = VecDeque::new();
        let mut start = 0;
        for piece in pieces {
            let end = start + piece.size;
            let (from, to) = (range.start.max(start), range.end.min(end));
            if from < to {
                slices.push_back(Slice {
                    file: piece.file,
                    offset: from - start,
                    length: to - from,
                });
            }
            start = end;
        }
        Self {
            files: Arc::clone(files),
            open: None,
            slices,
            remaining: range.end - range.start,
            _pin: pin,
        }
    }

    pub(super) fn remaining(&self) -> u64 {
        self.remaining
    }

    /// The next bytes, at most a [`CHUNK`]; none at the end.
    pub(super) fn read(&mut self) -> io::Result<Bytes> {
        let Some(slice) = self.slices.front_mut() else {
            return Ok(Bytes::new());
        };
        let file = match &mut self.open {
            Some((number, file)) if *number == slice.file => file,
            open => &mut open.insert((slice.file, File::open(self.files.path(slice.file))?)).1,
        };
        let length = usize::try_from(slice.length).map_or(CHUNK, |length| length.min(CHUNK));
        let mut chunk = vec![0; length];
        file.read_exact_at(&mut chunk, slice.offset)?;
        slice.offset += length as u64;
        slice.length -= length as u64;
        if slice.length == 0 {
            self.slices.pop_front();
        }
        self.remaining -= length as u64;
        Ok(chunk.into())
    }
}

/// The rest of a cursor as the body of an answer. Each chunk is read when the socket has taken the one before, so a slow
/// client holds one chunk and no thread.
pub(super) struct Reading {
    /// Bytes that are still to come.
    remaining: usize,
    state: State,
}

enum State {
    Has(Bytes, Cursor),
    Reads(JoinHandle<(io::Result<Bytes>, Cursor)>),
    Ended,
}

impl Reading {
    /// `first` was read already.
    pub(super) fn new(first: Bytes, cursor: Cursor) -> Self {
        let rest = usize::try_from(cursor.remaining()).unwrap_or(usize::MAX);
        Self {
            remaining: first.len().saturating_add(rest),
            state: State::Has(first, cursor),
        }
    }
}

impl Stream for Reading {
    type Item = Result<Bytes, StdError>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        loop {
            match std::mem::replace(&mut self.state, State::Ended) {
                State::Ended => return Poll::Ready(None),
                State::Has(bytes, mut cursor) => {
                    if cursor.remaining() > 0 {
                        self.state = State::Reads(spawn_blocking(move || (cursor.read(), cursor)));
                    }
                    self.remaining -= bytes.len();
                    if !bytes.is_empty() {
                        return Poll::Ready(Some(Ok(bytes)));
                    }
                }
                State::Reads(mut handle) => {
                    let Poll::Ready(read) = Pin::new(&mut handle).poll(context) else {
                        self.state = State::Reads(handle);
                        return Poll::Pending;
                    };
                    let (chunk, cursor) = read?;
                    let chunk = chunk.inspect_err(|error| tracing::error!(%error, "cannot read a payload"))?;
                    self.state = State::Has(chunk, cursor);
                }
            }
        }
    }
}

impl ByteStream for Reading {
    fn remaining_length(&self) -> RemainingLength {
        RemainingLength::new_exact(self.remaining)
    }
}

#[cfg(test)]
mod fuzz;
