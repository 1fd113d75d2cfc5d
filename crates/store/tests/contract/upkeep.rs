use domain::{UploadId, UploadState};
use store::{FailedCursor, Multipart, StaleTree, StoreError};
use uuid::Uuid;

use crate::support::{Db, T0, at};

pub(crate) async fn due_deletions_call_off_the_work(db: &Db) {
    let user = db.user("ann@example.org").await;
    let uploading = db.reserved(user).await;
    let multipart = Multipart {
        id: "mp-1".into(),
        part_size: 5 << 20,
    };
    db.store.set_multipart(T0, user, uploading, multipart).await.unwrap();
    let queued = db.queued(user).await;
    let (processing, in_flight) = db.processing(user).await;
    db.grant(&in_flight, at(900)).await;
    let (ready, _) = db.ready(user).await;
    let failed = db.failed(user, T0).await;
    let kept = db.queued(user).await;
    let doomed = [uploading, queued, processing, ready, failed];
    for (later, upload) in doomed.into_iter().enumerate() {
        db.store.delete(at(later as u64), user, upload).await.unwrap();
    }
    assert_eq!(db.store.start_due_deletions(at(9), 10).await.unwrap(), []);
    assert_eq!(db.store.start_due_deletions(at(100), 2).await.unwrap(), doomed[..2]);
    assert_eq!(db.store.start_due_deletions(at(100), 10).await.unwrap(), doomed[2..]);
    assert_eq!(db.store.start_due_deletions(at(100), 10).await.unwrap(), []);
    assert_eq!(db.outcome(&in_flight).await, "cancelled");
    for upload in doomed {
        assert_eq!(db.jobs(upload, "'queued', 'launching', 'running'").await, 0);
    }
    assert_eq!(db.jobs(kept, "'queued'").await, 1);

    let listed = db.store.deleting(None, 10).await.unwrap();
    assert_eq!(listed.iter().map(|doomed| doomed.id).collect::<Vec<_>>(), doomed);
    assert_eq!(listed[0].multipart_id.as_deref(), Some("mp-1"));
    assert_eq!((listed[0].user, listed[0].source_type.extension()), (user, "mp3"));
    assert_eq!((listed[1].urls_until, listed[2].urls_until), (at(60), at(900)));
    let rest = db.store.deleting(Some(processing), 1).await.unwrap();
    assert_eq!(rest.iter().map(|doomed| doomed.id).collect::<Vec<_>>(), [ready]);
    // Its owner's windows hear of it, and nothing can be played.
    let changed = db.store.changed_of_user(user, at(100), None, 10).await.unwrap();
    let gone = |entry: &store::Entry| entry.upload.state == UploadState::Deleting && entry.upload.published.is_none();
    assert_eq!(changed.iter().filter(|entry| gone(entry)).count(), doomed.len());
}

pub(crate) async fn only_old_failures_without_a_tree_are_purged(db: &Db) {
    let user = db.user("ann@example.org").await;
    let (old, older) = (db.failed(user, at(20)).await, db.failed(user, at(10)).await);
    let fresh = db.failed(user, at(100)).await;
    let hidden = db.failed(user, at(10)).await;
    db.store.delete(at(11), user, hidden).await.unwrap();
    let called_off = db.queued(user).await;
    db.store.cancel(at(30), user, called_off).await.unwrap();
    db.ready(user).await;

    let mut candidates = Vec::new();
    let mut cursor = None;
    while let [upload] = &*db.store.failed_before(at(100), cursor, 1).await.unwrap() {
        candidates.push(upload.id);
        cursor = Some(FailedCursor {
            failed_at: upload.failed_at.unwrap(),
            id: upload.id,
        });
    }
    assert_eq!(candidates, [older, old, called_off]);

    db.store.purge_failed(at(200), old, at(100)).await.unwrap();
    db.store.retry(at(200), user, called_off, db.new_job()).await.unwrap();
    for (refused, why) in [
        (old, "deleting"),
        (called_off, "retried"),
        (fresh, "fresh"),
        (db.ready(user).await.0, "ready"),
    ] {
        let error = db.store.purge_failed(at(201), refused, at(100)).await.unwrap_err();
        assert!(matches!(error, StoreError::WrongState(_)), "{why}: {error:?}");
    }
    let error = db
        .store
        .purge_failed(at(201), db.upload_id(), at(100))
        .await
        .unwrap_err();
    assert!(matches!(error, StoreError::NotFound), "{error:?}");
    let deleting = db.store.deleting(None, 10).await.unwrap();
    assert_eq!(deleting.iter().map(|doomed| doomed.id).collect::<Vec<_>>(), [old]);
    assert!(matches!(db.store.upload(user, old).await, Err(StoreError::NotFound)));
}

pub(crate) async fn a_row_goes_last(db: &Db) {
    let user = db.user("ann@example.org").await;
    let (upload, in_flight) = db.processing(user).await;
    db.grant(&in_flight, at(900)).await;
    let refused = async |now, id: UploadId| db.store.remove_upload(at(now), id).await.unwrap_err();
    assert!(matches!(refused(5_000, upload).await, StoreError::WrongState(_)));
    db.store.delete(T0, user, upload).await.unwrap();
    assert!(matches!(refused(5_000, upload).await, StoreError::WrongState(_)));
    db.store.start_due_deletions(at(10), 10).await.unwrap();
    // First both URLs work, then only the one for the tree.
    assert!(matches!(refused(59, upload).await, StoreError::WrongState(_)));
    assert!(matches!(refused(899, upload).await, StoreError::WrongState(_)));
    db.store.remove_upload(at(900), upload).await.unwrap();
    assert!(matches!(refused(901, upload).await, StoreError::NotFound));
    for table in ["uploads", "jobs", "attempts"] {
        assert_eq!(db.rows(table).await, 0, "{table}");
    }
}

