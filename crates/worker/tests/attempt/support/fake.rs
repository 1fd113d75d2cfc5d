//! The server and the bucket that the worker meets: both on one port of this machine, both as faulty as a test wants.

use std::{
    collections::BTreeMap,
    io,
    sync::{Arc, Mutex},
};

use axum::{
    Json, Router,
    body::{Body, Bytes},
    extract::{Path, State},
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
    routing::{get, post, put},
};
use domain::{
    Secret, TreeFile,
    protocol::{
        Finish, Grant, Granted, Heartbeat, JOB_SECRET, Order, Outcome, PackageSpec, PresignedPut, Source, Start,
        Started, WORKER_SECRET, WorkerId,
    },
};
use futures_util::{StreamExt, stream};
use serde_json::json;
use tokio::{net::TcpListener, sync::watch, task::JoinHandle};

pub(crate) const JOB: &str = "018bcfe5-6800-7fff-bfff-ffffffffffff";
const ETAG: &str = "\"1b2cf535f27731c974343645a3985328\"";

/// What the worker wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Verb {
    Start,
    Heartbeat,
    Grant,
    Finish,
    Get,
    Put,
}

/// A request, as faults are chosen by it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Call {
    pub(crate) verb: Verb,
    /// The first of its verb is 1; PUTs are counted for each file.
    pub(crate) nth: usize,
    pub(crate) file: Option<TreeFile>,
}

/// What befalls a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fault {
    None,
    /// It is answered so, and nothing happens.
    Answer(u16),
    /// It is done, and the connection breaks before the answer.
    Lose,
    /// It is answered when the test opens the gate.
    Hold,
    /// A heartbeat is answered with "stop".
    Stop,
    /// The body of a GET breaks off after so many bytes.
    Cut(usize),
}

type Choose = Box<dyn Fn(Call) -> Fault + Send + Sync>;

/// What the server tells the worker.
#[derive(Debug, Clone)]
pub(crate) struct Terms {
    pub(crate) spec: PackageSpec,
    pub(crate) lease_seconds: u32,
    pub(crate) deadline_seconds: u32,
    pub(crate) urls_live_seconds: u32,
    /// As the server has it noted.
    pub(crate) source_size: u64,
    pub(crate) etag: String,
}

pub(crate) struct Fake {
    pub(crate) url: String,
    state: Arc<Shared>,
    server: JoinHandle<()>,
}

struct Shared {
    url: String,
    terms: Terms,
    sound: Vec<u8>,
    choose: Choose,
    gate: watch::Sender<bool>,
    seen: watch::Sender<Seen>,
    /// The files in flight now, and the most there were.
    sending: Mutex<(usize, usize)>,
}

/// What has happened so far.
#[derive(Debug, Clone, Default)]
pub(crate) struct Seen {
    /// In order.
    pub(crate) calls: Vec<(Verb, Option<TreeFile>)>,
    pub(crate) worker: Option<WorkerId>,
    pub(crate) execution: Option<String>,
    pub(crate) outcome: Option<Outcome>,
    /// What the bucket holds, in the order it came.
    pub(crate) objects: Vec<(TreeFile, Bytes)>,
    pub(crate) granted: BTreeMap<TreeFile, u64>,
    /// The first byte of each GET.
    pub(crate) gets_from: Vec<u64>,
    pub(crate) progress: Option<Heartbeat>,
    /// What no worker may do.
    pub(crate) violations: Vec<String>,
}

impl Seen {
    pub(crate) fn count(&self, verb: Verb) -> usize {
        self.calls.iter().filter(|(seen, _)| *seen == verb).count()
    }
}

impl Terms {
    pub(crate) fn new(sound: &[u8]) -> Self {
        Terms {
            spec: PackageSpec {
                ladder: "64k,128k".parse().unwrap(),
                max_duration_seconds: 43_200,
            },
            lease_seconds: 60,
            deadline_seconds: 21_600,
            urls_live_seconds: 900,
            source_size: sound.len() as u64,
            etag: ETAG.into(),
        }
    }
}

impl Fake {
    pub(crate) async fn new(
        sound: Vec<u8>,
        terms: Terms,
        choose: impl Fn(Call) -> Fault + Send + Sync + 'static,
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let state = Arc::new(Shared {
            url: url.clone(),
            terms,
            sound,
            choose: Box::new(choose),
            gate: watch::Sender::new(false),
            seen: watch::Sender::default(),
            sending: Mutex::default(),
        });
        let routes = Router::new()
            .route("/api/internal/jobs/{job}/start", post(start))
            .route("/api/internal/jobs/{job}/heartbeat", post(heartbeat))
            .route("/api/internal/jobs/{job}/grant", post(grant))
            .route("/api/internal/jobs/{job}/finish", post(finish))
            .route("/bucket/source", get(source))
            .route("/bucket/tree/{*file}", put(object))
            .with_state(Arc::clone(&state));
        let server = tokio::spawn(async move { axum::serve(listener, routes).await.unwrap() });
        Fake { url, state, server }
    }

