//! The worker protocol: what each call does, and who is turned away.

use bytes::Bytes;
use domain::{
    Failure, ObjectKey, Secret, SourceType, TreeFile, UploadState,
    protocol::{
        FileToPut, Finish, Grant, Granted, Heartbeat, JOB_SECRET, LARGEST_FILE, MOST_GRANTED, Outcome, POOL_SECRET,
        Report, Start, Started, WORKER_SECRET as WORKER_HEADER, WorkerId,
    },
};
use reqwest::{RequestBuilder, StatusCode};
use serde::Serialize;
use serde_json::{Value, json};
use server::Clock;
use store::Progress;

use crate::{
    queue::{self, Attempt, Queued, claimed, queued, report, seen, worker},
    support::{Server, WORKER_SECRET},
};

const VERBS: [&str; 4] = ["start", "heartbeat", "grant", "finish"];

impl Server {
    fn callback(&self, attempt: &Attempt, verb: &str) -> RequestBuilder {
        let path = format!("/api/internal/jobs/{}/{verb}", attempt.queued.job);
        self.http
            .post(self.url(&path))
            .header(WORKER_HEADER, WORKER_SECRET)
            .header(JOB_SECRET, attempt.secret.reveal())
    }

    async fn call(&self, attempt: &Attempt, verb: &str, body: &impl Serialize) -> (StatusCode, Value) {
        answer(self.callback(attempt, verb).json(body)).await
    }

    /// A call of any kind by this worker.
    pub(crate) async fn any(&self, attempt: &Attempt, verb: &str) -> (StatusCode, Value) {
        self.call(attempt, verb, &body(verb, &attempt.worker)).await
    }

    pub(crate) async fn started(&self) -> Attempt {
        let attempt = claimed(&self.app, queued(&self.app).await).await;
        assert_eq!(self.any(&attempt, "start").await.0, 200);
        attempt
    }

    async fn granted(&self, attempt: &Attempt, files: &[FileToPut]) -> (StatusCode, Value) {
        let grant = Grant {
            worker_id: attempt.worker.clone(),
            files: files.to_vec(),
        };
        self.call(attempt, "grant", &grant).await
    }

    /// Sends files of a tree as a worker would.
    pub(crate) async fn put(&self, attempt: &Attempt, files: &[TreeFile]) {
        let files: Vec<_> = files.iter().map(|file| FileToPut { file: *file, size: 3 }).collect();
        let (status, granted) = self.granted(attempt, &files).await;
        assert_eq!(status, 200, "{granted}");
        let granted: Granted = serde_json::from_value(granted).unwrap();
        for put in granted.puts {
            let request = self.http.put(put.url.reveal()).body("abc");
            let request = put
                .headers
                .iter()
                .fold(request, |request, (name, value)| request.header(name, value));
            assert_eq!(request.send().await.unwrap().status(), 200);
        }
    }

    pub(crate) async fn finish(&self, attempt: &Attempt, outcome: Outcome) -> (StatusCode, Value) {
        let finish = Finish {
            worker_id: attempt.worker.clone(),
            outcome,
        };
        self.call(attempt, "finish", &finish).await
    }

    pub(crate) async fn ready(&self, attempt: &Attempt, report: Report) -> (StatusCode, Value) {
        self.finish(attempt, Outcome::Ready { report }).await
    }

    async fn state(&self, queued: Queued) -> UploadState {
        seen(&self.app, queued).await.state
    }
}

async fn answer(request: RequestBuilder) -> (StatusCode, Value) {
    let answer = request.send().await.unwrap();
    (answer.status(), answer.json().await.unwrap())
}

/// What a worker that means well sends.
fn body(verb: &str, worker: &WorkerId) -> Value {
    let worker_id = worker.clone();
    match verb {
        "start" => json!(Start {
            worker_id,
            execution: None
        }),
        "heartbeat" => json!(Heartbeat {
            worker_id,
            progress: [("64k".parse().unwrap(), 1.5)].into(),
            duration_seconds: Some(180.5),
        }),
        "grant" => json!(Grant {
            worker_id,
            files: vec![segment(0)]
        }),
        _ => json!(Finish {
            worker_id,
            outcome: Outcome::HandedBack
        }),
    }
}

