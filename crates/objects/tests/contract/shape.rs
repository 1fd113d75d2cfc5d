//! What presigned requests look like. No server is asked.

use std::time::Duration;

use domain::Timestamp;
use objects::{Audience, Bucket, ObjectError, Patience, PresignedGet, PresignedPut, Signing};

use crate::support::{
    place::{signing, text},
    stub::settings,
};

/// 2023-11-14T22:13:20.500Z.
const THEN: Timestamp = Timestamp::from_millis(1_700_000_000_500);

fn bucket() -> Bucket {
    let mut settings = settings("http://internal:9000".into(), Patience::default());
    settings.public_endpoint = Some("https://audio.example.org/".into());
    Bucket::new(settings).expect("good settings")
}

fn at(audience: Audience<'_>) -> Signing<'_> {
    Signing {
        audience,
        from: THEN,
        lifetime: Duration::from_mins(15),
    }
}

fn query<'a>(url: &'a str, name: &str) -> &'a str {
    let (_, query) = url.split_once('?').expect("a query");
    let mut pairs = query.split('&').filter_map(|pair| pair.split_once('='));
    pairs.find(|(key, _)| *key == name).expect("it is in the query").1
}

#[tokio::test]
async fn each_audience_gets_its_own_host() {
    for (audience, start) in [
        (Audience::Workers, "http://internal:9000/segue/a/b.ts?"),
        (Audience::Browsers, "https://audio.example.org/segue/a/b.ts?"),
        (
            Audience::BrowsersAt("http://192.168.1.5:9000"),
            "http://192.168.1.5:9000/segue/a/b.ts?",
        ),
        (
            Audience::BrowsersAt("http://[fe80::1]:9000/"),
            "http://[fe80::1]:9000/segue/a/b.ts?",
        ),
    ] {
        let get = bucket()
            .presign_get("a/b.ts", PresignedGet::default(), at(audience))
            .await
            .unwrap();
        assert!(get.url.starts_with(start), "{}", get.url);
        let put = bucket().presign_put("a/b.ts", text(1), at(audience)).await.unwrap();
        assert!(put.url.starts_with(start), "{}", put.url);
        let part = bucket().presign_part("a/b.ts", "id", 1, 1, at(audience)).await.unwrap();
        assert!(part.url.starts_with(start), "{}", part.url);
    }
    let virtual_hosted = settings("https://s3.example.org".into(), Patience::default());
    let virtual_hosted = objects::BucketSettings {
        path_style: false,
        ..virtual_hosted
    };
    let bucket = Bucket::new(virtual_hosted).unwrap();
    let get = bucket
        .presign_get("a", PresignedGet::default(), at(Audience::Browsers))
        .await
        .unwrap();
    assert!(get.url.starts_with("https://segue.s3.example.org/a?"), "{}", get.url);
}

#[tokio::test]
async fn a_forged_host_is_not_signed_for() {
    for host in [
        "http://evil/path",
        "http://user@evil",
        "javascript://x",
        "http://a\r\nb",
        "",
    ] {
        let get = bucket()
            .presign_get("a", PresignedGet::default(), at(Audience::BrowsersAt(host)))
            .await;
        assert!(matches!(get, Err(ObjectError::Misuse(_))), "{host:?}");
    }
}

#[tokio::test]
async fn all_that_matters_is_signed() {
    let options = PresignedPut {
        cache_control: Some("no-cache"),
        write_once: true,
        ..text(5)
    };
    let put = bucket().presign_put("a", options, at(Audience::Workers)).await.unwrap();
    assert_eq!(put.method, "PUT");
    let signed = "cache-control%3Bcontent-length%3Bcontent-type%3Bhost%3Bif-none-match";
    assert_eq!(query(&put.url, "X-Amz-SignedHeaders"), signed);
    let mut headers: Vec<_> = put
        .headers
        .iter()
        .map(|(name, value)| (name.as_str(), value.as_str()))
        .collect();
    headers.sort_unstable();
    let expected = [
        ("cache-control", "no-cache"),
        ("content-type", "text/plain"),
        ("if-none-match", "*"),
    ];
    assert_eq!(headers, expected);

    let part = bucket()
        .presign_part("a", "id", 7, 5, at(Audience::Workers))
        .await
        .unwrap();
    assert_eq!(query(&part.url, "X-Amz-SignedHeaders"), "content-length%3Bhost");
    assert_eq!(
        (query(&part.url, "partNumber"), query(&part.url, "uploadId")),
        ("7", "id")
    );
    assert_eq!(part.headers, []);

    let get = bucket()
        .presign_get("a", PresignedGet::default(), at(Audience::Workers))
        .await
        .unwrap();
    assert_eq!(
        (get.method.as_str(), query(&get.url, "X-Amz-SignedHeaders")),
        ("GET", "host")
    );
    assert_eq!(get.headers, []);
}

#[tokio::test]
async fn the_same_second_gives_the_same_signature() {
    let sign = || async {
        bucket()
            .presign_get("a", PresignedGet::default(), at(Audience::Workers))
            .await
    };
    let get = sign().await.unwrap();
    assert_eq!(query(&get.url, "X-Amz-Date"), "20231114T221320Z");
    assert_eq!(query(&get.url, "X-Amz-Expires"), "900");
    // To the second, as the server counts.
    assert_eq!(get.expires, Timestamp::from_millis(1_700_000_900_000));
    assert_eq!(sign().await.unwrap(), get);
}

#[tokio::test]
async fn a_lifetime_is_between_a_second_and_a_week() {
    const WEEK: Duration = Duration::from_hours(7 * 24);
    for (lifetime, good) in [
        (Duration::ZERO, false),
        (Duration::from_millis(1_500), false),
        (Duration::from_secs(1), true),
        (WEEK, true),
        (WEEK + Duration::from_secs(1), false),
        (Duration::MAX, false),
    ] {
        let signing = Signing { lifetime, ..signing() };
        let get = bucket().presign_get("a", PresignedGet::default(), signing).await;
        assert_eq!(get.is_ok(), good, "{lifetime:?}");
        assert!(get.is_ok() || matches!(get, Err(ObjectError::Misuse(_))));
    }
}

#[tokio::test]
async fn values_that_no_request_can_carry_are_refused() {
    for number in [0, 10_001] {
        let part = bucket().presign_part("a", "id", number, 1, signing()).await;
        assert!(matches!(part, Err(ObjectError::Misuse(_))), "{number}");
    }
    let smuggled = PresignedPut {
        content_type: "text/plain\r\nx-amz-acl: public-read",
        ..text(1)
    };
    let put = bucket().presign_put("a", smuggled, signing()).await;
    assert!(matches!(put, Err(ObjectError::Misuse(_))), "{put:?}");
}

#[tokio::test]
async fn printing_shows_no_secret() {
    let get = bucket()
        .presign_get("a", PresignedGet::default(), signing())
        .await
        .unwrap();
    let signature = query(&get.url, "X-Amz-Signature");
    assert_eq!(signature.len(), 64);
    let shown = format!("{get:?} {:?}", bucket());
    assert!(!shown.contains(signature) && !shown.contains("X-Amz"), "{shown}");
    // The settings of the stub: the secret key is the word itself.
    assert!(!shown.contains("\"secret\""), "{shown}");
}