    pub(crate) fn seen(&self) -> Seen {
        self.state.seen.borrow().clone()
    }

    /// Waits until this has happened; the test's own deadline is the limit.
    pub(crate) async fn until(&self, happened: impl FnMut(&Seen) -> bool) {
        let mut seen = self.state.seen.subscribe();
        seen.wait_for(happened).await.unwrap();
    }

    /// Answers what was held, and holds nothing any more.
    pub(crate) fn open_gate(&self) {
        self.state.gate.send_replace(true);
    }

    pub(crate) fn most_sent_at_once(&self) -> usize {
        self.state.sending.lock().unwrap().1
    }
}

impl Drop for Fake {
    fn drop(&mut self) {
        self.server.abort();
    }
}

impl Shared {
    /// Notes a request, and says what befalls it.
    fn note(&self, verb: Verb, file: Option<TreeFile>) -> Fault {
        let mut nth = 0;
        self.seen.send_modify(|seen| {
            seen.calls.push((verb, file));
            nth = seen.calls.iter().filter(|call| **call == (verb, file)).count();
        });
        (self.choose)(Call { verb, nth, file })
    }

    fn violation(&self, what: String) {
        self.seen.send_modify(|seen| seen.violations.push(what));
    }

    /// Before anything is done. `Err` is the answer.
    async fn befall(&self, fault: Fault) -> Result<(), Response> {
        match fault {
            Fault::Answer(status) => Err(problem(status)),
            Fault::Hold => {
                let mut gate = self.gate.subscribe();
                gate.wait_for(|open| *open).await.unwrap();
                Ok(())
            }
            _ => Ok(()),
        }
    }

    /// The checks that every callback begins with. `Err` is the status of the answer.
    fn admit(&self, headers: &HeaderMap, worker: &WorkerId) -> Result<(), u16> {
        let is = |name, secret: &str| headers.get(name).is_some_and(|value| value == secret);
        if !is(WORKER_SECRET, "worker-secret") || !is(JOB_SECRET, "job-secret") {
            return Err(401);
        }
        let seen = self.seen.borrow();
        if seen.worker.as_ref().is_some_and(|bound| bound != worker) {
            return Err(409);
        }
        Ok(())
    }

    fn is_over(&self) -> bool {
        self.seen.borrow().outcome.is_some()
    }
}

fn problem(status: u16) -> Response {
    let status = StatusCode::from_u16(status).unwrap();
    let body = json!({ "type": "about:blank", "status": status.as_u16(), "code": "as_the_test_wants" });
    let kind = [(header::CONTENT_TYPE, "application/problem+json")];
    (status, kind, body.to_string()).into_response()
}

fn answer(fault: Fault, body: impl serde::Serialize) -> Response {
    if fault == Fault::Lose {
        return broken_off(StatusCode::OK, 10, Bytes::new());
    }
    Json(body).into_response()
}

/// `body`, and then a broken connection where `length` bytes were promised.
fn broken_off(status: StatusCode, length: usize, body: Bytes) -> Response {
    // The pause lets the first piece out: what waits to be sent when a body fails is lost with it.
    let pieces = stream::iter([Ok(body)]).chain(stream::once(async {
        tokio::task::yield_now().await;
        Err(io::Error::other("as the test wants"))
    }));
    let mut response = Response::new(Body::from_stream(pieces));
    *response.status_mut() = status;
    response.headers_mut().insert(header::CONTENT_LENGTH, length.into());
    response
}

type Answer = Result<Response, Response>;

async fn start(State(fake): State<Arc<Shared>>, headers: HeaderMap, Json(start): Json<Start>) -> Answer {
    let fault = fake.note(Verb::Start, None);
    fake.befall(fault).await?;
    fake.admit(&headers, &start.worker_id).map_err(problem)?;
    if fake.is_over() {
        return Err(problem(410));
    }
    fake.seen.send_modify(|seen| {
        seen.worker = Some(start.worker_id);
        seen.execution = start.execution;
    });
    let terms = &fake.terms;
    let started = Started {
        attempt: 1,
        spec: terms.spec.clone(),
        source: Source {
            url: Secret::new(format!("{}/bucket/source?X-Amz-Signature=source", fake.url)),
            etag: terms.etag.clone(),
            size: terms.source_size,
            source_type: "wav".parse().unwrap(),
        },
        lease_seconds: terms.lease_seconds,
        deadline_seconds: terms.deadline_seconds,
    };
    Ok(answer(fault, started))
}

async fn heartbeat(State(fake): State<Arc<Shared>>, headers: HeaderMap, Json(beat): Json<Heartbeat>) -> Answer {
    let fault = fake.note(Verb::Heartbeat, None);
    fake.befall(fault).await?;
    fake.admit(&headers, &beat.worker_id).map_err(problem)?;
    if fake.is_over() {
        return Err(problem(410));
    }
    fake.seen.send_modify(|seen| seen.progress = Some(beat));
    let order = match fault {
        Fault::Stop => Order::Stop,
        _ => Order::Continue {
            lease_seconds: fake.terms.lease_seconds,
        },
    };
    Ok(answer(fault, order))
}

