use std::collections::BTreeSet;

use domain::{UploadId, UploadState, UserId};
use store::{Entry, LibraryCursor, LibraryQuery, Names, Sort, StoreError};

use crate::support::{Db, T0, at};

const SORTS: [Sort; 6] = [
    Sort::Newest,
    Sort::Oldest,
    Sort::Title,
    Sort::TitleDescending,
    Sort::Longest,
    Sort::Shortest,
];

fn ids(entries: &[Entry]) -> Vec<UploadId> {
    entries.iter().map(|entry| entry.upload.id).collect()
}

async fn all_pages(db: &Db, user: UserId, sort: Sort, limit: u32) -> Vec<UploadId> {
    let mut seen = Vec::new();
    let mut cursor = None;
    loop {
        let query = LibraryQuery {
            sort,
            cursor,
            limit,
            ..Default::default()
        };
        let page = db.store.list(user, query).await.unwrap();
        assert!(page.entries.len() <= limit as usize);
        seen.extend(ids(&page.entries));
        let Some(next) = page.next else {
            return seen;
        };
        // As a client carries it.
        let json = serde_json::to_string(&next).unwrap();
        cursor = Some(serde_json::from_str::<LibraryCursor>(&json).unwrap());
        assert_eq!(cursor, Some(next));
    }
}

/// Eight uploads in which many have the same title and length. In order: id, title, seconds.
async fn library(db: &Db, user: UserId) -> Vec<(UploadId, &'static str, f64)> {
    let mut made = Vec::new();
    let lengths = [10.0, 0.1 + 0.2, 10.0, 3.3, 0.1 + 0.2, 7.0];
    for (title, seconds) in ["Ávila", "b", "avila", "Z", "b", "zebra"].into_iter().zip(lengths) {
        let (upload, _) = db.ready(user).await;
        db.set_seconds(upload, seconds).await;
        let names = Names {
            title: Some(title),
            ..Names::default()
        };
        db.store.rename(T0, user, upload, names).await.unwrap();
        made.push((upload, title, seconds));
    }
    for title in ["Éclair.mp3", "middle.mp3"] {
        made.push((db.reserved_as(user, title).await, title, 0.0));
    }
    made
}

pub(crate) async fn every_order_pages_through_all(db: &Db) {
    let user = db.user("ann@example.org").await;
    let other = db.user("bob@example.org").await;
    let made = library(db, user).await;
    db.ready(other).await;
    for sort in SORTS {
        let mut expected = made.clone();
        let key = |title: &str| domain::title_key(title);
        expected.sort_by(|a, b| match sort {
            Sort::Newest => b.0.cmp(&a.0),
            Sort::Oldest => a.0.cmp(&b.0),
            Sort::Title => (key(a.1), a.0).cmp(&(key(b.1), b.0)),
            Sort::TitleDescending => (key(b.1), b.0).cmp(&(key(a.1), a.0)),
            Sort::Longest => b.2.total_cmp(&a.2).then(b.0.cmp(&a.0)),
            Sort::Shortest => a.2.total_cmp(&b.2).then(a.0.cmp(&b.0)),
        });
        let expected: Vec<_> = expected.into_iter().map(|(id, ..)| id).collect();
        for limit in [1, 2, 3, 7, 8, 9] {
            assert_eq!(all_pages(db, user, sort, limit).await, expected, "{sort:?} by {limit}");
        }
    }
}

pub(crate) async fn pages_hold_while_uploads_come_and_go(db: &Db) {
    let user = db.user("ann@example.org").await;
    for sort in SORTS {
        let made = library(db, user).await;
        let mut kept: BTreeSet<_> = made.iter().map(|(id, ..)| *id).collect();
        let mut seen = Vec::new();
        let mut cursor = None;
        let mut gone = made.iter().map(|(id, ..)| *id);
        loop {
            let query = LibraryQuery {
                sort,
                cursor,
                limit: 2,
                ..Default::default()
            };
            let page = db.store.list(user, query).await.unwrap();
            seen.extend(ids(&page.entries));
            // One comes and one goes between any two pages, both perhaps on a page that was shown already.
            db.reserved_as(user, "avila.mp3").await;
            if let Some(id) = gone.next() {
                db.store.delete(T0, user, id).await.unwrap();
                kept.remove(&id);
            }
            cursor = page.next;
            if cursor.is_none() {
                break;
            }
        }
        let distinct: BTreeSet<_> = seen.iter().copied().collect();
        assert_eq!(distinct.len(), seen.len(), "{sort:?} repeats");
        assert!(kept.is_subset(&distinct), "{sort:?} skips");
    }
}

