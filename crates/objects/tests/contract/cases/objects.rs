//! Writing and reading whole objects.

use bytes::Bytes;
use objects::ObjectError;

use crate::support::{
    clock::{MINUTE, now},
    place::Place,
};

/// Keys that some encoding on the way may spoil.
pub(crate) const ODD: [&str; 14] = [
    "a b",
    "a+b",
    "a%20b",
    "a%2Bb",
    "a%2Fb",
    "a=b&c=d",
    "a?b",
    "a#b",
    "a;b,c:d@e",
    "\"a'",
    "<a>&amp;",
    "ü✓🎵",
    "a\\b",
    "~a!(b)*$",
];

pub(crate) async fn what_is_written_is_read(place: &Place) {
    let key = place.key("64k/playlist.m3u8");
    let content = Bytes::from_static(b"#EXTM3U\n");
    let cache = Some("public, max-age=31536000, immutable");
    let started = now();
    let etag = place
        .bucket
        .put_small(&key, content.clone(), "application/vnd.apple.mpegurl", cache);
    let etag = etag.await.unwrap();

    let head = place.bucket.head(&key).await.unwrap().unwrap();
    assert_eq!((head.size, &head.etag), (8, &etag));
    assert_eq!(head.content_type.as_deref(), Some("application/vnd.apple.mpegurl"));
    // Servers cut off the fraction of a second.
    assert!(head.last_modified.since(started) < MINUTE && started.since(head.last_modified) < MINUTE);

    let mut body = place.bucket.get(&key, objects::GetOptions::default()).await.unwrap();
    assert_eq!((body.length, &body.etag), (8, &etag));
    assert_eq!(body.content_type, head.content_type);
    let mut read = Vec::new();
    while let Some(chunk) = body.chunk().await.unwrap() {
        read.extend_from_slice(&chunk);
    }
    assert_eq!(read, content);
    assert_eq!(place.content(&key).await, content);
}

pub(crate) async fn an_empty_object_is_an_object(place: &Place) {
    let key = place.key("empty");
    place.put(&key, "").await;
    assert_eq!(place.bucket.head(&key).await.unwrap().unwrap().size, 0);
    assert_eq!(place.content(&key).await, "");
    assert_eq!(place.listed("").await[0].size, 0);
}

pub(crate) async fn writing_again_replaces_content_and_type(place: &Place) {
    let key = place.key("a");
    let first = place.put(&key, "first").await;
    let second = place
        .bucket
        .put_small(&key, "second!".into(), "text/html", None)
        .await
        .unwrap();
    assert_ne!(first, second);
    let head = place.bucket.head(&key).await.unwrap().unwrap();
    assert_eq!((head.size, head.content_type.as_deref()), (7, Some("text/html")));
    assert_eq!(place.content(&key).await, "second!");
    assert_eq!(place.keys("").await, [key]);
}

pub(crate) async fn odd_keys_are_kept_apart(place: &Place) {
    let keys = ODD.map(|name| place.key(name));
    for key in &keys {
        place.put(key, key.clone()).await;
    }
    for key in &keys {
        assert_eq!(place.content(key).await, key.as_bytes(), "{key}");
        assert!(place.bucket.head(key).await.unwrap().is_some(), "{key}");
    }
    let mut sorted = keys.to_vec();
    sorted.sort();
    assert_eq!(place.keys("").await, sorted);
    let (half, rest) = keys.split_at(7);
    assert_eq!(place.bucket.delete_many(half).await, Ok(vec![]));
    for key in rest {
        place.bucket.delete(key).await.unwrap();
    }
    assert_eq!(place.keys("").await, [""; 0]);
}

pub(crate) async fn a_key_may_have_1024_bytes(place: &Place) {
    let key = place.key("");
    let key = format!("{key}{}", "ü".repeat((1024 - key.len()) / 2));
    let key = format!("{key}{}", "a".repeat(1024 - key.len()));
    place.put(&key, "long").await;
    assert_eq!(place.content(&key).await, "long");
    assert_eq!(place.keys("").await, std::slice::from_ref(&key));
    place.bucket.delete(&key).await.unwrap();
    assert_eq!(place.bucket.get_small(&key, 9).await, Err(ObjectError::NotFound));
}

pub(crate) async fn a_key_may_be_the_beginning_of_another(place: &Place) {
    let keys = ["a", "a/b", "a/b/c"].map(|name| place.key(name));
    for key in keys.iter().rev() {
        place.put(key, key.clone()).await;
    }
    assert_eq!(place.keys("").await, keys);
    place.bucket.delete(&keys[1]).await.unwrap();
    assert_eq!(place.content(&keys[0]).await, keys[0].as_bytes());
    assert_eq!(place.content(&keys[2]).await, keys[2].as_bytes());
}
