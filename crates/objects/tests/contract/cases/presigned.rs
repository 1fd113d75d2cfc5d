//! Presigned URLs, in the hands of honest and other people.

use objects::{Audience, PresignedGet, PresignedPut, PresignedRequest, Signing};

use crate::{
    cases::objects::ODD,
    support::{
        http::{Request, with_body, without_body},
        place::{Place, expired, signing, text},
    },
};

async fn put(place: &Place, key: &str, options: PresignedPut<'_>) -> PresignedRequest {
    place.bucket.presign_put(key, options, signing()).await.expect("a URL")
}

async fn get(place: &Place, key: &str) -> PresignedRequest {
    let get = place.bucket.presign_get(key, PresignedGet::default(), signing()).await;
    get.expect("a URL")
}

/// What a server that looks says to a request that nobody signed: 403, or 400 where what was signed is not even there.
pub(crate) async fn is_refused(place: &Place, request: &Request, otherwise: u16) {
    let answer = request.send().await;
    if place.can.checks_signatures {
        assert!(
            matches!(answer.status, 400 | 403),
            "{}: {}",
            answer.status,
            answer.text()
        );
    } else {
        assert_eq!(answer.status, otherwise, "{}", answer.text());
    }
}

pub(crate) async fn a_put_takes_the_type_and_length_that_were_signed(place: &Place) {
    let key = place.key("a");
    let etag = with_body(&put(place, &key, text(5)).await, "hello").send().await.etag();
    let head = place.bucket.head(&key).await.unwrap().unwrap();
    assert_eq!(
        (head.size, head.etag, head.content_type.as_deref()),
        (5, etag, Some("text/plain"))
    );
    let answer = without_body(&get(place, &key).await).send().await;
    assert_eq!((answer.status, answer.text().as_str()), (200, "hello"));
    assert_eq!(answer.header("content-type"), Some("text/plain"));
}

pub(crate) async fn a_put_stores_its_headers(place: &Place) {
    let (key, cache) = (place.key("a"), "public, max-age=31536000, immutable");
    let options = PresignedPut {
        content_type: "video/mp2t",
        cache_control: Some(cache),
        ..text(5)
    };
    with_body(&put(place, &key, options).await, "hello").send().await.etag();
    let answer = without_body(&get(place, &key).await).send().await;
    assert_eq!(answer.header("content-type"), Some("video/mp2t"));
    assert_eq!(answer.header("cache-control"), Some(cache));
}

pub(crate) async fn another_type_does_not_match(place: &Place) {
    let key = place.key("a");
    let presigned = put(place, &key, text(5)).await;
    is_refused(
        place,
        &with_body(&presigned, "hello").header("content-type", "text/html"),
        200,
    )
    .await;
    let mut undeclared = with_body(&presigned, "hello");
    undeclared.headers.clear();
    is_refused(place, &undeclared, 200).await;
    assert_eq!(place.keys("").await.is_empty(), place.can.checks_signatures);
}

pub(crate) async fn another_length_does_not_match(place: &Place) {
    let key = place.key("a");
    let presigned = put(place, &key, text(5)).await;
    for body in ["hello!", "hell", ""] {
        is_refused(place, &with_body(&presigned, body), 200).await;
    }
    assert_eq!(place.keys("").await.is_empty(), place.can.checks_signatures);
}

pub(crate) async fn a_body_that_breaks_off_is_no_object(place: &Place) {
    let key = place.key("a");
    let presigned = put(place, &key, text(500_000)).await;
    let mut broken = with_body(&presigned, vec![b'x'; 250_000]);
    broken.content_length = Some(500_000);
    let answer = broken.try_send().await;
    if place.can.refuses_broken_bodies {
        assert!(answer.is_none_or(|answer| answer.status >= 400));
        assert_eq!(place.bucket.head(&key).await, Ok(None));
        assert_eq!(place.keys("").await, [""; 0]);
        // Nor does it stand in the way of the next try.
        with_body(&presigned, vec![b'x'; 500_000]).send().await.etag();
    } else {
        assert_eq!(answer.unwrap().status, 200);
        assert_eq!(place.bucket.head(&key).await.unwrap().unwrap().size, 250_000);
    }
}

