use domain::{Failure, UploadState};
use store::{LibraryQuery, Names, StoreError};

use crate::support::{Db, T0, at, source};

pub(crate) async fn names_are_changed_and_found(db: &Db) {
    let user = db.user("ann@example.org").await;
    let upload = db.reserved_as(user, "take-7.mp3").await;
    let names = Names {
        title: Some(" Für Élise "),
        artist: Some("Beethoven"),
        album: None,
    };
    let renamed = db.store.rename(at(5), user, upload, names).await.unwrap();
    assert_eq!(renamed, db.store.upload(user, upload).await.unwrap());
    assert_eq!(renamed.title.as_deref(), Some("Für Élise"));
    assert_eq!(renamed.updated_at, at(5));

    let finds = async |text: &str| {
        let query = LibraryQuery {
            search: Some(text),
            limit: 10,
            ..Default::default()
        };
        !db.store.list(user, query).await.unwrap().entries.is_empty()
    };
    for text in ["elise", "FÜR", "beethov", "take-7", " "] {
        assert!(finds(text).await, "{text}");
    }
    assert!(!finds("mozart").await);

    let names = Names {
        artist: Some(" "),
        ..Names::default()
    };
    let renamed = db.store.rename(at(6), user, upload, names).await.unwrap();
    assert_eq!((renamed.title.as_deref(), renamed.artist), (Some("Für Élise"), None));
    assert!(!finds("beethov").await);
    assert!(finds("elise").await);

    db.store.delete(at(7), user, upload).await.unwrap();
    let error = db.store.rename(at(8), user, upload, names).await.unwrap_err();
    assert!(matches!(error, StoreError::NotFound), "{error:?}");
}

pub(crate) async fn a_delete_hides_and_can_be_taken_back(db: &Db) {
    let user = db.user("ann@example.org").await;
    let upload = db.queued(user).await;
    let before = db.store.upload(user, upload).await.unwrap();
    assert_eq!(db.store.delete(at(1), user, upload).await.unwrap(), at(11));
    assert_eq!(db.store.delete(at(5), user, upload).await.unwrap(), at(11));
    let store = &db.store;
    let results = [
        store.upload(user, upload).await.err(),
        store.entry(user, upload).await.err(),
        store.cancel(at(5), user, upload).await.err(),
        store.retry(at(5), user, upload, db.new_job()).await.err(),
        store.playback(user, upload, at(5)).await.err(),
        store.extend_urls(at(5), user, upload, at(6)).await.err(),
    ];
    for (verb, error) in results.into_iter().enumerate() {
        assert!(matches!(error, Some(StoreError::NotFound)), "{verb}: {error:?}");
    }
    let query = LibraryQuery {
        limit: 10,
        ..Default::default()
    };
    assert!(store.list(user, query.clone()).await.unwrap().entries.is_empty());
    assert!(store.unfinished(user, None, 10).await.unwrap().is_empty());
    // Its owner's other windows hear of it.
    let changed = store.changed_of_user(user, at(1), None, 10).await.unwrap();
    assert_eq!(changed.len(), 1);
    assert_eq!(changed[0].upload.delete_at, Some(at(11)));

    assert!(store.start_due_deletions(at(10), 10).await.unwrap().is_empty());
    let restored = store.restore(at(10), user, upload).await.unwrap();
    assert_eq!(
        (restored.state, restored.delete_at, restored.updated_at),
        (before.state, None, at(10))
    );
    assert_eq!(store.restore(at(10), user, upload).await.unwrap(), restored);
    assert_eq!(store.upload(user, upload).await.unwrap(), restored);
    assert_eq!(store.list(user, query).await.unwrap().entries.len(), 1);
    assert_eq!(db.jobs(upload, "'queued'").await, 1);
    assert!(store.start_due_deletions(at(100), 10).await.unwrap().is_empty());
}

