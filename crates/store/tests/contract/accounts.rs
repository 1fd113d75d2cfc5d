use domain::SecretHash;
use store::{NewSession, PasswordChange, Registration, StoreError};

use crate::support::{Db, T0, at};

pub(crate) async fn an_address_is_taken_in_any_case(db: &Db) {
    let made = db
        .store
        .create_user(T0, db.new_user("Ann@Example.org"), Registration::Open)
        .await
        .unwrap();
    assert_eq!(
        (&*made.email, made.created_at, made.disabled_at),
        ("Ann@Example.org", T0, None)
    );
    for again in ["Ann@Example.org", "ann@example.ORG", " ANN@example.org "] {
        let error = db
            .store
            .create_user(T0, db.new_user(again), Registration::Open)
            .await
            .unwrap_err();
        assert!(matches!(error, StoreError::Taken), "{again}: {error:?}");
        assert_eq!(db.store.user_by_email(again).await.unwrap(), made);
    }
    assert_eq!(db.store.user(made.id).await.unwrap(), made);
    let odd = db
        .store
        .create_user(T0, db.new_user("o\0dd@example.org"), Registration::Open)
        .await
        .unwrap();
    assert_eq!(db.store.user_by_email("o\0dd@example.org").await.unwrap(), odd);
}

pub(crate) async fn only_the_first_may_register(db: &Db) {
    let register = |email, how| db.store.create_user(T0, db.new_user(email), how);
    assert!(!db.store.has_users().await.unwrap());
    register("first@example.org", Registration::OnlyFirst).await.unwrap();
    assert!(db.store.has_users().await.unwrap());
    let error = register("second@example.org", Registration::OnlyFirst)
        .await
        .unwrap_err();
    assert!(matches!(error, StoreError::Closed), "{error:?}");
    register("third@example.org", Registration::Operator).await.unwrap();
    assert_eq!(db.rows("users").await, 2);
}

pub(crate) async fn a_new_password_ends_the_other_sessions(db: &Db) {
    let user = db.user("ann@example.org").await;
    let other = db.user("bob@example.org").await;
    let (here, there) = (db.session(user, 1).await, db.session(user, 2).await);
    let of_other = db.session(other, 3).await;
    let change = PasswordChange {
        from: "$argon2id$first",
        to: "$argon2id$second",
        session: here,
    };
    db.store.change_password(at(1), user, change).await.unwrap();
    assert_eq!(db.store.user(user).await.unwrap().password_hash, "$argon2id$second");
    db.store.session(at(2), here).await.unwrap();
    db.store.session(at(2), of_other).await.unwrap();
    assert!(matches!(
        db.store.session(at(2), there).await,
        Err(StoreError::NotFound)
    ));
    db.store.set_password(at(3), user, "$argon2id$third").await.unwrap();
    assert!(matches!(db.store.session(at(4), here).await, Err(StoreError::NotFound)));
}

pub(crate) async fn of_two_changes_of_a_password_the_second_is_too_late(db: &Db) {
    let user = db.user("ann@example.org").await;
    let other = db.user("bob@example.org").await;
    let (here, there) = (db.session(user, 1).await, db.session(user, 2).await);
    // Both have seen the first password.
    let change = |to, session| PasswordChange {
        from: "$argon2id$first",
        to,
        session,
    };
    let one = change("$argon2id$second", here);
    db.store.change_password(at(1), user, one).await.unwrap();
    let error = db
        .store
        .change_password(at(2), user, change("$argon2id$third", there))
        .await
        .unwrap_err();
    assert!(matches!(error, StoreError::NotFound), "{error:?}");
    assert_eq!(db.store.user(user).await.unwrap().password_hash, "$argon2id$second");
    // It has ended no session either.
    db.store.session(at(3), here).await.unwrap();
    assert!(matches!(
        db.store.session(at(3), there).await,
        Err(StoreError::NotFound)
    ));
    assert_eq!(db.store.user(other).await.unwrap().password_hash, "$argon2id$first");
}

