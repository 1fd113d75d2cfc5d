use domain::{Failure, UploadId, UploadState, UserId};
use store::{Multipart, NewUpload, Settle, Settled, StoreError, SweepCursor, Upload};

use crate::support::{Db, T0, at, source};

fn multipart() -> Multipart {
    Multipart {
        id: "mp-1".into(),
        part_size: 8 << 20,
    }
}

async fn read(db: &Db, user: UserId, upload: UploadId) -> Upload {
    db.store.upload(user, upload).await.unwrap()
}

pub(crate) async fn what_is_reserved_can_be_read(db: &Db) {
    let user = db.user("ann@example.org").await;
    let reserved = NewUpload {
        size: u64::try_from(i64::MAX).unwrap(),
        ..db.new_upload(user, "Für Élise.mp3")
    };
    let upload = db.store.reserve(at(5), reserved.clone(), 100).await.unwrap();
    assert_eq!(read(db, user, upload.id).await, upload);
    assert_eq!(
        (upload.id, upload.user, upload.state),
        (reserved.id, user, UploadState::Uploading)
    );
    assert_eq!((&*upload.filename, upload.size), ("Für Élise.mp3", reserved.size));
    assert_eq!((upload.created_at, upload.updated_at), (at(5), at(5)));
    assert_eq!(upload.source_urls_until, at(60));
    assert_eq!(
        (upload.multipart, upload.etag, upload.published, upload.failure),
        (None, None, None, None)
    );

    let again = db.store.reserve(at(5), reserved, 100).await.unwrap_err();
    assert!(matches!(again, StoreError::Taken), "{again:?}");
    for (filename, size) in [("", 1), (&*"x".repeat(256), 1), ("a.mp3", 0)] {
        let bad = NewUpload {
            size,
            ..db.new_upload(user, filename)
        };
        let error = db.store.reserve(T0, bad, 100).await.unwrap_err();
        assert!(matches!(error, StoreError::Refused(_)), "{filename} {size}: {error:?}");
    }
    let odd = db
        .store
        .reserve(T0, db.new_upload(user, "a\0b.mp3"), 100)
        .await
        .unwrap();
    assert_eq!(odd.filename, "a\u{fffd}b.mp3");
    assert_eq!(db.rows("uploads").await, 2);
}

pub(crate) async fn nobody_else_reaches_an_upload(db: &Db) {
    let owner = db.user("ann@example.org").await;
    let thief = db.user("bob@example.org").await;
    let upload = db.reserved(owner).await;
    let (ready, _) = db.ready(owner).await;
    let store = &db.store;
    for (user, upload) in [(thief, upload), (thief, ready), (owner, db.upload_id())] {
        let results = [
            store.upload(user, upload).await.err(),
            store.entry(user, upload).await.err(),
            store.extend_urls(T0, user, upload, at(900)).await.err(),
            store.set_multipart(T0, user, upload, multipart()).await.err(),
            store.rename(T0, user, upload, store::Names::default()).await.err(),
            store.delete(T0, user, upload).await.err(),
            store.restore(T0, user, upload).await.err(),
            store.retry(T0, user, upload, db.new_job()).await.err(),
            store.cancel(T0, user, upload).await.err(),
            store.playback(user, upload, at(900)).await.err(),
        ];
        for (verb, error) in results.into_iter().enumerate() {
            assert!(matches!(error, Some(StoreError::NotFound)), "{verb}: {error:?}");
        }
    }
    let query = store::LibraryQuery {
        limit: 10,
        ..Default::default()
    };
    assert!(store.list(thief, query).await.unwrap().entries.is_empty());
    assert!(store.unfinished(thief, None, 10).await.unwrap().is_empty());
    assert!(store.changed_of_user(thief, T0, None, 10).await.unwrap().is_empty());
    assert!(store.owned(thief, &[upload, ready]).await.unwrap().is_empty());
    assert_eq!(read(db, owner, upload).await.source_urls_until, at(60));
}

