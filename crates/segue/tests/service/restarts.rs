//! Servers that end in the middle of work.

use domain::UploadState;
use rustix::process::Signal;

use crate::support::{Database, Service, send, tone, until_state};

pub(crate) async fn a_terminated_server_takes_the_work_back(database: Database) {
    let mut service = Service::start(database).await;
    let file = service.file("drift.wav");
    tone(&file, 300);
    let ann = service.user(0, "ann").await;
    let id = send(&ann, &file).await;
    until_state(&ann, id, UploadState::Processing).await;
    service.signal(0, Signal::TERM);
    assert!(service.ended(0).await.success(), "{}", service.said());
    assert_eq!(service.others(), [0_u32; 0], "the workers ended before the server");
    service.restart(0).await;
    // Nobody has lost a try, and nobody waits for a lease to run out.
    let upload = until_state(&ann, id, UploadState::Ready).await;
    assert!(upload.failure.is_none());
    assert!(
        service.said().contains("handing the attempt back"),
        "{}",
        service.said()
    );
}

pub(crate) async fn workers_outlive_a_killed_server(database: Database) {
    let mut service = Service::start(database).await;
    let file = service.file("drift.wav");
    tone(&file, 300);
    let ann = service.user(0, "ann").await;
    let id = send(&ann, &file).await;
    until_state(&ann, id, UploadState::Processing).await;
    let before = service.others();
    service.signal(0, Signal::KILL);
    service.ended(0).await;
    assert!(!service.others().is_empty(), "the worker carries on");
    service.restart(0).await;
    until_state(&ann, id, UploadState::Ready).await;
    let starts = service.said().matches("attempt=2").count();
    assert_eq!(starts, 0, "the first attempt ended it; {before:?}\n{}", service.said());
}
