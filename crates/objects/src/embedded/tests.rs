//! What only shows below the protocol: values, time, and what is left on the disk.

use std::{
    fs,
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
};

use domain::Timestamp;
use redb::ReadableDatabase;

use super::{
    change::{self, Condition, Tables},
    completion::{self, Completion},
    error::{EmbeddedError, StoreError},
    index::META,
    record::{CompletedRecord, Etag, Headers, ObjectRecord, PartRecord, Payload, Piece, Record, UploadRecord},
    store::Store,
};

const HOUR: i64 = 3_600_000;
const START: i64 = 1_700_000_000_000;

fn at_start() -> Timestamp {
    Timestamp::from_millis(START)
}

fn open(directory: &Path) -> Arc<Store> {
    Arc::new(Store::open(directory, at_start).unwrap())
}

fn object(store: &Store, size: usize) -> (super::payload::PayloadFile, ObjectRecord) {
    let mut payload = store.files.create(size as u64).unwrap();
    payload.write(&vec![7; size]).unwrap();
    payload.sync().unwrap();
    let record = ObjectRecord {
        payload: Payload::File(payload.number()),
        size: size as u64,
        etag: Etag { md5: [1; 16], parts: 0 },
        modified: at_start(),
        headers: Headers::default(),
    };
    (payload, record)
}

async fn put(store: &Store, key: &'static str) {
    let (payload, record) = object(store, 10);
    let put = move |tables: &mut Tables<'_>| change::put_object(tables, "bucket", key, record, &Condition::default());
    store.committer.commit(Some(payload), put).await.unwrap();
}

pub(super) async fn with_bucket(directory: &Path) -> Arc<Store> {
    let store = open(directory);
    store.require_buckets(vec!["bucket".into()], directory).await.unwrap();
    store
}

pub(super) fn files(directory: &Path) -> Vec<String> {
    let mut found = Vec::new();
    let mut folders = vec![directory.join("data")];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                found.push(path.file_name().unwrap().to_str().unwrap().to_owned());
            }
        }
    }
    found.sort();
    found
}

#[test]
fn every_record_reads_as_it_was_written() {
    fn check<R: Record + PartialEq + std::fmt::Debug>(record: &R) {
        let bytes = record.to_bytes();
        assert_eq!(R::from_bytes(&bytes).unwrap(), *record);
        for end in 0..bytes.len() {
            // A list of pieces is shorter by a whole piece without being wrong.
            let cut = R::from_bytes(&bytes[..end]);
            assert!(cut.is_err() || (end - 1) % 16 == 0, "cut at {end}");
        }
        let mut newer = bytes;
        newer[0] = 2;
        assert!(R::from_bytes(&newer).is_err());
    }

    let headers = Headers {
        content_type: Some("audio/mpeg".into()),
        content_disposition: Some(String::new()),
        metadata: vec![("a".into(), "ü".into()), ("b".into(), String::new())],
        ..Headers::default()
    };
    let etag = Etag { md5: [9; 16], parts: 3 };
    check(&ObjectRecord {
        payload: Payload::Pieces(u64::MAX),
        size: 5,
        etag,
        modified: at_start(),
        headers: headers.clone(),
    });
    check(&vec![Piece { file: 1, size: 2 }, Piece { file: 3, size: 4 }]);
    check(&UploadRecord {
        started: at_start(),
        headers,
    });
    check(&PartRecord {
        file: 1,
        size: 2,
        md5: [3; 16],
        modified: at_start(),
    });
    check(&CompletedRecord {
        bucket: "bucket".into(),
        key: "ü".into(),
        etag,
        asked: [4; 16],
        at: at_start(),
    });
    assert_eq!(etag.to_string(), "09090909090909090909090909090909-3");
}

#[tokio::test]
async fn replaced_and_refused_payloads_leave_no_file() {
    let directory = tempfile::tempdir().unwrap();
    let store = with_bucket(directory.path()).await;
    put(&store, "a").await;
    put(&store, "a").await;
    put(&store, "b").await;
    let (payload, record) = object(&store, 10);
    let nowhere = move |tables: &mut Tables<'_>| change::put_object(tables, "no", "a", record, &Condition::default());
    let refused = store.committer.commit(Some(payload), nowhere).await;
    assert!(matches!(refused, Err(StoreError::NoSuchBucket)));
    drop(object(&store, 10));
    store.close();
    assert_eq!(files(directory.path()), ["00000001", "00000002"]);
}

