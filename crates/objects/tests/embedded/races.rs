//! Several clients at the same key.

use aws_sdk_s3::primitives::ByteStream;

use crate::support::{BUCKET, code, get, md5, noise, payloads, start};

#[tokio::test(flavor = "multi_thread")]
async fn of_many_write_once_puts_one_wins() {
    let server = start().await;
    for round in 0..20 {
        let key = format!("key-{round}");
        let put = |number: u64| {
            let body = ByteStream::from(noise(number, 1000));
            let put = server
                .client
                .put_object()
                .bucket(BUCKET)
                .key(&key)
                .body(body)
                .if_none_match("*");
            tokio::spawn(put.send())
        };
        let puts: Vec<_> = (0..8).map(put).collect();
        let mut winners = Vec::new();
        for (number, put) in (0..).zip(puts) {
            match put.await.unwrap() {
                Ok(_) => winners.push(number),
                Err(error) => assert_eq!(code(&error), "PreconditionFailed"),
            }
        }
        assert_eq!(winners.len(), 1, "{winners:?}");
        assert_eq!(server.get(&key).await, noise(winners[0], 1000));
    }
    server.server.shutdown().await;
    assert_eq!(payloads(server.directory.path()), 20, "the losers' bytes are gone");
}

#[tokio::test(flavor = "multi_thread")]
async fn readers_see_one_version_or_the_other_and_never_a_mixture() {
    let server = start().await;
    let versions: Vec<_> = (0..4).map(|seed| noise(seed, 600_000)).collect();
    server.put("key", versions[0].clone()).await;
    let writers: Vec<_> = versions
        .iter()
        .map(|version| {
            let (client, version) = (server.client.clone(), version.clone());
            tokio::spawn(async move {
                for _ in 0..15 {
                    crate::support::put(&client, "key", version.clone()).await;
                }
            })
        })
        .collect();
    let readers: Vec<_> = (0..4)
        .map(|_| {
            let (client, versions) = (server.client.clone(), versions.clone());
            tokio::spawn(async move {
                for _ in 0..30 {
                    let got = client.get_object().bucket(BUCKET).key("key").send().await.unwrap();
                    let etag = got.e_tag().unwrap().trim_matches('"').to_owned();
                    let body = got.body.collect().await.unwrap().to_vec();
                    assert_eq!(md5(&body), etag);
                    assert!(versions.contains(&body));
                }
            })
        })
        .collect();
    for task in writers.into_iter().chain(readers) {
        task.await.unwrap();
    }
    server.server.shutdown().await;
    assert_eq!(payloads(server.directory.path()), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_put_that_was_answered_is_seen_by_the_next_request_of_anybody() {
    let server = start().await;
    let tasks: Vec<_> = (0..8_u64)
        .map(|number| {
            let client = server.client.clone();
            tokio::spawn(async move {
                let key = format!("key-{number}");
                for round in 0..20 {
                    crate::support::put(&client, &key, noise(round, 100)).await;
                    assert_eq!(get(&client, &key).await, Ok(noise(round, 100)));
                    client.delete_object().bucket(BUCKET).key(&key).send().await.unwrap();
                    assert_eq!(get(&client, &key).await, Err("NoSuchKey".into()));
                }
            })
        })
        .collect();
    for task in tasks {
        task.await.unwrap();
    }
}