pub(crate) async fn the_disabled_are_locked_out_until_enabled(db: &Db) {
    let user = db.user("ann@example.org").await;
    let session = db.session(user, 1).await;
    db.store.disable_user(at(1), user).await.unwrap();
    db.store.disable_user(at(2), user).await.unwrap();
    assert_eq!(
        db.store.user_by_email("ann@example.org").await.unwrap().disabled_at,
        Some(at(1))
    );
    assert!(matches!(
        db.store.session(at(3), session).await,
        Err(StoreError::NotFound)
    ));
    assert!(matches!(
        db.store.reserve(at(3), db.new_upload(user, "a.mp3"), 1).await,
        Err(StoreError::NotFound)
    ));
    let login = NewSession {
        id: db.session_id(),
        user,
        password_hash: "$argon2id$first".into(),
        refresh: SecretHash::from_bytes([2; 32]),
        expires_at: at(60),
    };
    let error = db.store.create_session(at(3), login).await.unwrap_err();
    assert!(matches!(error, StoreError::NotFound), "{error:?}");
    db.store.enable_user(user).await.unwrap();
    db.store.enable_user(user).await.unwrap();
    assert_eq!(db.store.user(user).await.unwrap().disabled_at, None);
    // What was ended stays so.
    assert!(matches!(
        db.store.session(at(4), session).await,
        Err(StoreError::NotFound)
    ));
    db.session(user, 3).await;
}

pub(crate) async fn a_deleted_user_is_gone_at_once_and_the_row_with_the_last_upload(db: &Db) {
    let user = db.user("ann@example.org").await;
    let other = db.user("bob@example.org").await;
    let session = db.session(user, 1).await;
    let uploading = db.reserved(user).await;
    let queued = db.queued(user).await;
    let (processing, in_flight) = db.processing(user).await;
    let (ready, _) = db.ready(user).await;
    let failed = db.failed(user, T0).await;
    let of_other = db.queued(other).await;

    db.store.delete_user(at(1), user).await.unwrap();
    assert!(matches!(db.store.user(user).await, Err(StoreError::NotFound)));
    assert!(matches!(
        db.store.user_by_email("ann@example.org").await,
        Err(StoreError::NotFound)
    ));
    assert!(matches!(
        db.store.session(at(1), session).await,
        Err(StoreError::NotFound)
    ));
    let doomed = db.store.deleting(None, 100).await.unwrap();
    let doomed: Vec<_> = doomed.into_iter().map(|doomed| doomed.id).collect();
    assert_eq!(doomed, [uploading, queued, processing, ready, failed]);
    assert_eq!(db.outcome(&in_flight).await, "cancelled");
    for upload in [queued, processing] {
        assert_eq!(db.jobs(upload, "'cancelled'").await, 1);
    }
    assert_eq!(db.jobs(of_other, "'queued'").await, 1);
    assert!(matches!(
        db.store.delete_user(at(2), user).await,
        Err(StoreError::NotFound)
    ));

    // The address can be used anew, while the row is still there.
    db.user("ann@example.org").await;
    assert_eq!(db.store.purge_users(10).await.unwrap(), 0);
    for upload in doomed {
        db.store.remove_upload(at(100), upload).await.unwrap();
    }
    assert_eq!(db.store.purge_users(10).await.unwrap(), 1);
    assert_eq!(db.rows("users").await, 2);
    assert_eq!(db.rows("sessions").await, 0);
    assert_eq!(db.rows("uploads").await, 1);
}

pub(crate) async fn verbs_on_nobody_find_nobody(db: &Db) {
    let nobody = db.user_id();
    assert!(matches!(db.store.user(nobody).await, Err(StoreError::NotFound)));
    assert!(matches!(db.store.user_by_email("").await, Err(StoreError::NotFound)));
    assert!(matches!(
        db.store.set_password(T0, nobody, "x").await,
        Err(StoreError::NotFound)
    ));
    let change = PasswordChange {
        from: "x",
        to: "y",
        session: db.session_id(),
    };
    assert!(matches!(
        db.store.change_password(T0, nobody, change).await,
        Err(StoreError::NotFound)
    ));
    assert!(matches!(
        db.store.disable_user(T0, nobody).await,
        Err(StoreError::NotFound)
    ));
    assert!(matches!(db.store.enable_user(nobody).await, Err(StoreError::NotFound)));
    assert!(matches!(
        db.store.delete_user(T0, nobody).await,
        Err(StoreError::NotFound)
    ));
    assert!(matches!(
        db.store.reserve(T0, db.new_upload(nobody, "a.mp3"), 1).await,
        Err(StoreError::NotFound)
    ));
}
