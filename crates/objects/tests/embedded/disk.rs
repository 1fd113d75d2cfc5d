//! A disk that is full.

use std::{path::Path, process::Command};

use aws_sdk_s3::{Client, primitives::ByteStream};

use crate::{
    crash::Process,
    support::{BUCKET, MIB, client, code, get, noise, payloads},
};

/// A server whose files cannot grow beyond so many MiB: what everybody can arrange, and what fails like a full disk.
fn with_largest_file(directory: &Path, mebibytes: usize) -> Process {
    let mut shell = Command::new("sh");
    // In blocks of 512 bytes. Ignored, the signal does not end the process, and writing fails instead.
    let script = format!("trap '' XFSZ; ulimit -f {}; exec \"$0\" \"$@\"", mebibytes * 2048);
    shell.args(["-c", &script]).arg(std::env::current_exe().unwrap());
    Process::start_as(shell, directory)
}

async fn put_with_much_to_note(client: &Client, key: &str) -> Result<(), String> {
    let put = client
        .put_object()
        .bucket(BUCKET)
        .key(key)
        .body(ByteStream::from_static(b"x"));
    let put = put.content_type("text/plain").metadata("filler", "f".repeat(6000));
    put.send().await.map(drop).map_err(|error| code(&error))
}

#[tokio::test]
async fn an_object_that_does_not_fit_is_refused_and_leaves_nothing() {
    let directory = tempfile::tempdir().unwrap();
    let process = with_largest_file(directory.path(), 8);
    let client = client(&process.endpoint);
    let put = |key: &'static str, size: usize| {
        client
            .put_object()
            .bucket(BUCKET)
            .key(key)
            .body(ByteStream::from(noise(1, size)))
            .send()
    };
    put("fits", MIB).await.unwrap();
    let refused = put("does not fit", 20 * MIB).await.unwrap_err();
    // The server may hang up before it has read all; then the answer can be lost on the way.
    if let Some(response) = refused.raw_response() {
        assert_eq!(
            (code(&refused).as_str(), response.status().as_u16()),
            ("InsufficientStorage", 507)
        );
    }
    assert_eq!(get(&client, "does not fit").await, Err("NoSuchKey".into()));
    assert_eq!(get(&client, "fits").await, Ok(noise(1, MIB)));
    put("fits too", MIB).await.unwrap();
    process.end();
    assert_eq!(payloads(directory.path()), 2);
}

#[tokio::test]
async fn when_the_index_cannot_grow_what_was_acknowledged_stays_and_comes_back() {
    let directory = tempfile::tempdir().unwrap();
    let process = with_largest_file(directory.path(), 4);
    let limited = client(&process.endpoint);
    let mut acknowledged = Vec::new();
    let refused = loop {
        let key = format!("key-{}", acknowledged.len());
        match put_with_much_to_note(&limited, &key).await {
            Ok(()) => acknowledged.push(key),
            Err(refused) => break refused,
        }
        assert!(acknowledged.len() < 5000, "the index never reached its limit");
    };
    assert_eq!(refused, "InsufficientStorage");
    // It goes on being asked, and goes on answering.
    for _ in 0..3 {
        put_with_much_to_note(&limited, "another").await.ok();
        for key in &acknowledged {
            assert_eq!(get(&limited, key).await, Ok(b"x".to_vec()), "{key}");
        }
    }
    process.end();

    let process = Process::start(directory.path());
    let free = client(&process.endpoint);
    for key in &acknowledged {
        assert_eq!(get(&free, key).await, Ok(b"x".to_vec()), "{key}");
    }
    put_with_much_to_note(&free, "another").await.unwrap();
    process.end();
}

/// A file system of its own; needs the right to mount one.
#[cfg(feature = "full-tests")]
#[tokio::test]
async fn on_a_full_disk_nothing_is_half_visible_and_deleting_makes_room() {
    use crate::support::start_in;

    struct SmallDisk(std::path::PathBuf);
    impl Drop for SmallDisk {
        fn drop(&mut self) {
            Command::new("umount").arg(&self.0).status().ok();
        }
    }

    let directory = tempfile::tempdir().unwrap();
    let mut mount = Command::new("mount");
    mount
        .args(["-t", "tmpfs", "-o", "size=64m", "tmpfs"])
        .arg(directory.path());
    assert!(
        mount.status().unwrap().success(),
        "this test must be allowed to mount a tmpfs: run it as root"
    );
    let disk = SmallDisk(directory.path().to_owned());
    let server = start_in(directory).await;
    let body = noise(1, 5 * MIB);
    let put = |number: usize| {
        let body = ByteStream::from(body.clone());
        server
            .client
            .put_object()
            .bucket(BUCKET)
            .key(number.to_string())
            .body(body)
            .send()
    };
    let mut count = 0;
    while put(count).await.is_ok() {
        count += 1;
    }
    assert!((5..13).contains(&count), "{count} objects of 5 MiB fit");
    let refused = put(count).await.unwrap_err();
    assert!(
        refused
            .raw_response()
            .is_none_or(|response| response.status().as_u16() == 507),
        "{refused:?}"
    );
    let list = server.client.list_objects_v2().bucket(BUCKET).send().await.unwrap();
    assert_eq!(list.contents().len(), count);
    for number in 0..count {
        assert!(server.get(&number.to_string()).await == body);
    }
    server
        .client
        .delete_object()
        .bucket(BUCKET)
        .key("0")
        .send()
        .await
        .unwrap();
    crate::support::eventually("room for one more", async || put(count).await.ok()).await;
    server.server.shutdown().await;
    assert_eq!(payloads(&disk.0), count);
    drop((disk, server.directory));
}
