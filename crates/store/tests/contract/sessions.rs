use domain::{SecretHash, SessionId, Timestamp};
use store::{NewSession, Rotation, StoreError};

use crate::support::{Db, T0, at};

fn token(byte: u8) -> SecretHash {
    SecretHash::from_bytes([byte; 32])
}

async fn rotate(db: &Db, now: Timestamp, presented: u8, next: u8) -> Rotation {
    db.store
        .rotate(now, token(presented), token(next), at(7_200))
        .await
        .unwrap()
}

fn is_rotated(rotation: &Rotation, id: SessionId) -> bool {
    matches!(rotation, Rotation::Rotated(session) if session.id == id)
}

pub(crate) async fn a_token_is_rotated_once(db: &Db) {
    let user = db.user("ann@example.org").await;
    let id = db.session(user, 1).await;
    let other = db.session(user, 101).await;
    let Rotation::Rotated(session) = rotate(db, at(1), 1, 2).await else {
        panic!("not rotated");
    };
    assert_eq!((session.id, session.user.id, session.expires_at), (id, user, at(7_200)));
    assert_eq!(db.store.session(at(2), id).await.unwrap(), session);
    assert!(is_rotated(&rotate(db, at(3), 2, 3).await, id));
    assert!(is_rotated(&rotate(db, at(3), 101, 102).await, other));
    assert_eq!(rotate(db, at(4), 99, 98).await, Rotation::Unknown);
}

pub(crate) async fn the_predecessor_is_accepted_for_thirty_seconds(db: &Db) {
    let id = db.session(db.user("ann@example.org").await, 1).await;
    assert!(is_rotated(&rotate(db, at(100), 1, 2).await, id));
    for seconds in [100, 115, 130] {
        let rotation = rotate(db, at(seconds), 1, 50).await;
        assert!(
            matches!(rotation, Rotation::Predecessor(session) if session.id == id),
            "{seconds}"
        );
    }
    // None of these rotated anything.
    assert_eq!(rotate(db, at(130), 50, 51).await, Rotation::Unknown);
    assert!(is_rotated(&rotate(db, at(130), 2, 3).await, id));
    assert!(is_rotated(&rotate(db, at(131), 3, 4).await, id));
    assert_eq!(rotate(db, at(162), 3, 60).await, Rotation::Reused(id));
    assert!(matches!(db.store.session(at(162), id).await, Err(StoreError::NotFound)));
}

pub(crate) async fn an_old_token_revokes_the_session(db: &Db) {
    let user = db.user("ann@example.org").await;
    let id = db.session(user, 1).await;
    let other = db.session(user, 101).await;
    rotate(db, at(1), 1, 2).await;
    rotate(db, at(2), 2, 3).await;
    // Within the grace, but not the immediate predecessor.
    assert_eq!(rotate(db, at(3), 1, 50).await, Rotation::Reused(id));
    for presented in 1..=3 {
        assert_eq!(rotate(db, at(4), presented, 51).await, Rotation::Unknown);
    }
    assert!(matches!(db.store.session(at(4), id).await, Err(StoreError::NotFound)));
    db.store.session(at(4), other).await.unwrap();
}

pub(crate) async fn sessions_end(db: &Db) {
    let user = db.user("ann@example.org").await;
    let (out, revoked) = (db.session(user, 1).await, db.session(user, 2).await);
    assert!(db.store.session(at(3_599), out).await.is_ok());
    assert!(matches!(
        db.store.session(at(3_600), out).await,
        Err(StoreError::NotFound)
    ));
    assert_eq!(rotate(db, at(3_600), 1, 50).await, Rotation::Unknown);
    db.store.revoke_session(at(1), revoked).await.unwrap();
    db.store.revoke_session(at(2), revoked).await.unwrap();
    db.store.revoke_session(at(2), db.session_id()).await.unwrap();
    assert!(matches!(
        db.store.session(at(3), revoked).await,
        Err(StoreError::NotFound)
    ));
    assert_eq!(rotate(db, at(3), 2, 51).await, Rotation::Unknown);
}

pub(crate) async fn a_login_with_a_password_that_was_changed_meanwhile_fails(db: &Db) {
    let user = db.user("ann@example.org").await;
    db.store.set_password(T0, user, "$argon2id$second").await.unwrap();
    let login = NewSession {
        id: db.session_id(),
        user,
        password_hash: "$argon2id$first".into(),
        refresh: token(1),
        expires_at: at(60),
    };
    let error = db.store.create_session(T0, login).await.unwrap_err();
    assert!(matches!(error, StoreError::NotFound), "{error:?}");
}

pub(crate) async fn what_is_over_is_purged(db: &Db) {
    let user = db.user("ann@example.org").await;
    let (_, revoked, live) = (
        db.session(user, 1).await,
        db.session(user, 2).await,
        db.session(user, 3).await,
    );
    rotate(db, at(1), 3, 4).await;
    rotate(db, at(2), 4, 5).await;
    rotate(db, at(3), 2, 6).await;
    rotate(db, at(3), 6, 7).await;
    assert_eq!(db.rows("spent_tokens").await, 2);
    db.store.revoke_session(at(10), revoked).await.unwrap();
    assert_eq!(db.store.purge_sessions(at(9), 10).await.unwrap(), 0);
    assert_eq!(db.store.purge_sessions(at(3_600), 1).await.unwrap(), 1);
    assert_eq!(db.store.purge_sessions(at(3_600), 10).await.unwrap(), 1);
    assert_eq!(db.rows("sessions").await, 1);
    assert_eq!(db.rows("spent_tokens").await, 1);
    db.store.session(at(3_600), live).await.unwrap();
}
