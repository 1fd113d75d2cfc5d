//! Objects of many files, read by ranges that begin and end anywhere.

use std::sync::mpsc;

use proptest::{prelude::*, sample::Index};

use super::*;

fn all(cursor: &mut Cursor) -> Vec<u8> {
    let mut bytes = Vec::new();
    loop {
        let before = cursor.remaining();
        let chunk = cursor.read().unwrap();
        assert_eq!(before - cursor.remaining(), chunk.len() as u64);
        if chunk.is_empty() {
            return bytes;
        }
        bytes.extend_from_slice(&chunk);
    }
}

#[test]
fn a_range_reads_across_files_as_if_they_were_one() {
    let directory = tempfile::tempdir().unwrap();
    let (remover, _removals) = mpsc::channel();
    let files = Arc::new(Files::new(directory.path().to_owned(), 1, remover));
    proptest!(|(
        bodies in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..40), 0..6),
        from in any::<Index>(),
        to in any::<Index>(),
    )| {
        let mut written = Vec::new();
        let mut pieces = Vec::new();
        for body in &bodies {
            let mut payload = files.create(body.len() as u64).unwrap();
            payload.write(body).unwrap();
            pieces.push(Piece { file: payload.number(), size: body.len() as u64 });
            written.push(payload);
        }
        let whole = bodies.concat();
        let (from, to) = (from.index(whole.len() + 1), to.index(whole.len() + 1));
        let (from, to) = (from.min(to), from.max(to));
        let mut cursor = Cursor::new(&files, &pieces, from as u64..to as u64, None);
        prop_assert_eq!(cursor.remaining(), (to - from) as u64);
        prop_assert_eq!(all(&mut cursor), &whole[from..to]);
        prop_assert_eq!(cursor.remaining(), 0);
        for payload in &written {
            std::fs::remove_file(files.path(payload.number())).unwrap();
        }
    });
}