pub(crate) async fn no_more_than_so_many_are_under_way(db: &Db) {
    let user = db.user("ann@example.org").await;
    let other = db.user("bob@example.org").await;
    db.queued(user).await;
    let first = db.reserved(user).await;
    db.reserved(user).await;
    let error = db.store.reserve(T0, db.new_upload(user, "c.mp3"), 2).await.unwrap_err();
    assert!(matches!(error, StoreError::TooMany(2)), "{error:?}");
    db.store.reserve(T0, db.new_upload(other, "c.mp3"), 2).await.unwrap();
    db.settle(first).await;
    db.store.reserve(T0, db.new_upload(user, "c.mp3"), 2).await.unwrap();
}

pub(crate) async fn urls_and_parts_are_noted_while_uploading_only(db: &Db) {
    let user = db.user("ann@example.org").await;
    let upload = db.reserved(user).await;
    db.store.extend_urls(at(1), user, upload, at(900)).await.unwrap();
    // An earlier one does not take the later one back.
    db.store.extend_urls(at(2), user, upload, at(100)).await.unwrap();
    db.store.set_multipart(at(3), user, upload, multipart()).await.unwrap();
    let error = db
        .store
        .set_multipart(at(4), user, upload, multipart())
        .await
        .unwrap_err();
    assert!(matches!(error, StoreError::Taken), "{error:?}");
    let row = read(db, user, upload).await;
    assert_eq!(
        (row.source_urls_until, row.multipart, row.updated_at),
        (at(900), Some(multipart()), at(3))
    );

    for over in [db.queued(user).await, db.ready(user).await.0, db.failed(user, T0).await] {
        let error = db.store.extend_urls(T0, user, over, at(900)).await.unwrap_err();
        assert!(matches!(error, StoreError::WrongState(_)), "{error:?}");
        let error = db.store.set_multipart(T0, user, over, multipart()).await.unwrap_err();
        assert!(matches!(error, StoreError::WrongState(_)), "{error:?}");
    }
}

pub(crate) async fn settling_queues_one_job(db: &Db) {
    let user = db.user("ann@example.org").await;
    let upload = db.reserved(user).await;
    let settled = db.store.settle(at(7), upload, source(), db.new_job()).await.unwrap();
    assert_eq!(settled, Settle::Queued);
    let row = read(db, user, upload).await;
    assert_eq!((row.state, row.etag.as_deref()), (UploadState::Queued, Some("\"abc\"")));
    assert_eq!(row.updated_at, at(7));
    let again = db.store.settle(at(8), upload, source(), db.new_job()).await.unwrap();
    assert_eq!(again, Settle::Already);
    // A late event about something that was put there since changes nothing either.
    let other = Settled {
        etag: "\"other\"".into(),
        size: 5,
    };
    assert_eq!(
        db.store.settle(at(9), upload, other, db.new_job()).await.unwrap(),
        Settle::Already
    );
    assert_eq!(read(db, user, upload).await, row);
    assert_eq!(db.rows("jobs").await, 1);
    for over in [db.processing(user).await.0, db.ready(user).await.0] {
        let again = db.store.settle(at(8), over, source(), db.new_job()).await.unwrap();
        assert_eq!(again, Settle::Already);
    }
    assert_eq!(db.rows("jobs").await, 3);
}

pub(crate) async fn another_size_fails_the_upload(db: &Db) {
    let user = db.user("ann@example.org").await;
    let upload = db.reserved(user).await;
    let longer = Settled {
        size: 1_001,
        ..source()
    };
    let settled = db.store.settle(at(7), upload, longer, db.new_job()).await.unwrap();
    assert_eq!(settled, Settle::SizeMismatch);
    let row = read(db, user, upload).await;
    assert_eq!(
        (row.state, row.failure),
        (UploadState::Failed, Some(Failure::size_mismatch()))
    );
    assert_eq!((row.failed_at, row.etag), (Some(at(7)), None));
    assert_eq!(db.rows("jobs").await, 0);
}

pub(crate) async fn settling_is_refused_once_it_is_over(db: &Db) {
    let user = db.user("ann@example.org").await;
    let failed = db.failed(user, T0).await;
    let deleting = db.reserved(user).await;
    let settled_then_deleting = db.queued(user).await;
    for upload in [deleting, settled_then_deleting] {
        db.store.delete(T0, user, upload).await.unwrap();
    }
    db.store.start_due_deletions(at(10), 10).await.unwrap();
    for over in [failed, deleting, settled_then_deleting] {
        let error = db.store.settle(at(11), over, source(), db.new_job()).await.unwrap_err();
        assert!(matches!(error, StoreError::WrongState(_)), "{error:?}");
    }
    let error = db
        .store
        .settle(T0, db.upload_id(), source(), db.new_job())
        .await
        .unwrap_err();
    assert!(matches!(error, StoreError::NotFound), "{error:?}");
    assert_eq!(db.rows("jobs").await, 1);
}