pub(crate) async fn trees_that_nobody_plays_are_purged(db: &Db) {
    let user = db.user("ann@example.org").await;
    let (superseded, first) = db.ready(user).await;
    db.store.retry(T0, user, superseded, db.new_job()).await.unwrap();
    let second = db.take_up(superseded).await;
    db.publish(superseded, &second, 9.0).await;
    db.grant(&first, at(500)).await;
    let (called_off, third) = db.processing(user).await;
    db.store.cancel(at(1), user, called_off).await.unwrap();
    let (_, in_flight) = db.processing(user).await;
    let (deleted, fourth) = db.processing(user).await;
    db.store.delete(T0, user, deleted).await.unwrap();
    db.store.start_due_deletions(at(10), 10).await.unwrap();

    let trees = |stale: &[StaleTree]| stale.iter().map(|stale| stale.tree.to_string()).collect::<Vec<_>>();
    let stale = db.store.trees_to_purge(at(499), None, 10).await.unwrap();
    assert_eq!(trees(&stale), [third.tree.as_str()]);
    assert_eq!(
        (stale[0].upload, stale[0].user, stale[0].job),
        (called_off, user, third.job)
    );
    let stale = db.store.trees_to_purge(at(500), None, 1).await.unwrap();
    assert_eq!(trees(&stale), [first.tree.as_str()]);
    let rest = db
        .store
        .trees_to_purge(at(500), Some(stale[0].cursor()), 10)
        .await
        .unwrap();
    assert_eq!(trees(&rest), [third.tree.as_str()]);

    for (kept, why) in [(&second, "published"), (&in_flight, "in flight")] {
        let error = db.store.tree_purged(at(600), kept.job, 1).await.unwrap_err();
        assert!(matches!(error, StoreError::NotFound), "{why}: {error:?}");
    }
    let error = db.store.tree_purged(at(499), first.job, 1).await.unwrap_err();
    assert!(matches!(error, StoreError::NotFound), "{error:?}");
    db.store.tree_purged(at(600), first.job, 1).await.unwrap();
    db.store.tree_purged(at(600), third.job, 1).await.unwrap();
    assert_eq!(
        trees(&db.store.trees_to_purge(at(600), None, 10).await.unwrap()),
        [""; 0]
    );
    assert_eq!(db.outcome(&fourth).await, "cancelled");
}

pub(crate) async fn owners_are_told_apart(db: &Db) {
    let user = db.user("ann@example.org").await;
    let other = db.user("bob@example.org").await;
    let mine = db.reserved(user).await;
    let deleting = db.queued(user).await;
    db.store.delete(T0, user, deleting).await.unwrap();
    db.store.start_due_deletions(at(10), 10).await.unwrap();
    let theirs = db.reserved(other).await;
    let mut asked = vec![mine, deleting, theirs];
    // More than one statement takes.
    asked.extend((0..2_500).map(|_| db.upload_id()));
    let mut owned = db.store.owned(user, &asked).await.unwrap();
    owned.sort_unstable();
    assert_eq!(owned, [mine, deleting]);
    assert_eq!(db.store.owned(other, &asked).await.unwrap(), [theirs]);
    assert_eq!(db.store.owned(user, &[]).await.unwrap(), []);
}

pub(crate) async fn one_holder_at_a_time_has_the_lease(db: &Db) {
    let lease = async |now, name, holder| db.store.lease(at(now), name, holder, at(now + 30)).await.unwrap();
    assert!(lease(0, "cleaner", "a").await);
    assert!(!lease(10, "cleaner", "b").await);
    assert!(lease(20, "cleaner", "a").await);
    assert!(!lease(49, "cleaner", "b").await);
    assert!(lease(50, "cleaner", "b").await);
    assert!(!lease(51, "cleaner", "a").await);
    assert!(lease(51, "sweeper", "a").await);
    db.store.release_lease("cleaner", "a").await.unwrap();
    assert!(!lease(52, "cleaner", "a").await);
    db.store.release_lease("cleaner", "b").await.unwrap();
    assert!(lease(53, "cleaner", "a").await);
}

pub(crate) async fn a_deployment_keeps_its_first_id(db: &Db) {
    let (first, second) = (Uuid::from_u128(1), Uuid::from_u128(2));
    assert_eq!(db.store.deployment(T0, first).await.unwrap(), first);
    assert_eq!(db.store.deployment(T0, second).await.unwrap(), first);
}

pub(crate) async fn it_answers_until_it_is_closed(db: &Db) {
    db.store.ping().await.unwrap();
    let now = db.store.database_now().await.unwrap();
    assert_eq!(now.is_some(), db.url.starts_with("postgres"));
    if let Some(now) = now {
        assert!(now > T0, "{now:?}");
        assert!(db.store.database_now().await.unwrap().unwrap() >= now);
    }
    db.store.close().await;
    let error = db.store.ping().await.unwrap_err();
    assert!(error.is_transient(), "{error:?}");
}
