//! A small server that speaks the API of docs/API.md, and its bucket, both on one port of loopback. It says what was asked
//! of it, and can be told to answer otherwise.

mod answers;
mod handle;

use std::{
    collections::{BTreeMap, VecDeque},
    sync::{Arc, Mutex, MutexGuard},
    time::Duration,
};

use axum::{
    Router,
    http::{HeaderMap, StatusCode},
};
use serde_json::{Value, json};
use tokio::{
    net::TcpListener,
    sync::{Notify, watch},
    time::{Instant, timeout},
};

pub(crate) const EMAIL: &str = "someone@example.com";
pub(crate) const PASSWORD: &str = "correct horse";
const DEADLINE: Duration = Duration::from_secs(20);

/// Ends with the runtime that it was started in.
#[derive(Clone)]
pub(crate) struct Fake {
    inner: Arc<Inner>,
}

struct Inner {
    url: String,
    state: Mutex<State>,
    /// The number of changes that a test may wait for.
    changes: watch::Sender<u64>,
}

/// What a test may look at and change.
pub(crate) struct State {
    pub(crate) cookie_name: &'static str,
    pub(crate) expires_in_seconds: u32,
    /// The number of the access token that is valid. None: no token is.
    pub(crate) token: Option<u32>,
    pub(crate) tokens_made: u32,
    pub(crate) refreshes: u32,
    /// Files longer than this are sent in parts of this length.
    pub(crate) part_size: u64,
    /// When the URLs expire that are granted next; the last one is granted from then on.
    pub(crate) expiries: VecDeque<&'static str>,
    pub(crate) uploads: BTreeMap<String, Upload>,
    pub(crate) seen: Vec<Seen>,
    scripts: Vec<(String, Reply)>,
    signatures: u32,
}

/// One upload of the fake's.
pub(crate) struct Upload {
    pub(crate) row: Value,
    pub(crate) size: u64,
    /// By number; 0 is a whole file.
    pub(crate) stored: BTreeMap<u32, Vec<u8>>,
}

/// One request.
#[derive(Debug, Clone)]
pub(crate) struct Seen {
    /// As in `GET /api/v1/me`.
    pub(crate) what: String,
    pub(crate) query: String,
    pub(crate) headers: HeaderMap,
    pub(crate) at: Instant,
}

/// Instead of the usual answer, once.
pub(crate) enum Reply {
    Answer(u16, Vec<(&'static str, &'static str)>, Value),
    /// These pieces, with time between them to be read one by one; then the connection stays open, or ends.
    Stream(Vec<Vec<u8>>, Then),
    /// The usual answer, once this happens.
    After(Arc<Notify>),
    /// The usual answer, once so many pieces are stored.
    AfterStored(usize),
    /// None, ever.
    Hang,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Then {
    End,
    StayOpen,
}

impl Fake {
    pub(crate) async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let state = State {
            cookie_name: "segue_refresh",
            expires_in_seconds: 900,
            token: None,
            tokens_made: 0,
            refreshes: 0,
            part_size: u64::MAX,
            expiries: VecDeque::from(["2999-01-01T00:00:00.000Z"]),
            uploads: BTreeMap::new(),
            seen: Vec::new(),
            scripts: Vec::new(),
            signatures: 0,
        };
        let inner = Inner {
            url: format!("http://{}", listener.local_addr().unwrap()),
            state: Mutex::new(state),
            changes: watch::Sender::new(0),
        };
        let fake = Self { inner: Arc::new(inner) };
        let router = Router::new().fallback(handle::handle).with_state(fake.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        fake
    }

    pub(crate) fn url(&self) -> &str {
        &self.inner.url
    }

    pub(crate) fn state(&self) -> MutexGuard<'_, State> {
        self.inner.state.lock().unwrap()
    }

    /// The next request like this, as in `PUT /bucket/1/2`, gets this answer. Several are given in their order.
    pub(crate) fn next(&self, what: &str, reply: Reply) {
        self.state().scripts.push((what.to_owned(), reply));
    }

    /// An answer of RFC 9457.
    pub(crate) fn problem(status: u16, code: &str, detail: &str) -> Reply {
        let body = json!({
            "type": "about:blank", "title": "Problem", "status": status, "code": code, "detail": detail,
            "request_id": "request-1",
        });
        Reply::Answer(status, vec![("content-type", "application/problem+json")], body)
    }

    /// What was asked, with this beginning, as in `PUT /bucket/`.
    pub(crate) fn seen(&self, start: &str) -> Vec<Seen> {
        let state = self.state();
        let seen = state.seen.iter().filter(|seen| seen.what.starts_with(start));
        seen.cloned().collect()
    }

    /// The same, without what came along.
    pub(crate) fn asked(&self, start: &str) -> Vec<String> {
        self.seen(start).into_iter().map(|seen| seen.what).collect()
    }

    /// What the bucket holds of the upload with this number, in the order of its parts.
    pub(crate) fn content(&self, number: u64) -> Vec<u8> {
        let state = self.state();
        state.uploads[&answers::id(number)]
            .stored
            .values()
            .flatten()
            .copied()
            .collect()
    }

    /// Changes a row, as a worker would.
    pub(crate) fn change(&self, number: u64, fields: &Value) {
        let mut state = self.state();
        let upload = state.uploads.get_mut(&answers::id(number)).expect("such an upload");
        for (name, value) in fields.as_object().expect("fields") {
            upload.row[name] = value.clone();
        }
        drop(state);
        self.changed();
    }

    /// An event of the upload with this number as it is now.
    pub(crate) fn event(&self, number: u64, id: u64) -> String {
        answers::event(&self.state().uploads[&answers::id(number)].row, id)
    }

    /// An upload that was reserved some other way.
    pub(crate) fn add_upload(&self, filename: &str, size: u64) {
        self.state().reserve(filename, size);
    }

    fn changed(&self) {
        self.inner.changes.send_modify(|changes| *changes += 1);
    }

    /// Waits until this holds, with a deadline.
    pub(crate) async fn until(&self, what: &str, holds: impl Fn(&State) -> bool) {
        let mut changes = self.inner.changes.subscribe();
        let met = timeout(DEADLINE, changes.wait_for(|_| holds(&self.state()))).await;
        assert!(met.is_ok(), "waited {DEADLINE:?} in vain until {what}");
    }
}

impl State {
    pub(crate) fn stored(&self) -> usize {
        self.uploads.values().map(|upload| upload.stored.len()).sum()
    }

    fn take_script(&mut self, what: &str) -> Option<Reply> {
        let at = self.scripts.iter().position(|(wanted, _)| wanted == what)?;
        Some(self.scripts.remove(at).1)
    }

    fn reserve(&mut self, filename: &str, size: u64) -> String {
        let id = answers::id(u64::try_from(self.uploads.len()).unwrap() + 1);
        let upload = Upload {
            row: answers::row(&id, filename, size),
            size,
            stored: BTreeMap::new(),
        };
        self.uploads.insert(id.clone(), upload);
        id
    }
}

fn status(code: u16) -> StatusCode {
    StatusCode::from_u16(code).unwrap()
}
