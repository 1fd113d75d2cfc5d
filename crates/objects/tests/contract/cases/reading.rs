//! Reading parts of objects, and only what was meant.

use objects::{ByteRange, GetOptions, ObjectError, PresignedGet};

use crate::{
    cases::presigned::is_refused,
    support::{
        http::without_body,
        place::{Place, signing},
    },
};

async fn read(place: &Place, key: &str, range: ByteRange) -> Result<Vec<u8>, ObjectError> {
    let options = GetOptions {
        range: Some(range),
        if_match: None,
    };
    let mut body = place.bucket.get(key, options).await?;
    let mut read = Vec::new();
    while let Some(chunk) = body.chunk().await? {
        read.extend_from_slice(&chunk);
    }
    assert_eq!(body.length, read.len() as u64);
    Ok(read)
}

pub(crate) async fn ranges_are_cut_out(place: &Place) {
    let key = place.key("a");
    place.put(&key, "0123456789").await;
    for (range, cut) in [
        (ByteRange::FromTo(0, 0), "0"),
        (ByteRange::FromTo(2, 5), "2345"),
        (ByteRange::FromTo(8, 5_000), "89"),
        (ByteRange::From(0), "0123456789"),
        (ByteRange::From(9), "9"),
        (ByteRange::Last(3), "789"),
        (ByteRange::Last(5_000), "0123456789"),
    ] {
        assert_eq!(read(place, &key, range).await.unwrap(), cut.as_bytes(), "{range:?}");
    }
}

pub(crate) async fn ranges_past_the_end_are_refused(place: &Place) {
    let key = place.key("a");
    place.put(&key, "0123456789").await;
    for range in [
        ByteRange::From(10),
        ByteRange::FromTo(10, 20),
        ByteRange::From(u64::from(u32::MAX)),
    ] {
        assert_eq!(
            read(place, &key, range).await,
            Err(ObjectError::RangeNotSatisfiable),
            "{range:?}"
        );
    }
}

pub(crate) async fn ranges_work_in_presigned_urls(place: &Place) {
    let key = place.key("a");
    place.put(&key, "0123456789").await;
    let get = place
        .bucket
        .presign_get(&key, PresignedGet::default(), signing())
        .await
        .unwrap();
    let answer = without_body(&get).header("range", "bytes=2-5").send().await;
    assert_eq!((answer.status, answer.text().as_str()), (206, "2345"));
    assert_eq!(answer.header("content-range"), Some("bytes 2-5/10"));
    let answer = without_body(&get).header("range", "bytes=-4").send().await;
    assert_eq!((answer.status, answer.text().as_str()), (206, "6789"));
    assert_eq!(without_body(&get).header("range", "bytes=10-").send().await.status, 416);
    let whole = without_body(&get).send().await;
    assert_eq!((whole.status, whole.text().as_str()), (200, "0123456789"));
}

pub(crate) async fn if_match_reads_only_the_version_that_was_meant(place: &Place) {
    let key = place.key("source.mp3");
    let etag = place.put(&key, "first").await;
    let options = GetOptions {
        range: None,
        if_match: Some(&etag),
    };
    assert_eq!(place.bucket.get(&key, options).await.unwrap().length, 5);
    let presigned = PresignedGet {
        if_match: Some(&etag),
        ..PresignedGet::default()
    };
    let presigned = place.bucket.presign_get(&key, presigned, signing()).await.unwrap();
    assert!(
        presigned
            .headers
            .iter()
            .any(|(name, value)| name == "if-match" && *value == etag)
    );
    assert_eq!(without_body(&presigned).send().await.text(), "first");

    place.put(&key, "second").await;
    let changed = place.bucket.get(&key, options).await.unwrap_err();
    assert_eq!(changed, ObjectError::PreconditionFailed);
    assert_eq!(without_body(&presigned).send().await.status, 412);
    // The condition is signed, so leaving it out does not help.
    let mut unconditional = without_body(&presigned);
    unconditional.headers.clear();
    is_refused(place, &unconditional, 200).await;
}

pub(crate) async fn what_is_larger_than_the_limit_is_not_read(place: &Place) {
    let key = place.key("a");
    place.put(&key, "0123456789").await;
    assert_eq!(place.bucket.get_small(&key, 10).await.unwrap(), "0123456789");
    assert_eq!(place.bucket.get_small(&key, 9).await, Err(ObjectError::TooLarge));
}

pub(crate) async fn what_is_not_there_is_not_found(place: &Place) {
    place.put(&place.key("a/b"), "here").await;
    for name in ["b", "a", "a/", "a/b/", "a/b/c"] {
        let key = place.key(name);
        assert_eq!(place.bucket.head(&key).await, Ok(None), "{key}");
        assert_eq!(
            place.bucket.get_small(&key, 9).await,
            Err(ObjectError::NotFound),
            "{key}"
        );
    }
    let get = place
        .bucket
        .presign_get(&place.key("b"), PresignedGet::default(), signing())
        .await
        .unwrap();
    assert_eq!(without_body(&get).send().await.status, 404);
}