fn segment(index: u32) -> FileToPut {
    FileToPut {
        file: TreeFile::Segment("64k".parse().unwrap(), index),
        size: 3,
    }
}

fn is_problem(answer: &(StatusCode, Value), status: u16, code: &str) {
    assert_eq!(answer.0, status, "{}", answer.1);
    assert_eq!(answer.1["code"], code);
}

#[tokio::test]
async fn a_start_answers_with_all_that_the_work_needs() {
    let server = Server::start().await;
    let user = queue::user(&server.app).await;
    // The source comes first, since the job is bound to its ETag; so it is copied to where the upload turns out to be.
    let content = Bytes::from_static(b"music");
    let etag = server
        .app
        .bucket
        .put_small("elsewhere", content.clone(), "audio/flac", None)
        .await
        .unwrap();
    let queued = queue::queued_with(&server.app, user, &etag).await;
    let key = server.app.settings.prefix.key(&ObjectKey::Source {
        user,
        upload: queued.upload,
        source_type: "flac".parse::<SourceType>().unwrap(),
    });
    server
        .app
        .bucket
        .put_small(&key, content, "audio/flac", None)
        .await
        .unwrap();

    let attempt = claimed(&server.app, queued).await;
    for _ in 0..2 {
        let (status, started) = server.any(&attempt, "start").await;
        assert_eq!(status, 200, "{started}");
        let started: Started = serde_json::from_value(started).unwrap();
        assert_eq!((started.upload, started.attempt), (queued.upload, 1));
        assert_eq!((started.lease_seconds, started.source.size), (60, 1_000));
        assert!((21_590..=21_600).contains(&started.deadline_seconds));
        assert_eq!(started.spec, queue::spec());
        let source = server.http.get(started.source.url.reveal());
        let source = source.header("if-match", &started.source.etag).send().await.unwrap();
        assert_eq!(source.text().await.unwrap(), "music");
    }
    assert_eq!(server.state(queued).await, UploadState::Processing);
}

#[tokio::test]
async fn without_the_secret_of_all_workers_nothing_is_told() {
    let server = Server::start().await;
    let attempt = server.started().await;
    for verb in VERBS {
        for job in [
            &*attempt.queued.job.to_string(),
            &*attempt.queued.upload.to_string(),
            "nonsense",
        ] {
            let url = server.url(&format!("/api/internal/jobs/{job}/{verb}"));
            for secret in [None, Some(""), Some("wrong"), Some(attempt.secret.reveal())] {
                let mut request = server.http.post(&url).header(JOB_SECRET, attempt.secret.reveal());
                if let Some(secret) = secret {
                    request = request.header(WORKER_HEADER, secret);
                }
                is_problem(&answer(request.body("not even JSON")).await, 401, "unauthorized");
            }
        }
    }
    assert_eq!(server.state(attempt.queued).await, UploadState::Processing);
}

#[tokio::test]
async fn a_secret_is_good_for_its_own_attempt_only() {
    let server = Server::start().await;
    let attempt = server.started().await;
    let other = server.started().await;
    for secret in [
        Secret::new("wrong"),
        Secret::new(""),
        other.secret.clone(),
        Secret::new(WORKER_SECRET),
    ] {
        let wrong = Attempt {
            secret,
            ..attempt.clone()
        };
        for verb in VERBS {
            is_problem(&server.any(&wrong, verb).await, 401, "unauthorized");
        }
    }
    let path = format!("/api/internal/jobs/{}/heartbeat", attempt.queued.job);
    let without = server.http.post(server.url(&path)).header(WORKER_HEADER, WORKER_SECRET);
    is_problem(&answer(without).await, 401, "unauthorized");
    assert_eq!(server.any(&attempt, "heartbeat").await.0, 200);
}

