//! Listing by prefix.

use objects::{ListFrom, ListPage};

use crate::{cases::deleting::put_many, support::place::Place};

pub(crate) async fn a_prefix_is_a_beginning_and_no_folder(place: &Place) {
    for name in ["a", "a/1", "a/2/3", "ab", "ab/1", "b"] {
        place.put(&place.key(name), "x").await;
    }
    let keys = |names: &[&str]| names.iter().map(|name| place.key(name)).collect::<Vec<_>>();
    assert_eq!(place.keys("a/").await, keys(&["a/1", "a/2/3"]));
    assert_eq!(place.keys("a").await, keys(&["a", "a/1", "a/2/3", "ab", "ab/1"]));
    assert_eq!(place.keys("ab").await, keys(&["ab", "ab/1"]));
    assert_eq!(place.keys("a/2/3").await, keys(&["a/2/3"]));
    assert_eq!(place.keys("c").await, keys(&[]));
    let listed = place.listed("b").await;
    let head = place.bucket.head(&place.key("b")).await.unwrap().unwrap();
    assert_eq!((listed[0].size, listed[0].etag.clone()), (head.size, Some(head.etag)));
    let difference = listed[0].last_modified.as_millis() - head.last_modified.as_millis();
    assert!(difference.abs() < 1000, "{difference} ms apart");
}

pub(crate) async fn pages_of_any_size_show_each_object_once(place: &Place) {
    let keys = put_many(place, "a/", 25).await;
    place.put(&place.key("ab"), "x").await;
    for size in [1, 7, 24, 25, 26] {
        let mut seen = Vec::new();
        let mut from = ListFrom::Start;
        loop {
            let ListPage { objects, next } = place.bucket.list(&place.key("a/"), from, size).await.unwrap();
            assert!(objects.len() <= size.into());
            seen.extend(objects.into_iter().map(|object| object.key));
            match next {
                Some(cursor) => from = ListFrom::Next(cursor),
                None => break,
            }
        }
        assert_eq!(seen, keys, "in pages of {size}");
    }
    for (after, rest) in [
        (&keys[9], &keys[10..]),
        (&place.key("a/00009x"), &keys[10..]),
        (&place.key("A"), &keys[..]),
    ] {
        let page = place
            .bucket
            .list(&place.key("a/"), ListFrom::After(after.clone()), 1000)
            .await
            .unwrap();
        let seen: Vec<_> = page.objects.into_iter().map(|object| object.key).collect();
        assert_eq!(seen, rest, "after {after}");
        assert_eq!(page.next, None);
    }
}

pub(crate) async fn keys_come_in_the_order_of_their_bytes(place: &Place) {
    let mut keys = [
        "é", "z", "Z", "a/b", "a", "a-b", "a.b", "1", "10", "2", "🎵", "\u{ffee}",
    ]
    .map(|name| place.key(name));
    for key in &keys {
        place.put(key, "x").await;
    }
    keys.sort();
    assert_eq!(place.keys("").await, keys);
}
