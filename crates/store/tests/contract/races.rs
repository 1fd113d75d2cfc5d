//! What happens at once. Each race is run several times over, from many tasks that wait for one another at a barrier.

use std::sync::Arc;

use domain::{SecretHash, UploadState};
use store::{PasswordChange, Registration, Rotation, Settle, Store, StoreError};
use tokio::sync::Barrier;

use crate::support::{Db, T0, at, source};

const AT_ONCE: usize = 8;
const ROUNDS: u8 = 5;

/// Runs these futures from as many tasks, all let go together.
async fn at_once<T, F>(racers: impl IntoIterator<Item = F>) -> Vec<T>
where
    T: Send + 'static,
    F: Future<Output = T> + Send + 'static,
{
    let racers: Vec<_> = racers.into_iter().collect();
    let barrier = Arc::new(Barrier::new(racers.len()));
    let tasks: Vec<_> = racers
        .into_iter()
        .map(|racer| {
            let barrier = Arc::clone(&barrier);
            tokio::spawn(async move {
                barrier.wait().await;
                racer.await
            })
        })
        .collect();
    let mut results = Vec::new();
    for task in tasks {
        results.push(task.await.unwrap());
    }
    results
}

fn store(db: &Db) -> Arc<dyn Store> {
    Arc::clone(&db.store)
}

fn count<T>(results: &[T], is: impl Fn(&T) -> bool) -> usize {
    results.iter().filter(|result| is(result)).count()
}

pub(crate) async fn first_registrations_at_once_yield_one_account(db: &Db) {
    let results = at_once((0..AT_ONCE).map(|number| {
        let (store, user) = (store(db), db.new_user(&format!("user{number}@example.org")));
        async move { store.create_user(T0, user, Registration::OnlyFirst).await }
    }))
    .await;
    assert_eq!(count(&results, Result::is_ok), 1, "{results:?}");
    assert_eq!(
        count(&results, |result| matches!(result, Err(StoreError::Closed))),
        AT_ONCE - 1,
        "{results:?}"
    );
    assert_eq!(db.rows("users").await, 1);
}

pub(crate) async fn changes_of_a_password_at_once_change_it_once(db: &Db) {
    let user = db.user("ann@example.org").await;
    let session = db.session(user, 1).await;
    for _ in 0..ROUNDS {
        let from = db.store.user(user).await.unwrap().password_hash;
        let results = at_once((0..AT_ONCE).map(|number| {
            let (store, from) = (store(db), from.clone());
            async move {
                let to = format!("{from}{number}");
                let change = PasswordChange {
                    from: &from,
                    to: &to,
                    session,
                };
                store.change_password(at(1), user, change).await.map(|()| to)
            }
        }))
        .await;
        assert_eq!(
            count(&results, |result| matches!(result, Err(StoreError::NotFound))),
            AT_ONCE - 1,
            "{results:?}"
        );
        let taken = results.into_iter().find_map(Result::ok);
        assert_eq!(Some(db.store.user(user).await.unwrap().password_hash), taken);
    }
    db.store.session(at(2), session).await.unwrap();
}

pub(crate) async fn rotations_at_once_rotate_once(db: &Db) {
    let user = db.user("ann@example.org").await;
    for round in 0..ROUNDS {
        let first = round * 16;
        let session = db.session(user, first).await;
        let results = at_once((1..=8).map(|number| {
            let (store, next) = (store(db), SecretHash::from_bytes([first + number; 32]));
            async move {
                let presented = SecretHash::from_bytes([first; 32]);
                store.rotate(at(1), presented, next, at(3_600)).await.unwrap()
            }
        }))
        .await;
        assert_eq!(
            count(&results, |result| matches!(result, Rotation::Rotated(_))),
            1,
            "{results:?}"
        );
        assert_eq!(
            count(&results, |result| matches!(result, Rotation::Predecessor(_))),
            7,
            "{results:?}"
        );
        db.store.session(at(2), session).await.unwrap();
    }
}

pub(crate) async fn reservations_at_once_respect_the_limit(db: &Db) {
    let user = db.user("ann@example.org").await;
    let results = at_once((0..AT_ONCE).map(|_| {
        let (store, upload) = (store(db), db.new_upload(user, "a.mp3"));
        async move { store.reserve(T0, upload, 3).await }
    }))
    .await;
    assert_eq!(count(&results, Result::is_ok), 3, "{results:?}");
    assert_eq!(
        count(&results, |result| matches!(result, Err(StoreError::TooMany(3)))),
        AT_ONCE - 3,
        "{results:?}"
    );
}

pub(crate) async fn settling_from_three_sides_queues_one_job(db: &Db) {
    let user = db.user("ann@example.org").await;
    for _ in 0..ROUNDS {
        let upload = db.reserved(user).await;
        let results = at_once((0..3).map(|_| {
            let (store, job) = (store(db), db.new_job());
            async move { store.settle(T0, upload, source(), job).await.unwrap() }
        }))
        .await;
        assert_eq!(count(&results, |result| *result == Settle::Queued), 1, "{results:?}");
        assert_eq!(count(&results, |result| *result == Settle::Already), 2, "{results:?}");
        assert_eq!(db.jobs(upload, "'queued'").await, 1);
    }
}