#[tokio::test]
async fn an_attempt_that_was_followed_by_another_changes_nothing() {
    let server = Server::start().await;
    let old = server.started().await;
    assert_eq!(server.finish(&old, Outcome::HandedBack).await.0, 200);
    let new = claimed(&server.app, old.queued).await;
    assert_eq!(server.any(&new, "start").await.0, 200);
    for verb in ["start", "heartbeat", "grant"] {
        is_problem(&server.any(&old, verb).await, 410, "attempt_over");
    }
    is_problem(&server.ready(&old, report()).await, 410, "attempt_over");
    assert_eq!(
        server.finish(&old, Outcome::HandedBack).await.0,
        200,
        "but may repeat what it said"
    );
    assert_eq!(server.any(&new, "heartbeat").await.0, 200);
}

#[tokio::test]
async fn a_second_process_is_turned_away() {
    let server = Server::start().await;
    let attempt = server.started().await;
    let second = Attempt {
        worker: worker(),
        ..attempt.clone()
    };
    for verb in VERBS {
        is_problem(&server.any(&second, verb).await, 409, "other_worker");
    }
    let early = claimed(&server.app, queued(&server.app).await).await;
    for verb in &VERBS[1..] {
        is_problem(&server.any(&early, verb).await, 409, "other_worker");
    }
}

#[tokio::test]
async fn a_job_that_is_not_there_is_not_found() {
    let server = Server::start().await;
    let attempt = server.started().await;
    for job in [&*attempt.queued.upload.to_string(), "nonsense", "..%2f"] {
        for verb in VERBS {
            let url = server.url(&format!("/api/internal/jobs/{job}/{verb}"));
            let request = server.http.post(url).header(WORKER_HEADER, WORKER_SECRET);
            let request = request.header(JOB_SECRET, attempt.secret.reveal());
            is_problem(
                &answer(request.json(&body(verb, &attempt.worker))).await,
                404,
                "not_found",
            );
        }
    }
}

#[tokio::test]
async fn what_is_no_message_is_refused() {
    let server = Server::start().await;
    let attempt = server.started().await;
    is_problem(
        &server.call(&attempt, "heartbeat", &json!({})).await,
        400,
        "bad_request",
    );
    let short = json!({"worker_id": "x"});
    is_problem(&server.call(&attempt, "heartbeat", &short).await, 400, "bad_request");
    let long = json!({"worker_id": attempt.worker, "padding": "x".repeat(70_000)});
    is_problem(&server.call(&attempt, "heartbeat", &long).await, 413, "body_too_large");
}

#[tokio::test]
async fn a_heartbeat_tells_how_far_the_work_is_and_how_long_it_is_all_in_all() {
    let server = Server::start().await;
    let attempt = server.started().await;
    let Queued { user, upload, .. } = attempt.queued;
    let progress = async || server.app.store.entry(user, upload).await.unwrap().progress;
    assert_eq!(progress().await, None);
    assert_eq!(server.any(&attempt, "heartbeat").await.0, 200);
    let told = Progress {
        total: Some(180.5),
        ..[("64k".parse().unwrap(), 1.5)].into()
    };
    assert_eq!(progress().await, Some(told));
    // What no recording has ends no attempt, and is not shown.
    let odd = json!({"worker_id": attempt.worker, "duration_seconds": 1e300});
    assert_eq!(server.call(&attempt, "heartbeat", &odd).await.0, 200);
    assert_eq!(progress().await, Some(Progress::default()));
}

