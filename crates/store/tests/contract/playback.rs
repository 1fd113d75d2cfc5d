use domain::Timestamp;
use store::StoreError;

use crate::support::{Db, T0, at, renditions};

async fn noted(db: &Db, user: domain::UserId, upload: domain::UploadId) -> Option<Timestamp> {
    let upload = db.store.upload(user, upload).await.unwrap();
    upload.published.and_then(|published| published.playback_until)
}

pub(crate) async fn only_what_is_published_plays(db: &Db) {
    let user = db.user("ann@example.org").await;
    let uploads = [
        db.reserved(user).await,
        db.queued(user).await,
        db.processing(user).await.0,
        db.failed(user, T0).await,
    ];
    for upload in uploads {
        let error = db.store.playback(user, upload, at(60)).await.unwrap_err();
        assert!(matches!(error, StoreError::WrongState(_)), "{error:?}");
    }
    let (ready, in_flight) = db.ready(user).await;
    let playback = db.store.playback(user, ready, at(60)).await.unwrap();
    assert_eq!((playback.tree, playback.renditions), (in_flight.tree, renditions()));
    assert!((playback.duration_seconds - 180.5).abs() < f64::EPSILON);
}

pub(crate) async fn playback_is_noted_with_some_slack(db: &Db) {
    let user = db.user("ann@example.org").await;
    let (ready, _) = db.ready(user).await;
    let before = db.store.upload(user, ready).await.unwrap();
    db.store.playback(user, ready, at(1_000)).await.unwrap();
    assert_eq!(noted(db, user, ready).await, Some(at(1_600)));
    for until in [900, 1_000, 1_600] {
        db.store.playback(user, ready, at(until)).await.unwrap();
        assert_eq!(noted(db, user, ready).await, Some(at(1_600)), "{until}");
    }
    db.store.playback(user, ready, at(1_601)).await.unwrap();
    assert_eq!(noted(db, user, ready).await, Some(at(2_201)));
    // Nothing that its owner would see.
    assert_eq!(
        db.store.upload(user, ready).await.unwrap().updated_at,
        before.updated_at
    );
}

pub(crate) async fn a_rerun_does_not_stop_playback(db: &Db) {
    let user = db.user("ann@example.org").await;
    let (upload, first) = db.ready(user).await;
    db.store.retry(at(1), user, upload, db.new_job()).await.unwrap();
    assert_eq!(db.store.playback(user, upload, at(60)).await.unwrap().tree, first.tree);
    let second = db.take_up(upload).await;
    assert_eq!(db.store.playback(user, upload, at(60)).await.unwrap().tree, first.tree);
    db.publish(upload, &second, 181.0).await;
    assert_eq!(db.store.playback(user, upload, at(60)).await.unwrap().tree, second.tree);
    assert_eq!(noted(db, user, upload).await, Some(at(660)));
}