#[tokio::test]
async fn what_nobody_names_is_swept_after_a_crash_and_what_is_named_stays() {
    let directory = tempfile::tempdir().unwrap();
    let store = with_bucket(directory.path()).await;
    put(&store, "a").await;
    // As if the machine had stopped between writing the bytes and committing them.
    let (payload, _) = object(&store, 10);
    payload.leave();
    store.close();
    assert_eq!(files(directory.path()).len(), 2);
    fs::write(directory.path().join("data/note.txt"), "not ours").unwrap();

    let store = open(directory.path());
    let found = super::sweep::sweep(&store.index, &store.files, &false.into()).unwrap();
    assert!(found.is_some());
    assert_eq!(files(directory.path()), ["00000000", "note.txt"]);
    store.close();
}

#[tokio::test]
async fn unfinished_uploads_end_after_a_week_and_answers_are_forgotten_after_a_day() {
    static NOW: AtomicI64 = AtomicI64::new(START);
    fn clock() -> Timestamp {
        Timestamp::from_millis(NOW.load(Ordering::Relaxed))
    }
    let directory = tempfile::tempdir().unwrap();
    let store = Store::open(directory.path(), clock).unwrap();
    store
        .require_buckets(vec!["bucket".into()], directory.path())
        .await
        .unwrap();
    let complete = |upload| {
        let completion = Completion {
            bucket: "bucket".into(),
            key: "key".into(),
            upload,
            parts: vec![(1, "01".repeat(16))],
            size: None,
            condition: Condition::default(),
            pieces: store.files.draw(),
        };
        store.committer.commit(None, move |tables: &mut Tables<'_>| {
            completion::complete_upload(tables, &completion)
        })
    };
    for upload in [1, 2] {
        let record = UploadRecord {
            started: at_start(),
            headers: Headers::default(),
        };
        let begin = move |tables: &mut Tables<'_>| change::begin_upload(tables, "bucket", "key", upload, record);
        store.committer.commit(None, begin).await.unwrap();
        let (payload, record) = object(&store, 10);
        let part = PartRecord {
            file: payload.number(),
            size: 10,
            md5: [1; 16],
            modified: at_start(),
        };
        let add = move |tables: &mut Tables<'_>| change::put_part(tables, "bucket", "key", (upload, 1), part);
        store.committer.commit(Some(payload), add).await.unwrap();
        assert_eq!(record.size, 10);
    }
    let expire = || {
        store
            .committer
            .commit(None, |tables: &mut Tables<'_>| change::expire(tables))
    };
    let etag = complete(1).await.unwrap();
    NOW.store(START + 24 * HOUR, Ordering::Relaxed);
    expire().await.unwrap();
    assert_eq!(complete(1).await.unwrap(), etag, "for a day the answer is known");
    NOW.store(START + 24 * HOUR + 1, Ordering::Relaxed);
    expire().await.unwrap();
    assert!(matches!(complete(1).await, Err(StoreError::NoSuchUpload)));

    NOW.store(START + 7 * 24 * HOUR, Ordering::Relaxed);
    expire().await.unwrap();
    assert_eq!(files(directory.path()).len(), 2);
    NOW.store(START + 7 * 24 * HOUR + 1, Ordering::Relaxed);
    expire().await.unwrap();
    assert!(matches!(complete(2).await, Err(StoreError::NoSuchUpload)));
    store.close();
    assert_eq!(
        files(directory.path()),
        ["00000000"],
        "the part of the object stays, the expired one goes"
    );
}

#[tokio::test]
async fn an_index_of_another_format_is_refused_and_left_alone() {
    let directory = tempfile::tempdir().unwrap();
    with_bucket(directory.path()).await.close();
    let path = directory.path().join("index.redb");
    let database = redb::Database::open(&path).unwrap();
    let transaction = database.begin_write().unwrap();
    transaction.open_table(META).unwrap().insert("format", 2).unwrap();
    transaction.commit().unwrap();
    drop(database);
    let refused = Store::open(directory.path(), at_start).err().expect("must be refused");
    assert!(
        matches!(refused, EmbeddedError::UnknownFormat { found: 2, known: 1, .. }),
        "{refused:?}"
    );
    let meta = redb::Database::open(&path)
        .unwrap()
        .begin_read()
        .unwrap()
        .open_table(META)
        .unwrap();
    let value = |name| meta.get(name).unwrap().unwrap().value();
    assert_eq!((value("format"), value("session"), value("clean")), (2, 1, 1));
}