#[tokio::test]
async fn a_grant_is_for_files_of_the_tree_and_for_these_lengths() {
    let server = Server::start().await;
    let attempt = server.started().await;
    let too_many: Vec<_> = (0..=MOST_GRANTED)
        .map(|index| segment(u32::try_from(index).unwrap()))
        .collect();
    for files in [&too_many[..], &[]] {
        is_problem(&server.granted(&attempt, files).await, 400, "bad_grant");
    }
    for size in [0, LARGEST_FILE + 1, u64::MAX] {
        let file = FileToPut { size, ..segment(0) };
        is_problem(&server.granted(&attempt, &[file]).await, 400, "bad_grant");
    }
    for foreign in ["96k/playlist.m3u8", "96k/segment_000.ts"] {
        let file = FileToPut {
            file: foreign.parse().unwrap(),
            size: 3,
        };
        is_problem(&server.granted(&attempt, &[segment(0), file]).await, 400, "bad_grant");
    }
    for name in [
        "../master.m3u8",
        "/master.m3u8",
        "64k/../../x.ts",
        "64k/segment_0.ts",
        "source.flac",
        ".segue",
    ] {
        let grant = json!({"worker_id": attempt.worker, "files": [{"file": name, "size": 3}]});
        is_problem(&server.call(&attempt, "grant", &grant).await, 400, "bad_request");
    }

    let (status, granted) = server.granted(&attempt, &too_many[..MOST_GRANTED]).await;
    assert_eq!(status, 200);
    let granted: Granted = serde_json::from_value(granted).unwrap();
    assert_eq!((granted.puts.len(), granted.expires_in_seconds), (MOST_GRANTED, 900));
    let first = &granted.puts[0];
    assert_eq!(first.file, segment(0).file);
    assert_eq!(first.headers["cache-control"], "public, max-age=31536000, immutable");
    assert_eq!(first.headers["content-type"], "video/mp2t");
    let send = |body: &'static str, content_type: &'static str| {
        let request = server.http.put(first.url.reveal()).header("content-type", content_type);
        let request = request
            .header("cache-control", &first.headers["cache-control"])
            .body(body);
        async { request.send().await.unwrap().status() }
    };
    assert_eq!(send("abcd", "video/mp2t").await, 403);
    assert_eq!(send("abc", "text/html").await, 403);
    assert_eq!(send("abc", "video/mp2t").await, 200);
    let key = server.app.settings.prefix.key(&ObjectKey::Tree {
        user: attempt.queued.user,
        upload: attempt.queued.upload,
        tree: attempt.tree.clone(),
        file: first.file,
    });
    assert_eq!(server.app.bucket.head(&key).await.unwrap().unwrap().size, 3);
}

#[tokio::test]
async fn a_whole_tree_is_published_once() {
    let server = Server::start().await;
    let attempt = server.started().await;
    server.put(&attempt, &report().files().collect::<Vec<_>>()).await;
    for _ in 0..2 {
        assert_eq!(server.ready(&attempt, report()).await, (StatusCode::OK, json!({})));
    }
    let upload = seen(&server.app, attempt.queued).await;
    assert_eq!(upload.state, UploadState::Ready);
    assert_eq!(upload.published.unwrap().tree, attempt.tree);
    assert_eq!(upload.title.as_deref(), Some("Frontiers"));
    for verb in ["start", "heartbeat", "grant", "finish"] {
        is_problem(&server.any(&attempt, verb).await, 410, "attempt_over");
    }
}

#[tokio::test]
async fn what_is_not_whole_is_not_published() {
    let server = Server::start().await;
    let attempt = server.started().await;
    let files: Vec<_> = report().files().collect();
    server.put(&attempt, &files[1..]).await;
    is_problem(&server.ready(&attempt, report()).await, 409, "tree_incomplete");
    // Now with as many files as are reported, but not the same.
    let foreign = TreeFile::Segment("64k".parse().unwrap(), 2);
    server.put(&attempt, &[foreign]).await;
    is_problem(&server.ready(&attempt, report()).await, 409, "tree_incomplete");
    server.put(&attempt, &files).await;
    is_problem(&server.ready(&attempt, report()).await, 409, "tree_incomplete");
    let upload = seen(&server.app, attempt.queued).await;
    assert_eq!((upload.state, upload.published), (UploadState::Processing, None));
    let failure = Failure::transient("bucket", "the files did not arrive");
    assert_eq!(server.finish(&attempt, Outcome::Failed { failure }).await.0, 200);
    assert_eq!(server.state(attempt.queued).await, UploadState::Queued);
}