pub(crate) async fn what_follows_the_body_is_not_stored(place: &Place) {
    let key = place.key("a");
    let mut more = with_body(&put(place, &key, text(5)).await, "hello, and what nobody signed");
    more.content_length = Some(5);
    // Whether the server answers 200 or is offended is up to it.
    let _ = more.try_send().await;
    if let Some(head) = place.bucket.head(&key).await.unwrap() {
        assert_eq!(head.size, 5);
        assert_eq!(place.content(&key).await, "hello");
    }
}

pub(crate) async fn an_altered_url_is_refused(place: &Place) {
    let (mine, yours) = (place.key("mine"), place.key("yours"));
    place.put(&mine, "mine").await;
    place.put(&yours, "yours").await;
    let presigned = get(place, &mine).await;
    let (start, signature) = presigned.url.split_once("X-Amz-Signature=").unwrap();
    let flipped = if signature.starts_with('0') { "1" } else { "0" };
    for url in [
        presigned.url.replace("/mine?", "/yours?"),
        presigned.url.replace("X-Amz-Expires=600", "X-Amz-Expires=6000"),
        format!("{start}X-Amz-Signature={flipped}{}", &signature[1..]),
        presigned.url.clone() + "&response-content-type=text%2Fhtml",
        presigned.url.replace("X-Amz-Date=2", "X-Amz-Date=3"),
    ] {
        assert_ne!(url, presigned.url);
        if place.can.checks_signatures {
            // 400 for a date of the year 3000: it is not even looked at.
            let answer = Request::new("GET", &url).send().await;
            assert!(
                matches!(answer.status, 400 | 403),
                "{}: {}",
                answer.status,
                answer.text()
            );
            assert!(!answer.text().contains("yours") || answer.text().contains("<Error>"));
        } else {
            assert_eq!(Request::new("GET", &url).send().await.status, 200, "{url}");
        }
    }
    let presigned = put(place, &mine, text(5)).await;
    let elsewhere = with_body(&presigned, "hello");
    let elsewhere = Request {
        url: elsewhere.url.replace("/mine?", "/yours?"),
        ..elsewhere
    };
    is_refused(place, &elsewhere, 200).await;
    let kept = place.content(&yours).await;
    assert_eq!(kept, if place.can.checks_signatures { "yours" } else { "hello" });
}

pub(crate) async fn an_expired_url_is_refused(place: &Place) {
    let key = place.key("a");
    place.put(&key, "x").await;
    let expected = if place.can.checks_signatures {
        place.can.expired_status
    } else {
        200
    };
    let get = place
        .bucket
        .presign_get(&key, PresignedGet::default(), expired())
        .await
        .unwrap();
    assert_eq!(without_body(&get).send().await.status, expected);
    let put = place
        .bucket
        .presign_put(&place.key("b"), text(5), expired())
        .await
        .unwrap();
    assert_eq!(with_body(&put, "hello").send().await.status, expected);
    let stored = place.bucket.head(&place.key("b")).await.unwrap().is_some();
    assert_eq!(stored, !place.can.checks_signatures);
}

pub(crate) async fn a_url_is_for_one_method(place: &Place) {
    let key = place.key("a");
    place.put(&key, "x").await;
    let presigned = get(place, &key).await;
    let mut overwriting = with_body(&presigned, "overwritten");
    overwriting.method = "PUT".into();
    is_refused(place, &overwriting, 200).await;
    let mut deleting = without_body(&presigned);
    deleting.method = "DELETE".into();
    is_refused(place, &deleting, 204).await;
    let kept = place.bucket.get_small(&key, 99).await.ok();
    assert_eq!(kept, place.can.checks_signatures.then(|| "x".into()));
}

