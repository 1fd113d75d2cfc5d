//! What an owner does with an upload.

use domain::UploadState;

use crate::support::{Database, Service, decoded_seconds, send, tone, until, until_state};

pub(crate) async fn work_is_called_off_and_done_again(database: Database) {
    let service = Service::start(database).await;
    let file = service.file("drift.wav");
    tone(&file, 300);
    let ann = service.user(0, "ann").await;
    let id = send(&ann, &file).await;
    until_state(&ann, id, UploadState::Processing).await;
    let cancelled = ann.cancel(id).await.unwrap();
    assert_eq!(cancelled.state, UploadState::Failed);
    assert_eq!(cancelled.failure.unwrap().code, "cancelled");
    // Its worker hears of it with the next heartbeat, and leaves nothing.
    let deadline = tokio::time::Instant::now() + std::time::Duration::from_secs(30);
    while !service.others().is_empty() {
        assert!(tokio::time::Instant::now() < deadline, "the worker works on");
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    ann.retry(id).await.unwrap();
    let upload = until_state(&ann, id, UploadState::Ready).await;
    assert!(upload.failure.is_none());
}

pub(crate) async fn a_delete_can_be_taken_back_until_it_is_final(database: Database) {
    let service = Service::start(database).await;
    let file = service.file("drift.wav");
    tone(&file, 7);
    let ann = service.user(0, "ann").await;
    let id = send(&ann, &file).await;
    until_state(&ann, id, UploadState::Ready).await;
    let url = ann.playback(id).await.unwrap().url;
    ann.delete(id).await.unwrap();
    assert_eq!(ann.upload(id).await.unwrap_err().status(), Some(404));
    assert!(!reqwest::get(&url).await.unwrap().status().is_success());
    let restored = ann.restore(id).await.unwrap();
    assert_eq!((restored.state, restored.delete_at), (UploadState::Ready, None));
    let seconds = decoded_seconds(&url);
    assert!((seconds - 7.0).abs() < 0.1, "{seconds}");
}

pub(crate) async fn a_listener_plays_on_while_the_upload_is_packaged_again(database: Database) {
    let service = Service::start(database).await;
    let file = service.file("drift.wav");
    tone(&file, 30);
    let ann = service.user(0, "ann").await;
    let id = send(&ann, &file).await;
    until_state(&ann, id, UploadState::Ready).await;
    let before = ann.playback(id).await.unwrap().url;
    assert!(decoded_seconds(&before) > 29.0);
    ann.retry(id).await.unwrap();
    let meanwhile = until_state(&ann, id, UploadState::Processing).await;
    assert!(meanwhile.playable, "what was there plays on");
    assert!(decoded_seconds(&before) > 29.0);
    until_state(&ann, id, UploadState::Ready).await;
    // The listener's URL still plays the tree that it began with; a new one plays the new tree.
    assert!(decoded_seconds(&before) > 29.0);
    let after = ann.playback(id).await.unwrap().url;
    assert_ne!(before, after);
    assert!(decoded_seconds(&after) > 29.0);
}

pub(crate) async fn what_is_no_audio_fails_for_a_reason(database: Database) {
    let service = Service::start(database).await;
    let file = service.file("not-music.mp3");
    std::fs::write(&file, "all work and no play ".repeat(5_000)).unwrap();
    let ann = service.user(0, "ann").await;
    let id = send(&ann, &file).await;
    let upload = until(&ann, id, "failed", |upload| upload.state == UploadState::Failed).await;
    let failure = upload.failure.unwrap();
    // ffprobe takes a few bytes of the text for the head of an MP3 frame.
    assert_eq!((failure.code.as_str(), failure.retryable), ("corrupt", false));
    assert!(failure.message.contains("damaged"), "{}", failure.message);
    assert!(upload.purge_after.is_some());
}