#[tokio::test]
async fn a_report_that_does_not_fit_is_refused() {
    let server = Server::start().await;
    let attempt = server.started().await;
    server.put(&attempt, &report().files().collect::<Vec<_>>()).await;
    let damaged = |damage: fn(&mut Report)| {
        let mut report = report();
        damage(&mut report);
        report
    };
    for bad in [
        damaged(|report| report.renditions.truncate(1)),
        damaged(|report| report.duration_seconds = 1e9),
        damaged(|report| report.renditions[0].segments = 3),
        damaged(|report| report.renditions[0].average_bandwidth = 0),
    ] {
        is_problem(&server.ready(&attempt, bad).await, 400, "bad_report");
    }
    // Fits, but claims as many as there are names for, and hardly any are there: this must cost no memory.
    let huge = damaged(|report| {
        for rendition in &mut report.renditions {
            rendition.segments = 100_000;
        }
    });
    is_problem(&server.ready(&attempt, huge).await, 409, "tree_incomplete");
    assert_eq!(server.state(attempt.queued).await, UploadState::Processing);
}

#[tokio::test]
async fn a_failure_ends_or_requeues_the_job() {
    let server = Server::start().await;
    let attempt = server.started().await;
    let failure = Failure::permanent("not_audio", "this is no audio");
    for _ in 0..2 {
        let failure = failure.clone();
        assert_eq!(server.finish(&attempt, Outcome::Failed { failure }).await.0, 200);
    }
    let upload = seen(&server.app, attempt.queued).await;
    assert_eq!((upload.state, upload.failure), (UploadState::Failed, Some(failure)));
}

#[tokio::test]
async fn work_that_was_called_off_stops_and_publishes_nothing() {
    let server = Server::start().await;
    let attempt = server.started().await;
    server.put(&attempt, &report().files().collect::<Vec<_>>()).await;
    let Queued { user, upload, .. } = attempt.queued;
    server
        .app
        .store
        .cancel(server.app.clock.now(), user, upload)
        .await
        .unwrap();
    let (status, order) = server.any(&attempt, "heartbeat").await;
    assert_eq!((status, order), (StatusCode::OK, json!({"order": "stop"})));
    is_problem(&server.ready(&attempt, report()).await, 410, "attempt_over");
    is_problem(&server.granted(&attempt, &[segment(0)]).await, 410, "attempt_over");
    let upload = seen(&server.app, attempt.queued).await;
    assert_eq!((upload.state, upload.published), (UploadState::Failed, None));
}

#[tokio::test]
async fn a_pool_pulls_where_that_is_switched_on() {
    let pulling = Server::start_with(Clock::default(), |settings| {
        settings.pool_secret = Some(Secret::new("the secret of the pool"));
    });
    let (server, without) = (pulling.await, Server::start().await);
    let claim = |server: &Server, worker_secret: &str, pool_secret: &str| {
        let request = server.http.post(server.url("/api/internal/jobs/claim"));
        let request = request
            .header(WORKER_HEADER, worker_secret)
            .header(POOL_SECRET, pool_secret);
        async { request.send().await.unwrap() }
    };
    let right = "the secret of the pool";
    assert_eq!(claim(&without, WORKER_SECRET, right).await.status(), 404);
    assert_eq!(claim(&server, WORKER_SECRET, right).await.status(), 204);
    let queued = queued(&server.app).await;
    for (worker_secret, pool_secret) in [(WORKER_SECRET, "wrong"), ("wrong", right), ("", "")] {
        assert_eq!(claim(&server, worker_secret, pool_secret).await.status(), 401);
    }
    let claimed: domain::protocol::Claimed = claim(&server, WORKER_SECRET, right).await.json().await.unwrap();
    assert_eq!(claimed.job, queued.job);
    assert_eq!(claim(&server, WORKER_SECRET, right).await.status(), 204);
    let attempt = Attempt {
        queued,
        tree: "0123456789abcdef".parse().unwrap(),
        secret: claimed.job_secret,
        worker: worker(),
    };
    assert_eq!(server.any(&attempt, "start").await.0, 200);
}
