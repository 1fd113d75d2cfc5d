//! What is refused whatever is asked.

use objects::{ListFrom, ObjectError, PresignedGet, ProbeStep};

use crate::support::place::{Place, signing, text};

pub(crate) async fn hostile_keys_never_leave_this_process(place: &Place) {
    let bucket = &place.bucket;
    let long = "a".repeat(1025);
    for key in ["", "/a", "..", "../a", "a/../b", "a/.", "a\nb", "a\0", long.as_str()] {
        let refused = |error: ObjectError| assert!(matches!(error, ObjectError::BadKey { .. }), "{key:?}: {error}");
        refused(bucket.head(key).await.unwrap_err());
        refused(bucket.get_small(key, 9).await.unwrap_err());
        refused(bucket.put_small(key, "x".into(), "text/plain", None).await.unwrap_err());
        refused(bucket.delete(key).await.unwrap_err());
        refused(
            bucket
                .presign_get(key, PresignedGet::default(), signing())
                .await
                .unwrap_err(),
        );
        refused(bucket.presign_put(key, text(1), signing()).await.unwrap_err());
        refused(bucket.presign_part(key, "x", 1, 1, signing()).await.unwrap_err());
        refused(bucket.create_multipart(key, "text/plain").await.unwrap_err());
        refused(bucket.list_parts(key, "x").await.unwrap_err());
        refused(
            bucket
                .complete_multipart(key, "x", &[(1, "x".into())])
                .await
                .unwrap_err(),
        );
        refused(bucket.abort_multipart(key, "x").await.unwrap_err());
    }
    // One bad key among good ones does not keep those.
    let good = place.key("a");
    place.put(&good, "x").await;
    let failures = bucket.delete_many(&[good.clone(), "../a".into()]).await.unwrap();
    assert_eq!(failures.len(), 1);
    assert_eq!(failures[0].key, "../a");
    assert_eq!(bucket.head(&good).await, Ok(None));
}

pub(crate) async fn a_wrong_key_is_refused(place: &Place) {
    let key = place.key("a");
    place.put(&key, "x").await;
    let wrong_secret = place.with(|settings| settings.secret_key = domain::Secret::new("wrong"));
    let wrong_id = place.with(|settings| settings.access_key.push('0'));
    for bucket in [wrong_secret, wrong_id] {
        let (read, listed) = (
            bucket.get_small(&key, 9).await,
            bucket.list("", ListFrom::Start, 1).await,
        );
        if place.can.checks_signatures {
            assert!(matches!(read, Err(ObjectError::AccessDenied { .. })), "{read:?}");
            assert!(matches!(listed, Err(ObjectError::AccessDenied { .. })), "{listed:?}");
        } else {
            assert_eq!(read.unwrap(), "x");
            assert_eq!(listed.unwrap().objects.len(), 1);
        }
    }
}

pub(crate) async fn a_probe_says_what_fails(place: &Place) {
    let key = place.key("probe");
    place.bucket.probe(&key).await.unwrap();
    assert_eq!(place.bucket.head(&key).await, Ok(None));

    let missing = place.with(|settings| settings.bucket = "segue-not-there".into());
    let failed = missing.probe(&key).await.unwrap_err();
    assert_eq!(failed.step, ProbeStep::Put);
    assert!(
        matches!(&failed.error, ObjectError::Other { code, .. } if code == "NoSuchBucket"),
        "{failed}"
    );
}
