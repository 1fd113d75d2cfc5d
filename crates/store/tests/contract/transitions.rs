//! Every verb that moves an upload, in every state: it succeeds where the table of transitions says so, and otherwise
//! changes nothing.

use domain::{Failure, UploadEvent, UploadId, UploadState, UserId};
use store::{LibraryQuery, Settle, StoreError};

use crate::support::{Db, T0, at, source};

/// A new upload in a state. One that failed has its source, so that it can be tried again.
async fn in_state(db: &Db, user: UserId, state: UploadState) -> UploadId {
    match state {
        UploadState::Uploading => db.reserved(user).await,
        UploadState::Queued => db.queued(user).await,
        UploadState::Processing => db.processing(user).await.0,
        UploadState::Ready => db.ready(user).await.0,
        UploadState::Failed => {
            let upload = db.queued(user).await;
            db.store.cancel(T0, user, upload).await.unwrap();
            upload
        }
        UploadState::Deleting => {
            let upload = db.queued(user).await;
            db.store.delete(T0, user, upload).await.unwrap();
            db.store.start_due_deletions(at(10), 10).await.unwrap();
            upload
        }
    }
}

async fn state_of(db: &Db, upload: UploadId) -> UploadState {
    let changed = db.store.changed_since(T0, None, 1_000).await.unwrap();
    let entry = changed.into_iter().find(|entry| entry.upload.id == upload);
    entry.expect("the row is there").upload.state
}

pub(crate) async fn verbs_follow_the_table_of_transitions(db: &Db) {
    let user = db.user("ann@example.org").await;
    let store = &db.store;
    let events = [
        UploadEvent::Settled,
        UploadEvent::TransferFailed,
        UploadEvent::Retried,
        UploadEvent::Cancelled { playable: false },
        UploadEvent::DeleteDue,
    ];
    for state in UploadState::ALL {
        for event in events {
            let upload = in_state(db, user, state).await;
            assert_eq!(state_of(db, upload).await, state);
            let result = match event {
                UploadEvent::Settled => match store.settle(at(20), upload, source(), db.new_job()).await {
                    // Idempotent: once it is settled, saying so again is no transition and no error.
                    Ok(Settle::Already) => Err(StoreError::WrongState(state.to_string())),
                    result => result.map(|_| ()),
                },
                UploadEvent::TransferFailed => store.fail_transfer(at(20), upload, &Failure::abandoned()).await,
                UploadEvent::Retried => store.retry(at(20), user, upload, db.new_job()).await,
                UploadEvent::Cancelled { .. } => store.cancel(at(20), user, upload).await.map(|_| ()),
                _ => match store.delete(at(20), user, upload).await {
                    Ok(_) => store.start_due_deletions(at(30), 10).await.map(|_| ()),
                    Err(error) => Err(error),
                },
            };
            if let Some(next) = state.after(event) {
                assert!(result.is_ok(), "{event:?} while {state}: {result:?}");
                assert_eq!(state_of(db, upload).await, next, "{event:?} while {state}");
            } else {
                let refused = matches!(result, Err(StoreError::WrongState(_) | StoreError::NotFound));
                assert!(refused, "{event:?} while {state}: {result:?}");
                assert_eq!(state_of(db, upload).await, state, "{event:?} while {state}");
            }
            let unfinished = db.jobs(upload, "'queued', 'launching', 'running'").await;
            let has_work = matches!(
                state_of(db, upload).await,
                UploadState::Queued | UploadState::Processing
            );
            assert_eq!(unfinished, i64::from(has_work), "{event:?} while {state}");
        }
    }
    let query = LibraryQuery {
        limit: 1_000,
        ..Default::default()
    };
    let visible = store.list(user, query).await.unwrap().entries;
    assert!(visible.iter().all(|entry| entry.upload.state != UploadState::Deleting));
}
