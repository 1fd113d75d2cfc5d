//! Users, uploads and jobs, put into the database as the API would.

use domain::{
    JobId, Secret, TreeName, UploadId, UserId,
    protocol::{PackageSpec, RenditionReport, Report, WorkerId},
};
use server::State;
use store::{Claim, Claimed, NewJob, NewUpload, NewUser, Registration, Settle, Settled, Upload};

/// An upload whose job waits.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Queued {
    pub(crate) user: UserId,
    pub(crate) upload: UploadId,
    pub(crate) job: JobId,
}

/// An attempt as its worker knows it.
#[derive(Debug, Clone)]
pub(crate) struct Attempt {
    pub(crate) queued: Queued,
    pub(crate) tree: TreeName,
    pub(crate) secret: Secret,
    pub(crate) worker: WorkerId,
}

pub(crate) async fn user(state: &State) -> UserId {
    let now = state.clock.now();
    let id = UserId::new(now, server::random_array());
    let user = NewUser {
        id,
        email: format!("{id}@example.org"),
        password_hash: "$argon2id$none".into(),
    };
    state
        .store
        .create_user(now, user, Registration::Operator)
        .await
        .unwrap();
    id
}

/// One of a user's uploads, settled with this `ETag`.
pub(crate) async fn queued_with(state: &State, user: UserId, etag: &str) -> Queued {
    let now = state.clock.now();
    let upload = UploadId::new(now, server::random_array());
    let reserved = NewUpload {
        id: upload,
        user,
        filename: "song.flac".into(),
        source_type: "flac".parse().unwrap(),
        size: 1_000,
        urls_until: now,
    };
    state.store.reserve(now, reserved, u32::MAX).await.unwrap();
    let source = Settled {
        etag: etag.into(),
        size: 1_000,
    };
    let job = NewJob {
        id: JobId::new(now, server::random_array()),
        spec: spec(),
        priority: 0,
    };
    let id = job.id;
    let settled = state.store.settle(now, upload, source, job).await.unwrap();
    assert_eq!(settled, Settle::Queued);
    Queued { user, upload, job: id }
}

/// One upload of a new user.
pub(crate) async fn queued(state: &State) -> Queued {
    let user = user(state).await;
    queued_with(state, user, "\"etag\"").await
}

/// The next attempt at a job, which must be the only one that waits.
pub(crate) async fn claimed(state: &State, queued: Queued) -> Attempt {
    let tree = TreeName::generate(server::random);
    let secret = server::new_secret();
    let claim = Claim {
        tree: tree.clone(),
        secret: secret.hash(),
        launcher: "test",
        cap: 1_000,
        slot_hint: 0,
        launch_lease: state.settings.launch_lease,
        deadline: state.settings.attempt_deadline,
        pace: None,
    };
    match state.store.claim(state.clock.now(), claim).await.unwrap() {
        Claimed::Job(job) => assert_eq!(job.job, queued.job),
        other => panic!("no job: {other:?}"),
    }
    Attempt {
        queued,
        tree,
        secret,
        worker: worker(),
    }
}

pub(crate) fn worker() -> WorkerId {
    let name = format!("worker-{}", TreeName::generate(server::random));
    name.try_into().unwrap()
}

pub(crate) async fn seen(state: &State, queued: Queued) -> Upload {
    state.store.upload(queued.user, queued.upload).await.unwrap()
}

pub(crate) fn spec() -> PackageSpec {
    PackageSpec {
        ladder: "64k,128k".parse().unwrap(),
        max_duration_seconds: 43_200,
    }
}

/// Of a tree with two segments in each rendition.
pub(crate) fn report() -> Report {
    let rendition = |rung: &str, bandwidth| RenditionReport {
        rung: rung.parse().unwrap(),
        segments: 2,
        bandwidth,
        average_bandwidth: bandwidth - 1,
    };
    Report {
        duration_seconds: 11.5,
        codec: "flac".into(),
        title: Some("Frontiers".into()),
        artist: None,
        album: None,
        renditions: vec![rendition("64k", 80_000), rendition("128k", 150_000)],
    }
}
