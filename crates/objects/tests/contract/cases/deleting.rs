//! Deleting.

use objects::ListFrom;
use tokio::task::JoinSet;

use crate::support::place::Place;

/// Writes objects, several at once, and says their keys in order.
pub(crate) async fn put_many(place: &Place, prefix: &str, count: usize) -> Vec<String> {
    let keys: Vec<_> = (0..count)
        .map(|number| place.key(&format!("{prefix}{number:05}")))
        .collect();
    let mut under_way = JoinSet::new();
    for key in keys.clone() {
        if under_way.len() == 8 {
            under_way.join_next().await.unwrap().unwrap();
        }
        let bucket = place.bucket.clone();
        under_way.spawn(async move {
            bucket.put_small(&key, "x".into(), "text/plain", None).await.unwrap();
        });
    }
    under_way.join_all().await;
    keys
}

pub(crate) async fn one_object_and_again(place: &Place) {
    let key = place.key("a");
    place.put(&key, "x").await;
    place.put(&place.key("ab"), "x").await;
    place.bucket.delete(&key).await.unwrap();
    place.bucket.delete(&key).await.unwrap();
    assert_eq!(place.keys("").await, [place.key("ab")]);
}

pub(crate) async fn many_objects_and_again(place: &Place) {
    let keys = put_many(place, "a/", 2_500).await;
    let neighbours = ["a", "a0", "ab/00001"].map(|name| place.key(name));
    for key in &neighbours {
        place.put(key, "x").await;
    }

    let mut pages = Vec::new();
    let mut seen = Vec::new();
    let mut from = ListFrom::Start;
    loop {
        let page = place.bucket.list(&place.key("a/"), from, 1000).await.unwrap();
        pages.push(page.objects.len());
        seen.extend(page.objects.into_iter().map(|object| object.key));
        match page.next {
            Some(cursor) => from = ListFrom::Next(cursor),
            None => break,
        }
    }
    assert_eq!(pages, [1000, 1000, 500]);
    assert_eq!(seen, keys);

    let mut doomed = keys;
    doomed.push(place.key("a/never there"));
    assert_eq!(place.bucket.delete_many(&doomed).await, Ok(vec![]));
    assert_eq!(place.keys("").await, neighbours);
    assert_eq!(place.bucket.delete_many(&doomed).await, Ok(vec![]));
    assert_eq!(place.bucket.delete_many(&[]).await, Ok(vec![]));
    assert_eq!(place.keys("").await, neighbours);
}