pub(crate) async fn searches_are_text(db: &Db) {
    let user = db.user("ann@example.org").await;
    let other = db.user("bob@example.org").await;
    let percent = db.reserved_as(user, "100%.mp3").await;
    let underscore = db.reserved_as(user, "a_b.mp3").await;
    let backslash = db.reserved_as(user, r"c\d.mp3").await;
    let quote = db.reserved_as(user, "it's \"x\"; DROP TABLE uploads.mp3").await;
    db.reserved_as(other, "100%.mp3").await;
    for (text, expected) in [
        ("%", vec![percent]),
        ("_", vec![underscore]),
        ("\\", vec![backslash]),
        ("'", vec![quote]),
        ("A_B", vec![underscore]),
        ("%a%", vec![]),
        (&*"x".repeat(70_000), vec![]),
        ("mp3", vec![quote, backslash, underscore, percent]),
    ] {
        let query = LibraryQuery {
            search: Some(text),
            limit: 10,
            ..Default::default()
        };
        let found = db.store.list(user, query).await.unwrap();
        assert_eq!(ids(&found.entries), expected, "{}", &text[..text.len().min(9)]);
    }
}

pub(crate) async fn states_are_filtered(db: &Db) {
    let user = db.user("ann@example.org").await;
    let in_state = [
        (UploadState::Uploading, vec![db.reserved(user).await]),
        (UploadState::Queued, vec![db.queued(user).await]),
        (UploadState::Processing, vec![db.processing(user).await.0]),
        (UploadState::Ready, vec![db.ready(user).await.0]),
        (UploadState::Failed, vec![db.failed(user, T0).await]),
        (UploadState::Deleting, vec![]),
    ];
    for (state, expected) in in_state {
        let query = LibraryQuery {
            state: Some(state),
            limit: 10,
            search: Some("song"),
            ..Default::default()
        };
        assert_eq!(
            ids(&db.store.list(user, query).await.unwrap().entries),
            expected,
            "{state}"
        );
    }
}

pub(crate) async fn a_cursor_belongs_to_its_order(db: &Db) {
    let user = db.user("ann@example.org").await;
    library(db, user).await;
    let query = LibraryQuery {
        sort: Sort::Title,
        limit: 2,
        ..Default::default()
    };
    let cursor = db.store.list(user, query).await.unwrap().next;
    let query = LibraryQuery {
        sort: Sort::Longest,
        cursor,
        limit: 2,
        ..Default::default()
    };
    let error = db.store.list(user, query).await.unwrap_err();
    assert!(matches!(error, StoreError::BadCursor), "{error:?}");
}

pub(crate) async fn changes_are_found_with_progress(db: &Db) {
    let user = db.user("ann@example.org").await;
    let other = db.user("bob@example.org").await;
    let quiet = db.reserved(user).await;
    let (processing, in_flight) = db.processing(user).await;
    let of_other = db.reserved(other).await;
    db.store
        .rename(at(20), other, of_other, Names::default())
        .await
        .unwrap();
    db.progress(&in_flight, at(30), r#"{"64k":12.5,"128k":6}"#).await;

    let changed = db.store.changed_since(at(10), None, 10).await.unwrap();
    assert_eq!(ids(&changed), [of_other, processing]);
    assert_eq!((changed[0].changed_at, changed[1].changed_at), (at(20), at(30)));
    let progress = changed[1].progress.as_ref().unwrap();
    assert_eq!(progress.encoded.get(&"64k".parse().unwrap()), Some(&12.5));
    assert_eq!(changed[0].progress, None);
    assert_eq!(
        ids(&db.store.changed_of_user(user, at(10), None, 10).await.unwrap()),
        [processing]
    );
    assert_eq!(
        db.store.entry(user, processing).await.unwrap().progress.as_ref(),
        Some(progress)
    );

    let mut seen = Vec::new();
    let mut cursor = None;
    while let [entry] = &*db.store.changed_since(T0, cursor, 1).await.unwrap() {
        seen.push(entry.upload.id);
        cursor = Some(entry.cursor());
    }
    assert_eq!(seen, [quiet, of_other, processing]);
    // Once the work is over there is no progress to show.
    db.store.cancel(at(40), user, processing).await.unwrap();
    let changed = db.store.changed_since(at(40), None, 10).await.unwrap();
    assert_eq!((ids(&changed), &changed[0].progress), (vec![processing], &None));
}

pub(crate) async fn the_unfinished_are_listed(db: &Db) {
    let user = db.user("ann@example.org").await;
    let uploading = db.reserved(user).await;
    let queued = db.queued(user).await;
    let (processing, in_flight) = db.processing(user).await;
    db.progress(&in_flight, at(5), r#"{"64k":1}"#).await;
    db.ready(user).await;
    db.failed(user, T0).await;
    let hidden = db.reserved(user).await;
    db.store.delete(T0, user, hidden).await.unwrap();
    let unfinished = db.store.unfinished(user, None, 10).await.unwrap();
    assert_eq!(ids(&unfinished), [uploading, queued, processing]);
    assert!(unfinished[2].progress.is_some() && unfinished[1].progress.is_none());
    assert_eq!(
        ids(&db.store.unfinished(user, Some(uploading), 1).await.unwrap()),
        [queued]
    );
}