pub(crate) async fn a_url_is_for_one_host(place: &Place) {
    let key = place.key("a");
    place.put(&key, "x").await;
    let server = place.settings.endpoint.trim_start_matches("http://").to_owned();
    let elsewhere = "http://192.0.2.1:8080";
    let for_browsers = Signing {
        audience: Audience::Browsers,
        ..signing()
    };
    // The public endpoint, and the one that a browser asked for, are signed as they are.
    let public = place.with(|settings| settings.public_endpoint = Some(elsewhere.into()));
    let public = public
        .presign_get(&key, PresignedGet::default(), for_browsers)
        .await
        .unwrap();
    let asked_for = Signing {
        audience: Audience::BrowsersAt(elsewhere),
        ..signing()
    };
    let asked_for = place
        .bucket
        .presign_get(&key, PresignedGet::default(), asked_for)
        .await
        .unwrap();
    for presigned in [public, asked_for] {
        assert!(presigned.url.starts_with("http://192.0.2.1:8080/"), "{presigned:?}");
        let mut request = without_body(&presigned);
        request.connect_to = Some(server.clone());
        let answer = request.send().await;
        assert_eq!((answer.status, answer.text().as_str()), (200, "x"));
        let request = Request {
            url: presigned.url.replace("192.0.2.1:8080", &server),
            ..without_body(&presigned)
        };
        is_refused(place, &request, 200).await;
    }
}

pub(crate) async fn write_once_creates_and_never_replaces(place: &Place) {
    let key = place.key("a");
    let once = PresignedPut {
        write_once: true,
        ..text(5)
    };
    let presigned = put(place, &key, once).await;
    assert!(presigned.headers.contains(&("if-none-match".into(), "*".into())));
    with_body(&presigned, "first").send().await.etag();
    let again = with_body(&presigned, "again").send().await.status;
    if place.can.writes_once {
        assert_eq!(again, 412);
        assert_eq!(place.content(&key).await, "first");
    } else {
        assert_eq!(again, 200);
        assert_eq!(place.content(&key).await, "again");
    }
    let mut unconditional = with_body(&presigned, "other");
    unconditional.headers.retain(|(name, _)| name != "if-none-match");
    is_refused(place, &unconditional, 200).await;
}

pub(crate) async fn a_get_can_name_the_download(place: &Place) {
    let key = place.key("a");
    place.put(&key, "x").await;
    let disposition = "attachment; filename=\"a song.mp3\"";
    let options = PresignedGet {
        content_disposition: Some(disposition),
        ..PresignedGet::default()
    };
    let presigned = place.bucket.presign_get(&key, options, signing()).await.unwrap();
    let answer = without_body(&presigned).send().await;
    assert_eq!(answer.header("content-disposition"), Some(disposition));
}

pub(crate) async fn a_get_can_declare_another_type(place: &Place) {
    let key = place.key("a");
    place.put(&key, "x").await;
    let options = PresignedGet {
        content_type: Some("audio/flac"),
        content_disposition: Some("inline"),
        ..PresignedGet::default()
    };
    let presigned = place.bucket.presign_get(&key, options, signing()).await.unwrap();
    let answer = without_body(&presigned).send().await;
    assert_eq!(answer.header("content-type"), Some("audio/flac"));
    assert_eq!(answer.header("content-disposition"), Some("inline"));
}

pub(crate) async fn odd_keys_survive_in_urls(place: &Place) {
    for name in ODD {
        let key = place.key(name);
        with_body(&put(place, &key, text(5)).await, "hello").send().await.etag();
        let answer = without_body(&get(place, &key).await).send().await;
        assert_eq!((answer.status, answer.text().as_str()), (200, "hello"), "{key}");
        assert_eq!(place.content(&key).await, "hello", "{key}");
    }
    let mut keys = ODD.map(|name| place.key(name));
    keys.sort();
    assert_eq!(place.keys("").await, keys);
}