async fn grant(State(fake): State<Arc<Shared>>, headers: HeaderMap, Json(grant): Json<Grant>) -> Answer {
    let fault = fake.note(Verb::Grant, None);
    fake.befall(fault).await?;
    fake.admit(&headers, &grant.worker_id).map_err(problem)?;
    if fake.is_over() {
        return Err(problem(410));
    }
    let mut puts = Vec::new();
    for file in grant.files {
        fake.seen.send_modify(|seen| {
            seen.granted.insert(file.file, file.size);
        });
        let headers = [
            ("content-type", file.file.content_type()),
            ("cache-control", "public, max-age=31536000, immutable"),
            ("if-none-match", "*"),
        ];
        puts.push(PresignedPut {
            file: file.file,
            url: Secret::new(format!("{}/bucket/tree/{}?X-Amz-Signature=put", fake.url, file.file)),
            headers: headers.map(|(name, value)| (name.into(), value.into())).into(),
        });
    }
    let granted = Granted {
        puts,
        expires_in_seconds: fake.terms.urls_live_seconds,
    };
    Ok(answer(fault, granted))
}

async fn finish(State(fake): State<Arc<Shared>>, headers: HeaderMap, Json(finish): Json<Finish>) -> Answer {
    let fault = fake.note(Verb::Finish, None);
    fake.befall(fault).await?;
    fake.admit(&headers, &finish.worker_id).map_err(problem)?;
    let mut is_first_or_same = true;
    fake.seen.send_modify(|seen| match &seen.outcome {
        Some(outcome) => is_first_or_same = *outcome == finish.outcome,
        None if seen.worker.is_none() => is_first_or_same = false,
        None => seen.outcome = Some(finish.outcome),
    });
    if is_first_or_same {
        Ok(answer(fault, json!({})))
    } else {
        Err(problem(410))
    }
}

async fn source(State(fake): State<Arc<Shared>>, headers: HeaderMap) -> Answer {
    let fault = fake.note(Verb::Get, None);
    fake.befall(fault).await?;
    check_for_secrets(&fake, &headers);
    if headers.get(header::IF_MATCH).is_none_or(|etag| etag != ETAG) {
        return Err(problem(412));
    }
    let whole = fake.sound.len();
    let range = headers.get(header::RANGE).map(|range| range.to_str().unwrap());
    let from: usize = range.map_or(0, |range| {
        let from = range.strip_prefix("bytes=").and_then(|range| range.strip_suffix('-'));
        from.unwrap().parse().unwrap()
    });
    fake.seen.send_modify(|seen| seen.gets_from.push(from as u64));
    let body = Bytes::copy_from_slice(&fake.sound[from..]);
    let status = match range {
        Some(_) => StatusCode::PARTIAL_CONTENT,
        None => StatusCode::OK,
    };
    let mut response = match fault {
        Fault::Cut(after) => broken_off(status, body.len(), body.slice(..after)),
        _ => (status, body).into_response(),
    };
    if range.is_some() {
        let range = format!("bytes {from}-{}/{whole}", whole - 1);
        response
            .headers_mut()
            .insert(header::CONTENT_RANGE, range.parse().unwrap());
    }
    Ok(response)
}

async fn object(State(fake): State<Arc<Shared>>, Path(file): Path<String>, headers: HeaderMap, body: Body) -> Answer {
    let file: TreeFile = file.parse().unwrap();
    let fault = fake.note(Verb::Put, Some(file));
    {
        let mut sending = fake.sending.lock().unwrap();
        sending.0 += 1;
        sending.1 = sending.1.max(sending.0);
    }
    let stored = store(&fake, file, &headers, body, fault).await;
    fake.sending.lock().unwrap().0 -= 1;
    stored
}

async fn store(fake: &Shared, file: TreeFile, headers: &HeaderMap, body: Body, fault: Fault) -> Answer {
    fake.befall(fault).await?;
    check_for_secrets(fake, headers);
    let is = |name: &str, expected: &str| headers.get(name).is_some_and(|value| value == expected);
    let size = fake.seen.borrow().granted[&file];
    let as_signed = is("content-type", file.content_type())
        && is("content-length", &size.to_string())
        && is("cache-control", "public, max-age=31536000, immutable")
        && is("if-none-match", "*");
    if !as_signed || headers.contains_key(header::TRANSFER_ENCODING) {
        fake.violation(format!("{file} was not sent as signed: {headers:?}"));
    }
    let bytes = axum::body::to_bytes(body, 16 << 20).await.map_err(|_| problem(400))?;
    if fake.seen.borrow().objects.iter().any(|(stored, _)| *stored == file) {
        return Err(problem(412));
    }
    fake.seen.send_modify(|seen| seen.objects.push((file, bytes)));
    Ok(answer(fault, ""))
}

/// The bucket is another party.
fn check_for_secrets(fake: &Shared, headers: &HeaderMap) {
    if headers.contains_key(WORKER_SECRET) || headers.contains_key(JOB_SECRET) {
        fake.violation("the bucket was told our secrets".into());
    }
}