pub(crate) async fn cancelling_and_settling_at_once_leave_one_outcome(db: &Db) {
    let user = db.user("ann@example.org").await;
    for _ in 0..ROUNDS {
        let upload = db.reserved(user).await;
        let (settling, cancelling, job) = (store(db), store(db), db.new_job());
        let (settled, cancelled) = tokio::join!(
            tokio::spawn(async move { settling.settle(T0, upload, source(), job).await }),
            tokio::spawn(async move { cancelling.cancel(T0, user, upload).await }),
        );
        // Whichever came first, the user's word is the last.
        assert_eq!(cancelled.unwrap().unwrap(), UploadState::Failed);
        let settled = settled.unwrap();
        assert!(
            matches!(settled, Ok(Settle::Queued) | Err(StoreError::WrongState(_))),
            "{settled:?}"
        );
        assert_eq!(db.store.upload(user, upload).await.unwrap().state, UploadState::Failed);
        assert_eq!(db.jobs(upload, "'queued', 'launching', 'running'").await, 0);
    }
}

pub(crate) async fn retries_at_once_queue_one_job(db: &Db) {
    let user = db.user("ann@example.org").await;
    for _ in 0..ROUNDS {
        let (upload, _) = db.ready(user).await;
        let results = at_once((0..AT_ONCE).map(|_| {
            let (store, job) = (store(db), db.new_job());
            async move { store.retry(T0, user, upload, job).await }
        }))
        .await;
        assert_eq!(count(&results, Result::is_ok), 1, "{results:?}");
        assert_eq!(
            count(&results, |result| matches!(result, Err(StoreError::WrongState(_)))),
            AT_ONCE - 1,
            "{results:?}"
        );
        assert_eq!(db.jobs(upload, "'queued'").await, 1);
    }
}

pub(crate) async fn deleting_a_user_leaves_no_upload_reserved_meanwhile(db: &Db) {
    for round in 0..ROUNDS {
        let user = db.user(&format!("user{round}@example.org")).await;
        let before = db.reserved(user).await;
        let deleting = store(db);
        let deletion = tokio::spawn(async move { deleting.delete_user(at(1), user).await });
        let results = at_once((0..AT_ONCE).map(|_| {
            let (store, upload, job) = (store(db), db.new_upload(user, "a.mp3"), db.new_job());
            async move {
                let reserved = store.reserve(T0, upload, 100).await;
                if let Ok(upload) = &reserved {
                    // It may be on its way out by now.
                    let settled = store.settle(T0, upload.id, source(), job).await;
                    assert!(
                        matches!(settled, Ok(Settle::Queued) | Err(StoreError::WrongState(_))),
                        "{settled:?}"
                    );
                }
                reserved
            }
        }))
        .await;
        deletion.await.unwrap().unwrap();
        let reserved = results.into_iter().filter_map(Result::ok).map(|upload| upload.id);
        let doomed = db.store.deleting(None, 1_000).await.unwrap();
        for upload in reserved.chain([before]) {
            assert!(doomed.iter().any(|doomed| doomed.id == upload));
            assert_eq!(db.jobs(upload, "'queued', 'launching', 'running'").await, 0);
        }
    }
}

pub(crate) async fn leases_asked_for_at_once_are_given_to_one(db: &Db) {
    for round in 0..u64::from(ROUNDS) {
        let results = at_once((0..AT_ONCE).map(|number| {
            let (store, now) = (store(db), at(round * 100));
            async move {
                store
                    .lease(now, "cleaner", &format!("{number}"), at(round * 100 + 30))
                    .await
                    .unwrap()
            }
        }))
        .await;
        assert_eq!(count(&results, |given| *given), 1, "{results:?}");
    }
}

pub(crate) async fn cleaners_at_once_start_each_deletion_once(db: &Db) {
    let user = db.user("ann@example.org").await;
    let mut uploads = Vec::new();
    for _ in 0..20 {
        let upload = db.queued(user).await;
        db.store.delete(T0, user, upload).await.unwrap();
        uploads.push(upload);
    }
    let results = at_once((0..4).map(|_| {
        let store = store(db);
        async move {
            let mut started = Vec::new();
            loop {
                let some = store.start_due_deletions(at(10), 3).await.unwrap();
                if some.is_empty() {
                    return started;
                }
                started.extend(some);
            }
        }
    }))
    .await;
    let mut started: Vec<_> = results.into_iter().flatten().collect();
    // A cleaner passes over what another has in hand, and may find nothing while that one is still at it.
    started.extend(db.store.start_due_deletions(at(10), 100).await.unwrap());
    started.sort_unstable();
    assert_eq!(started, uploads);
}
