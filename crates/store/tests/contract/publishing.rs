//! What a finish leaves behind: published trees, the superseded ones, and what is stored of a report.

use domain::{Failure, UploadState};
use store::{Finished, Names, Store};

use crate::support::Db;
use crate::work::{Attempt, LEASE, NOW, at, claimed, fail, new_job, one_queued, publish, report, seen, started};

pub(crate) async fn found(store: &dyn Store, user: domain::UserId, search: &str) -> usize {
    let query = store::LibraryQuery {
        search: Some(search),
        limit: 10,
        ..Default::default()
    };
    store.list(user, query).await.unwrap().entries.len()
}

/// A second run of an upload that is ready.
async fn run_again(store: &dyn Store, job: crate::work::Queued, seconds: u64) -> Attempt {
    store
        .retry(at(seconds), job.user, job.upload, new_job(at(seconds), 0))
        .await
        .unwrap();
    started(store, at(seconds)).await
}

async fn stale_trees(store: &dyn Store, seconds: u64) -> Vec<domain::TreeName> {
    let stale = store.trees_to_purge(at(seconds), None, 10).await.unwrap();
    stale.into_iter().map(|stale| stale.tree).collect()
}

pub(crate) async fn a_superseded_tree_stays_as_long_as_it_may_be_playing(db: &Db) {
    let store = &*db.store;
    let job = one_queued(store).await;
    let first = started(store, NOW).await;
    store.grant(at(1), first.caller(), at(900)).await.unwrap();
    publish(store, at(2), &first).await.unwrap();
    store.playback(job.user, job.upload, at(20_000)).await.unwrap();
    let noted = seen(store, job).await.published.unwrap().playback_until.unwrap();

    let second = run_again(store, job, 1_000).await;
    let playing = store.playback(job.user, job.upload, at(1_001)).await.unwrap();
    assert_eq!(playing.tree, first.tree, "the old tree plays on meanwhile");
    publish(store, at(1_002), &second).await.unwrap();
    let published = seen(store, job).await.published.unwrap();
    assert_eq!((published.tree, published.playback_until), (second.tree.clone(), None));
    assert_eq!(stale_trees(store, 19_999).await, []);
    let after = noted.since(NOW).as_secs();
    assert_eq!(stale_trees(store, after - 1).await, []);
    assert_eq!(stale_trees(store, after + 1).await, [first.tree]);
}

pub(crate) async fn a_superseded_tree_that_nobody_played_waits_for_its_puts(db: &Db) {
    let store = &*db.store;
    let job = one_queued(store).await;
    let first = started(store, NOW).await;
    store.grant(at(1), first.caller(), at(900)).await.unwrap();
    publish(store, at(2), &first).await.unwrap();
    let second = run_again(store, job, 10).await;
    publish(store, at(12), &second).await.unwrap();
    assert_eq!(stale_trees(store, 899).await, []);
    assert_eq!(stale_trees(store, 901).await, [first.tree]);
}

pub(crate) async fn grants_never_shorten_what_was_granted(db: &Db) {
    let store = &*db.store;
    one_queued(store).await;
    let attempt = started(store, NOW).await;
    store.grant(at(1), attempt.caller(), at(900)).await.unwrap();
    store.grant(at(2), attempt.caller(), at(300)).await.unwrap();
    fail(store, at(3), &attempt, &Failure::permanent("corrupt", "damaged"))
        .await
        .unwrap();
    assert_eq!(stale_trees(store, 899).await, []);
    assert_eq!(stale_trees(store, 901).await, [attempt.tree]);
}

pub(crate) async fn a_second_run_that_fails_leaves_the_first_playing(db: &Db) {
    let store = &*db.store;
    let job = one_queued(store).await;
    let first = started(store, NOW).await;
    publish(store, at(1), &first).await.unwrap();
    let second = run_again(store, job, 10).await;
    let failure = Failure::permanent("source_changed", "the file was changed");
    assert_eq!(fail(store, at(11), &second, &failure).await.unwrap(), Finished::Failed);
    let upload = seen(store, job).await;
    assert_eq!((upload.state, upload.failure), (UploadState::Failed, Some(failure)));
    assert_eq!(upload.published.unwrap().tree, first.tree);
    assert_eq!(
        store.playback(job.user, job.upload, at(100)).await.unwrap().tree,
        first.tree
    );
    let third = run_again(store, job, 20).await;
    publish(store, at(21), &third).await.unwrap();
    let upload = seen(store, job).await;
    assert_eq!((upload.state, upload.failure), (UploadState::Ready, None));
}

pub(crate) async fn what_the_owner_wrote_stays(db: &Db) {
    let store = &*db.store;
    let job = one_queued(store).await;
    let attempt = started(store, NOW).await;
    let names = Names {
        title: Some("My Song"),
        ..Names::default()
    };
    store.rename(at(1), job.user, job.upload, names).await.unwrap();
    publish(store, at(2), &attempt).await.unwrap();
    let upload = seen(store, job).await;
    assert_eq!(
        (upload.title.as_deref(), upload.artist.as_deref()),
        (Some("My Song"), Some("Björk"))
    );
    assert_eq!(found(store, job.user, "my song").await, 1);
    assert_eq!(found(store, job.user, "bjork").await, 1);
    assert_eq!(found(store, job.user, "joga").await, 0);
}

pub(crate) async fn hostile_names_are_stored_as_text(db: &Db) {
    let store = &*db.store;
    let job = one_queued(store).await;
    let attempt = started(store, NOW).await;
    let mut report = report();
    report.title = Some(format!("a\0b'; DROP TABLE uploads; --{}", "ä".repeat(100_000)));
    report.artist = Some("  ".into());
    report.codec = "fl\0ac".into();
    let finished = store.finish_published(at(1), attempt.caller(), &report).await.unwrap();
    assert_eq!(finished, Finished::Published);
    let upload = seen(store, job).await;
    assert!(
        upload
            .title
            .unwrap()
            .starts_with("a\u{fffd}b'; DROP TABLE uploads; --ä")
    );
    assert_eq!((upload.artist, upload.codec.as_deref()), (None, Some("fl\u{fffd}ac")));
}

pub(crate) async fn hostile_failures_are_stored_as_text(db: &Db) {
    let store = &*db.store;
    let job = one_queued(store).await;
    let attempt = claimed(store, NOW).await;
    let execution = format!("a\0b{}", "ä".repeat(10_000));
    store.launched(job.job, 1, &execution).await.unwrap();
    store
        .start(NOW, attempt.caller(), Some(&execution), LEASE)
        .await
        .unwrap();
    let failure = Failure {
        code: format!("\0{}", "c".repeat(10_000)),
        message: format!("'; DROP TABLE uploads; --\0{}", "ä".repeat(100_000)),
        retryable: false,
    };
    assert_eq!(fail(store, at(1), &attempt, &failure).await.unwrap(), Finished::Failed);
    let stored = seen(store, job).await.failure.unwrap();
    assert!(stored.message.starts_with("'; DROP TABLE uploads; --\u{fffd}ä") && stored.message.len() < 1_000);
    assert!(stored.code.len() < 100);
}