pub(crate) async fn a_delete_is_final_after_its_grace(db: &Db) {
    let user = db.user("ann@example.org").await;
    let upload = db.queued(user).await;
    db.store.delete(T0, user, upload).await.unwrap();
    let error = db.store.restore(at(10), user, upload).await.unwrap_err();
    assert!(matches!(error, StoreError::WrongState(_)), "{error:?}");
    db.store.start_due_deletions(at(10), 10).await.unwrap();
    let error = db.store.restore(at(5), user, upload).await.unwrap_err();
    assert!(
        matches!(error, StoreError::WrongState(_) | StoreError::NotFound),
        "{error:?}"
    );
    let error = db.store.delete(at(11), user, upload).await.unwrap_err();
    assert!(matches!(error, StoreError::NotFound), "{error:?}");
    assert_eq!(db.jobs(upload, "'cancelled'").await, 1);
}

pub(crate) async fn retry_needs_an_end_and_a_source(db: &Db) {
    let user = db.user("ann@example.org").await;
    let (ready, _) = db.ready(user).await;
    let called_off = db.queued(user).await;
    db.store.cancel(T0, user, called_off).await.unwrap();
    for upload in [ready, called_off] {
        db.store.retry(at(9), user, upload, db.new_job()).await.unwrap();
        let row = db.store.upload(user, upload).await.unwrap();
        assert_eq!(
            (row.state, row.failure, row.failed_at),
            (UploadState::Queued, None, None)
        );
        assert_eq!(db.jobs(upload, "'queued'").await, 1);
    }
    assert!(db.store.upload(user, ready).await.unwrap().published.is_some());

    let never_came = db.failed(user, T0).await;
    let error = db.store.retry(at(9), user, never_came, db.new_job()).await.unwrap_err();
    assert!(matches!(error, StoreError::SourceGone), "{error:?}");
    for upload in [db.reserved(user).await, ready, db.processing(user).await.0] {
        let error = db.store.retry(at(9), user, upload, db.new_job()).await.unwrap_err();
        assert!(matches!(error, StoreError::WrongState(_)), "{error:?}");
    }
}

pub(crate) async fn cancelling_ends_the_work(db: &Db) {
    let user = db.user("ann@example.org").await;
    let uploading = db.reserved(user).await;
    let queued = db.queued(user).await;
    let (processing, in_flight) = db.processing(user).await;
    let other = db.queued(user).await;
    for upload in [uploading, queued, processing] {
        assert_eq!(db.store.cancel(at(4), user, upload).await.unwrap(), UploadState::Failed);
        let row = db.store.upload(user, upload).await.unwrap();
        assert_eq!(
            (row.state, row.failure),
            (UploadState::Failed, Some(Failure::cancelled()))
        );
        assert_eq!(db.jobs(upload, "'queued', 'launching', 'running'").await, 0);
    }
    assert_eq!(db.outcome(&in_flight).await, "cancelled");
    assert_eq!(db.jobs(other, "'queued'").await, 1);
    // What arrives in the bucket after that is nobody's.
    let error = db
        .store
        .settle(at(5), uploading, source(), db.new_job())
        .await
        .unwrap_err();
    assert!(matches!(error, StoreError::WrongState(_)), "{error:?}");
}

pub(crate) async fn cancelling_a_rerun_leaves_what_is_published(db: &Db) {
    let user = db.user("ann@example.org").await;
    let (upload, first) = db.ready(user).await;
    let before = db.store.upload(user, upload).await.unwrap();
    for taken_up in [false, true] {
        db.store.retry(at(1), user, upload, db.new_job()).await.unwrap();
        if taken_up {
            db.take_up(upload).await;
        }
        assert_eq!(db.store.cancel(at(2), user, upload).await.unwrap(), UploadState::Ready);
    }
    let after = db.store.upload(user, upload).await.unwrap();
    assert_eq!((after.state, after.failure), (UploadState::Ready, None));
    assert_eq!(after.published, before.published);
    assert_eq!(db.outcome(&first).await, "published");
}

pub(crate) async fn what_is_not_under_way_cannot_be_cancelled(db: &Db) {
    let user = db.user("ann@example.org").await;
    for upload in [db.ready(user).await.0, db.failed(user, T0).await] {
        let before = db.store.upload(user, upload).await.unwrap();
        let error = db.store.cancel(at(1), user, upload).await.unwrap_err();
        assert!(matches!(error, StoreError::WrongState(_)), "{error:?}");
        assert_eq!(db.store.upload(user, upload).await.unwrap(), before);
    }
}