pub(crate) async fn a_transfer_fails_once(db: &Db) {
    let user = db.user("ann@example.org").await;
    let failed = db.failed(user, at(3)).await;
    let row = read(db, user, failed).await;
    assert_eq!(row.failure, Some(Failure::permanent("not_audio", "this is no audio")));
    let failure = Failure::abandoned();
    for over in [
        failed,
        db.queued(user).await,
        db.processing(user).await.0,
        db.ready(user).await.0,
    ] {
        let error = db.store.fail_transfer(at(4), over, &failure).await.unwrap_err();
        assert!(matches!(error, StoreError::WrongState(_)), "{error:?}");
    }
    assert_eq!(read(db, user, failed).await, row);
    let error = db
        .store
        .fail_transfer(at(4), db.upload_id(), &failure)
        .await
        .unwrap_err();
    assert!(matches!(error, StoreError::NotFound), "{error:?}");
}

pub(crate) async fn the_sweeper_finds_what_was_left(db: &Db) {
    let user = db.user("ann@example.org").await;
    let (first, second, later) = (
        db.reserved(user).await,
        db.reserved(user).await,
        db.reserved(user).await,
    );
    let hidden = db.reserved(user).await;
    db.store.delete(T0, user, hidden).await.unwrap();
    db.store.extend_urls(T0, user, later, at(61)).await.unwrap();
    db.queued(user).await;
    let ids = |uploads: &[Upload]| uploads.iter().map(|upload| upload.id).collect::<Vec<_>>();
    assert_eq!(ids(&db.store.to_settle(at(60), None, 10).await.unwrap()), []);
    assert_eq!(
        ids(&db.store.to_settle(at(61), None, 10).await.unwrap()),
        [first, second]
    );

    let mut seen = Vec::new();
    let mut cursor = None;
    while let [upload] = &*db.store.to_settle(at(1_000), cursor, 1).await.unwrap() {
        seen.push(upload.id);
        cursor = Some(SweepCursor {
            urls_until: upload.source_urls_until,
            id: upload.id,
        });
    }
    assert_eq!(seen, [first, second, later]);
}

pub(crate) async fn the_abandoned_fail(db: &Db) {
    let user = db.user("ann@example.org").await;
    let (first, second) = (db.reserved(user).await, db.reserved(user).await);
    db.store.set_multipart(T0, user, second, multipart()).await.unwrap();
    let queued = db.queued(user).await;
    assert_eq!(db.store.abandon(at(500), at(60), 10).await.unwrap(), []);
    let abandoned = db.store.abandon(at(500), at(61), 1).await.unwrap();
    assert_eq!(abandoned.len(), 1);
    assert_eq!(abandoned[0].id, first);
    let abandoned = db.store.abandon(at(501), at(61), 10).await.unwrap();
    assert_eq!(abandoned.len(), 1);
    assert_eq!(abandoned[0].multipart, Some(multipart()));
    let row = read(db, user, second).await;
    assert_eq!(
        (row.state, row.failure, row.failed_at),
        (UploadState::Failed, Some(Failure::abandoned()), Some(at(501)))
    );
    assert_eq!(read(db, user, queued).await.state, UploadState::Queued);
}

pub(crate) async fn later_jobs_of_one_user_rank_lower(db: &Db) {
    let user = db.user("ann@example.org").await;
    let other = db.user("bob@example.org").await;
    for expected in 0..4 {
        let upload = db.reserved(user).await;
        let job = db.settle(upload).await;
        assert_eq!(db.fair_rank(job).await, expected);
    }
    let upload = db.reserved(other).await;
    let job = db.settle(upload).await;
    assert_eq!(db.fair_rank(job).await, 0);
    // What is over does not count.
    db.store.cancel(T0, other, upload).await.unwrap();
    let retry = db.new_job();
    let id = retry.id;
    db.store.retry(T0, other, upload, retry).await.unwrap();
    assert_eq!(db.fair_rank(id).await, 0);
}
