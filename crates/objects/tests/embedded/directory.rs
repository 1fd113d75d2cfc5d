//! The directory: one server at a time, and damage that is told rather than guessed at.

use std::{fs, path::Path};

use objects::{EmbeddedError, EmbeddedServer};

use crate::support::{payloads, settings, start};

async fn refusal(directory: &Path) -> EmbeddedError {
    EmbeddedServer::start(settings(directory))
        .await
        .expect_err("must be refused")
}

#[tokio::test]
async fn a_second_server_on_the_same_directory_is_refused_until_the_first_has_ended() {
    let server = start().await;
    let refused = refusal(server.directory.path()).await;
    assert!(matches!(refused, EmbeddedError::InUse(_)), "{refused:?}");
    assert!(
        refused
            .to_string()
            .ends_with("stop that one first, or choose another directory")
    );
    server.put("key", "still served").await;
    let server = server.restart().await;
    assert_eq!(server.get("key").await, b"still served");
}

#[tokio::test]
async fn a_server_that_was_only_dropped_frees_its_directory_as_well() {
    let server = start().await;
    server.put("key", "kept").await;
    let directory = server.directory;
    drop((server.server, server.client));
    let free = async || match EmbeddedServer::start(settings(directory.path())).await {
        Ok(server) => Some(server),
        Err(EmbeddedError::InUse(_)) => None,
        Err(error) => panic!("{error:?}"),
    };
    let server = crate::support::eventually("the directory to be free", free).await;
    let client = crate::support::client(&server.endpoint());
    assert_eq!(crate::support::get(&client, "key").await, Ok(b"kept".to_vec()));
}

#[tokio::test]
async fn a_damaged_index_is_refused_and_no_payload_is_touched() {
    let server = start().await;
    for number in 0..50 {
        server.put(&format!("key-{number}"), "x").await;
    }
    server.server.shutdown().await;
    let path = server.directory.path().join("index.redb");
    let whole = fs::read(&path).unwrap();
    let damages: [(&str, Vec<u8>); 4] = [
        ("not a database", b"this is not a database at all".repeat(1000)),
        ("cut short", whole[..whole.len() / 3].to_vec()),
        ("cut to its header", whole[..320].to_vec()),
        ("its first page gone", [&vec![0; 4096], &whole[4096..]].concat()),
    ];
    for (name, damaged) in damages {
        fs::write(&path, damaged).unwrap();
        let refused = refusal(server.directory.path()).await;
        assert!(
            matches!(refused, EmbeddedError::IndexDamaged { .. }),
            "{name}: {refused:?}"
        );
        assert_eq!(payloads(server.directory.path()), 50, "{name}");
    }
    for lost in [Some(""), None] {
        fs::remove_file(&path).ok();
        if let Some(empty) = lost {
            fs::write(&path, empty).unwrap();
        }
        let refused = refusal(server.directory.path()).await;
        assert!(matches!(refused, EmbeddedError::IndexMissing(_)), "{refused:?}");
        assert_eq!(payloads(server.directory.path()), 50);
    }
    fs::write(&path, whole).unwrap();
    let server = crate::support::start_in(server.directory).await;
    assert_eq!(server.get("key-49").await, b"x");
}

#[tokio::test]
async fn what_cannot_be_used_is_said() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("file");
    fs::write(&file, "x").unwrap();
    assert!(matches!(refusal(&file).await, EmbeddedError::Directory { .. }));

    let mut bad = settings(directory.path());
    bad.buckets = vec!["Not A Bucket".into()];
    let refused = EmbeddedServer::start(bad).await.expect_err("must be refused");
    assert!(matches!(refused, EmbeddedError::BucketName(_)), "{refused:?}");

    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let mut busy = settings(directory.path());
    busy.listen = taken.local_addr().unwrap();
    let refused = EmbeddedServer::start(busy).await.expect_err("must be refused");
    assert!(matches!(refused, EmbeddedError::Listen { .. }), "{refused:?}");
}

#[tokio::test]
async fn settings_do_not_show_the_secret() {
    let shown = format!("{:?}", settings(Path::new("x")));
    assert!(!shown.contains("only tests know"), "{shown}");
}
