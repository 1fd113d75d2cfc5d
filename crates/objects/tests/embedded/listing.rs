//! Listing, page by page.

use crate::support::{BUCKET, TestServer, code, start};

/// All keys and rolled-up prefixes of all pages, and how many pages there were.
async fn list(server: &TestServer, prefix: &str, delimiter: Option<&str>, page: i32) -> (Vec<String>, usize) {
    let (mut found, mut pages, mut token) = (Vec::new(), 0, None);
    loop {
        let list = server
            .client
            .list_objects_v2()
            .bucket(BUCKET)
            .prefix(prefix)
            .max_keys(page);
        let list = list
            .set_delimiter(delimiter.map(str::to_owned))
            .set_continuation_token(token);
        let list = list.send().await.unwrap();
        assert_eq!(
            list.key_count(),
            Some(i32::try_from(list.contents().len() + list.common_prefixes().len()).unwrap())
        );
        assert!(list.key_count() <= Some(page));
        found.extend(list.contents().iter().map(|object| object.key().unwrap().to_owned()));
        found.extend(
            list.common_prefixes()
                .iter()
                .map(|common| common.prefix().unwrap().to_owned()),
        );
        pages += 1;
        token = list.next_continuation_token().map(str::to_owned);
        assert_eq!(list.is_truncated(), Some(token.is_some()));
        if token.is_none() {
            return (found, pages);
        }
    }
}

#[tokio::test]
async fn pages_of_any_size_add_up_to_the_same() {
    let server = start().await;
    let mut keys: Vec<_> = (0..7).map(|number| format!("a/{number}")).collect();
    keys.extend(["a", "a.b", "a/", "a0", "b/x/y", "b/x/z", "ü"].map(String::from));
    for key in &keys {
        server.put(key, "x").await;
    }
    server
        .client
        .create_bucket()
        .bucket("segue-test2")
        .send()
        .await
        .unwrap();
    let elsewhere = server.client.put_object().bucket("segue-test2").key("a/other");
    elsewhere
        .body(aws_sdk_s3::primitives::ByteStream::from_static(b"x"))
        .send()
        .await
        .unwrap();
    keys.sort();
    for page in [1, 2, 3, 5, 13, 14, 1000] {
        let (found, pages) = list(&server, "", None, page).await;
        assert_eq!(found, keys, "pages of {page}");
        assert_eq!(
            pages,
            keys.len().div_ceil(usize::try_from(page).unwrap()),
            "pages of {page}"
        );
    }
    let below = |prefix: &str| {
        keys.iter()
            .filter(|key| key.starts_with(prefix))
            .cloned()
            .collect::<Vec<_>>()
    };
    for prefix in ["a", "a/", "b/x/", "ü", "zzz"] {
        assert_eq!(list(&server, prefix, None, 2).await.0, below(prefix), "{prefix}");
    }
}

#[tokio::test]
async fn a_delimiter_rolls_up_whole_folders_whatever_they_hold() {
    let server = start().await;
    for folder in ["a", "b", "c"] {
        for number in 0..5 {
            server.put(&format!("{folder}/{number}/x"), "x").await;
        }
    }
    server.put("b", "x").await;
    server.put("top", "x").await;
    for page in [1, 2, 1000] {
        let (mut found, _) = list(&server, "", Some("/"), page).await;
        found.sort();
        assert_eq!(found, ["a/", "b", "b/", "c/", "top"], "pages of {page}");
        let (found, _) = list(&server, "b/", Some("/"), page).await;
        assert_eq!(found, ["b/0/", "b/1/", "b/2/", "b/3/", "b/4/"], "pages of {page}");
    }
}

#[tokio::test]
async fn a_listing_starts_where_it_is_told_to_and_shows_size_and_etag() {
    let server = start().await;
    for key in ["a", "b", "c/d", "c/e"] {
        server.put(key, key).await;
    }
    let list = |after: &str| server.client.list_objects_v2().bucket(BUCKET).start_after(after);
    let keys = |list: aws_sdk_s3::operation::list_objects_v2::ListObjectsV2Output| {
        list.contents()
            .iter()
            .map(|object| object.key().unwrap().to_owned())
            .collect::<Vec<_>>()
    };
    assert_eq!(keys(list("a").send().await.unwrap()), ["b", "c/d", "c/e"]);
    assert_eq!(keys(list("aa").prefix("c/").send().await.unwrap()), ["c/d", "c/e"]);
    assert_eq!(keys(list("c/d").prefix("c/").send().await.unwrap()), ["c/e"]);
    assert_eq!(keys(list("z").send().await.unwrap()), [""; 0]);
    assert_eq!(keys(list("z").prefix("a").send().await.unwrap()), [""; 0]);
    let rolled_up = list("c/d").delimiter("/").send().await.unwrap();
    assert_eq!(rolled_up.common_prefixes()[0].prefix(), Some("c/"));
    let list = list("c/").send().await.unwrap();
    let first = &list.contents()[0];
    let head = server
        .client
        .head_object()
        .bucket(BUCKET)
        .key("c/d")
        .send()
        .await
        .unwrap();
    assert_eq!((first.size(), first.e_tag()), (Some(3), head.e_tag()));
    assert!(first.last_modified().is_some());

    let none = server
        .client
        .list_objects_v2()
        .bucket(BUCKET)
        .max_keys(0)
        .send()
        .await
        .unwrap();
    assert_eq!((none.key_count(), none.is_truncated()), (Some(0), Some(false)));
    let strange = server
        .client
        .list_objects_v2()
        .bucket(BUCKET)
        .continuation_token("strange")
        .send()
        .await;
    assert_eq!(code(&strange.unwrap_err()), "InvalidArgument");
    let nowhere = server.client.list_objects_v2().bucket("nowhere").send().await;
    assert_eq!(code(&nowhere.unwrap_err()), "NoSuchBucket");
}
