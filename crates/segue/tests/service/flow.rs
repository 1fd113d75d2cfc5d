//! The way of an upload.

use client::{Sent, Uploader};
use domain::UploadState;

use crate::support::{Database, Service, decoded_seconds, send, tone, until_state};

pub(crate) async fn a_file_becomes_a_stream(database: Database) {
    let service = Service::start(database).await;
    let file = service.file("drift.wav");
    tone(&file, 20);
    let ann = service.user(0, "ann").await;
    let id = send(&ann, &file).await;
    let upload = until_state(&ann, id, UploadState::Ready).await;
    assert!(upload.playable);
    assert_eq!(
        (upload.title.as_deref(), upload.artist.as_deref()),
        (Some("Drift"), Some("Two Tones"))
    );
    assert_eq!(upload.codec.as_deref(), Some("pcm_s24le"));
    let renditions = upload.renditions.unwrap();
    let names: Vec<&str> = renditions.iter().map(|rendition| rendition.name.as_str()).collect();
    assert_eq!(names, ["64k", "128k", "192k", "256k"]);
    for rendition in &renditions {
        let nominal = rendition.name.trim_end_matches('k').parse::<u64>().unwrap() * 1000;
        // Measured, so never just what was asked for.
        assert!(rendition.average_bandwidth != nominal && rendition.bandwidth >= rendition.average_bandwidth);
    }
    let playback = ann.playback(id).await.unwrap();
    let seconds = decoded_seconds(&playback.url);
    assert!((seconds - 20.0).abs() < 0.1, "{seconds}");
    assert!((upload.duration_seconds.unwrap() - seconds).abs() < 0.1);
    // The log follows it by one id from the request to the worker, and holds no secret.
    let said = service.said();
    let following = said.lines().filter(|line| line.contains(&id.to_string())).count();
    assert!(following >= 3, "{said}");
    for secret in [
        "X-Amz-Signature",
        crate::support::PASSWORD,
        "the secret of all workers",
        "what signs the tokens",
    ] {
        assert!(!said.contains(secret), "{secret}\n{said}");
    }
}

pub(crate) async fn an_interrupted_transfer_goes_on_where_it_stopped(database: Database) {
    let service = Service::start(database).await;
    let file = service.file("long.wav");
    tone(&file, 90);
    let ann = service.user(0, "ann").await;
    let states = || Some(client::StateDir::at(service.file("states")));
    let (progress, mut watched) = tokio::sync::watch::channel(Sent::default());
    let uploader = Uploader::new(&ann, states());
    {
        let sending = uploader.send(&file, &progress);
        tokio::pin!(sending);
        // Dropped midway, as by a lost connection or a closed lid.
        tokio::select! {
            sent = &mut sending => panic!("it was sent too fast to be interrupted: {sent:?}"),
            passed = watched.wait_for(|sent| sent.bytes > sent.total / 2) => assert!(passed.is_ok()),
        }
    }
    let page = ann.list(&client::List::all()).await.unwrap();
    assert_eq!(page.uploads.len(), 1);
    let id = page.uploads[0].id;
    let sent = Uploader::new(&ann, states()).send(&file, &progress).await.unwrap();
    assert_eq!(sent.id, id, "the same upload goes on");
    until_state(&ann, id, UploadState::Ready).await;
    let seconds = decoded_seconds(&ann.playback(id).await.unwrap().url);
    assert!((seconds - 90.0).abs() < 0.1, "{seconds}");
}
