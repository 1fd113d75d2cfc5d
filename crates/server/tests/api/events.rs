//! Event streams.

use std::{net::SocketAddr, time::Duration};

use domain::{UploadId, UserId};
use serde_json::{Value, json};
use server::{Clock, RegistrationPolicy};
use store::{Names, NewUpload, Upload};
use tokio::time::{Instant, timeout, timeout_at};

use crate::{
    queue::queued_with,
    support::{LoggedIn, Server, problem},
};

/// For whatever a test waits for.
const PATIENCE: Duration = Duration::from_secs(10);

/// A client's end of a stream.
struct Stream {
    answer: reqwest::Response,
    text: String,
}

#[derive(Debug)]
struct Event {
    id: i64,
    upload: Value,
}

impl Event {
    fn is_of(&self, upload: &Upload) -> bool {
        self.upload["id"] == upload.id.to_string()
    }
}

impl Stream {
    async fn open(request: reqwest::RequestBuilder) -> Self {
        let answer = request.send().await.unwrap();
        assert_eq!(answer.status(), 200);
        assert_eq!(answer.headers()["content-type"], "text/event-stream");
        let text = String::new();
        Self { answer, text }
    }

    /// `None`: the stream has ended.
    async fn next(&mut self) -> Option<Event> {
        timeout(PATIENCE, self.read()).await.unwrap()
    }

    async fn read(&mut self) -> Option<Event> {
        loop {
            while let Some((block, rest)) = self.text.split_once("\n\n") {
                let event = event(block);
                self.text = rest.into();
                if event.is_some() {
                    return event;
                }
            }
            let chunk = self.answer.chunk().await.unwrap()?;
            self.text.push_str(std::str::from_utf8(&chunk).unwrap());
        }
    }

    /// The next event about this upload that shows this state of things.
    async fn until(&mut self, upload: &Upload, title: &str) -> Event {
        loop {
            let event = self.next().await.unwrap();
            if event.is_of(upload) && event.upload["title"] == title {
                return event;
            }
        }
    }

    /// Whatever comes until `at`.
    async fn all_until(&mut self, at: Instant) -> Vec<Event> {
        let mut events = Vec::new();
        while let Ok(event) = timeout_at(at, self.read()).await {
            events.push(event.unwrap());
        }
        events
    }
}

fn event(block: &str) -> Option<Event> {
    let field = |name: &str| block.lines().find_map(|line| line.strip_prefix(name));
    let data = field("data: ")?;
    assert_eq!(field("event: "), Some("upload"));
    let id = field("id: ").unwrap().parse().unwrap();
    let upload = serde_json::from_str(data).unwrap();
    Some(Event { id, upload })
}

async fn open_house() -> Server {
    Server::start_with(Clock::default(), |settings| {
        settings.registration = RegistrationPolicy::Open;
    })
    .await
}

fn events(server: &Server, user: &LoggedIn, query: &str) -> reqwest::RequestBuilder {
    server.get(&format!("/api/v1/events{query}")).bearer_auth(&user.token)
}

fn events_of_another(server: &Server, address: SocketAddr, user: &LoggedIn) -> reqwest::RequestBuilder {
    server
        .http
        .get(format!("http://{address}/api/v1/events"))
        .bearer_auth(&user.token)
}

async fn reserve(server: &Server, user: UserId) -> Upload {
    let now = server.app.clock.now();
    let upload = NewUpload {
        id: UploadId::new(now, server::random_array()),
        user,
        filename: "song.flac".to_owned(),
        source_type: "flac".parse().unwrap(),
        size: 1000,
        urls_until: now + Duration::from_mins(15),
    };
    server.app.store.reserve(now, upload, 10_000).await.unwrap()
}

async fn call_it(server: &Server, upload: &Upload, title: &str) {
    let names = Names {
        title: Some(title),
        ..Names::default()
    };
    let now = server.app.clock.now();
    let renamed = server.app.store.rename(now, upload.user, upload.id, names).await;
    renamed.unwrap();
}

#[tokio::test]
async fn whoever_connects_is_sent_all_that_is_unfinished() {
    let server = Server::start().await;
    let ada = server.register("ada@example.com").await;
    let mut uploads = Vec::new();
    for _ in 0..250 {
        uploads.push(reserve(&server, ada.user).await);
    }
    uploads.sort_by_key(|upload| upload.id);
    let hidden = uploads.pop().unwrap();
    let now = server.app.clock.now();
    server.app.store.delete(now, ada.user, hidden.id).await.unwrap();

    let mut stream = Stream::open(events(&server, &ada, "")).await;
    for upload in &uploads {
        let event = stream.next().await.unwrap();
        assert!(event.is_of(upload), "{event:?}");
        assert_eq!(event.id, upload.updated_at.as_millis());
    }
    let shown = server
        .get(&format!("/api/v1/uploads/{}", uploads[0].id))
        .bearer_auth(&ada.token);
    let shown: Value = shown.send().await.unwrap().json().await.unwrap();
    let mut again = Stream::open(events(&server, &ada, "")).await;
    assert_eq!(
        again.next().await.unwrap().upload,
        shown,
        "it is the whole upload, as everywhere"
    );
}

#[tokio::test]
async fn a_place_in_the_queue_is_told_and_that_it_moves_is_no_change() {
    let server = Server::start().await;
    let ada = server.register("ada@example.com").await;
    let first = queued_with(&server.app, ada.user, "\"1\"").await.upload;
    let second = queued_with(&server.app, ada.user, "\"2\"").await.upload;
    let mut stream = Stream::open(events(&server, &ada, "")).await;
    let mut next = async || {
        let upload = stream.next().await.unwrap().upload;
        (upload["id"].clone(), upload["queue_position"].clone())
    };
    let mut places = [next().await, next().await];
    places.sort_by_key(|(_, place)| place.as_u64());
    let expected = [(first, 1), (second, 2)].map(|(id, place)| (json!(id), json!(place)));
    assert_eq!(places, expected);
    let third = queued_with(&server.app, ada.user, "\"3\"").await.upload;
    assert_eq!(next().await, (json!(third), json!(3)));

    server
        .app
        .store
        .cancel(server.app.clock.now(), ada.user, first)
        .await
        .unwrap();
    let rest = stream.all_until(Instant::now() + Duration::from_secs(3)).await;
    let ids: Vec<_> = rest.iter().map(|event| &event.upload["id"]).collect();
    assert_eq!(ids, [&json!(first.to_string())]);
    assert_eq!(rest[0].upload["queue_position"], Value::Null);
}

#[tokio::test]
async fn a_change_is_seen_by_eight_clients_of_two_servers_within_two_seconds() {
    let server = Server::start().await;
    let ada = server.register("ada@example.com").await;
    let another = server.another().await;
    let upload = reserve(&server, ada.user).await;
    let mut streams = Vec::new();
    for n in 0..8 {
        let request = match n % 2 {
            0 => events(&server, &ada, ""),
            _ => events_of_another(&server, another, &ada),
        };
        let mut stream = Stream::open(request).await;
        assert!(stream.next().await.unwrap().is_of(&upload));
        streams.push(stream);
    }

    let changed = Instant::now();
    call_it(&server, &upload, "Blue").await;
    for stream in &mut streams {
        stream.until(&upload, "Blue").await;
    }
    assert!(changed.elapsed() < Duration::from_secs(2), "{:?}", changed.elapsed());
}

#[tokio::test]
async fn what_has_not_changed_is_not_sent_again() {
    let server = Server::start().await;
    let ada = server.register("ada@example.com").await;
    let old = reserve(&server, ada.user).await;
    let mut stream = Stream::open(events(&server, &ada, "")).await;
    assert!(stream.next().await.unwrap().is_of(&old));
    let new = reserve(&server, ada.user).await;
    assert!(stream.next().await.unwrap().is_of(&new));
    // The poller has read the last seconds several times over by then.
    let rest = stream.all_until(Instant::now() + Duration::from_secs(4)).await;
    assert!(rest.is_empty(), "{rest:?}");

    call_it(&server, &old, "Blue").await;
    assert!(stream.next().await.unwrap().is_of(&old));
}

#[tokio::test]
async fn whoever_comes_again_with_the_last_id_has_missed_nothing() {
    let server = Server::start().await;
    let ada = server.register("ada@example.com").await;
    let now = server.app.clock.now();
    let mut uploads = Vec::new();
    for _ in 0..3 {
        uploads.push(reserve(&server, ada.user).await);
    }
    let mut stream = Stream::open(events(&server, &ada, "")).await;
    let mut last = 0;
    for _ in &uploads {
        last = stream.next().await.unwrap().id;
    }
    drop(stream);

    // Finished, hidden, renamed: while nobody looks.
    server.app.store.cancel(now, ada.user, uploads[0].id).await.unwrap();
    server.app.store.delete(now, ada.user, uploads[1].id).await.unwrap();
    call_it(&server, &uploads[2], "Blue").await;

    let with_query = events(&server, &ada, &format!("?since={last}"));
    let with_header = events(&server, &ada, "?since=1").header("last-event-id", last);
    for request in [with_query, with_header] {
        let mut stream = Stream::open(request).await;
        let mut seen = Vec::new();
        // The three that changed, and again the one that is unfinished.
        for _ in 0..4 {
            seen.push(stream.next().await.unwrap());
        }
        let of = |n: usize| seen.iter().find(|event| event.is_of(&uploads[n])).unwrap();
        assert_eq!(of(0).upload["state"], "failed");
        assert!(of(1).upload["delete_at"].is_string());
        assert_eq!(of(2).upload["title"], "Blue");
    }
}

#[tokio::test]
async fn a_stream_that_breaks_again_and_again_misses_nothing_either() {
    let server = Server::start().await;
    let ada = server.register("ada@example.com").await;
    let first = reserve(&server, ada.user).await;
    let mut since = first.updated_at.as_millis();
    let mut seen = std::collections::HashSet::new();
    for n in 0..20 {
        let upload = reserve(&server, ada.user).await;
        let now = server.app.clock.now();
        server.app.store.cancel(now, ada.user, upload.id).await.unwrap();
        let mut stream = Stream::open(events(&server, &ada, &format!("?since={since}"))).await;
        // Breaks off at some point of what it is sent.
        for _ in 0..=n % 7 {
            let event = stream.next().await.unwrap();
            since = event.id;
            seen.insert(event.upload["id"].as_str().unwrap().to_owned());
        }
    }
    let mut stream = Stream::open(events(&server, &ada, &format!("?since={since}"))).await;
    while seen.len() < 21 {
        let event = stream.next().await.unwrap();
        seen.insert(event.upload["id"].as_str().unwrap().to_owned());
    }
}

#[tokio::test]
async fn nothing_of_others_is_ever_sent() {
    let server = open_house().await;
    let ada = server.register("ada@example.com").await;
    let eve = server.register("eve@example.com").await;
    let theirs = reserve(&server, ada.user).await;
    let mut spying = Stream::open(events(&server, &eve, "?since=0")).await;
    let mut stream = Stream::open(events(&server, &ada, "?since=0")).await;
    for n in 0..5 {
        let title = format!("Secret {n}");
        call_it(&server, &theirs, &title).await;
        stream.until(&theirs, &title).await;
    }
    let own = reserve(&server, eve.user).await;
    let first = spying.next().await.unwrap();
    assert!(first.is_of(&own), "{first:?}");
}

#[tokio::test]
async fn log_out_ends_the_stream_and_leaves_others_alone() {
    let server = open_house().await;
    let ada = server.register("ada@example.com").await;
    let elsewhere = server.log_in("ada@example.com").await;
    let mut stream = Stream::open(events(&server, &ada, "")).await;
    let mut other = Stream::open(events(&server, &elsewhere, "")).await;
    let logout = server
        .http
        .post(server.url("/api/v1/auth/logout"))
        .header("cookie", &ada.cookie);
    assert_eq!(logout.send().await.unwrap().status(), 204);
    assert!(stream.next().await.is_none());

    let upload = reserve(&server, ada.user).await;
    assert!(other.next().await.unwrap().is_of(&upload));
    let body = json!({"current_password": crate::support::PASSWORD, "new_password": "a new password"});
    let again = {
        let body = json!({"email": "ada@example.com", "password": crate::support::PASSWORD});
        LoggedIn::of(server.post("/api/v1/auth/login", &body).send().await.unwrap()).await
    };
    let changed = server.post("/api/v1/me/password", &body).bearer_auth(&again.token);
    assert_eq!(changed.send().await.unwrap().status(), 204);
    assert!(other.next().await.is_none());
}

#[tokio::test]
async fn a_user_has_twenty_streams_at_most() {
    let server = open_house().await;
    let ada = server.register("ada@example.com").await;
    let eve = server.register("eve@example.com").await;
    let mut streams = Vec::new();
    for _ in 0..20 {
        streams.push(Stream::open(events(&server, &ada, "")).await);
    }
    let answer = events(&server, &ada, "").send().await.unwrap();
    assert_eq!(answer.status(), 429);
    assert!(answer.headers().contains_key("retry-after"));
    Stream::open(events(&server, &eve, "")).await;

    drop(streams);
    let closed = async {
        while events(&server, &ada, "").send().await.unwrap().status() != 200 {
            tokio::task::yield_now().await;
        }
    };
    timeout(PATIENCE, closed).await.unwrap();
}

#[tokio::test]
async fn a_stream_needs_a_token_and_a_proper_place_to_begin() {
    let server = Server::start().await;
    let ada = server.register("ada@example.com").await;
    assert_eq!(problem(server.get("/api/v1/events")).await.0, 401);
    let refused = (400, "bad_request".to_owned());
    assert_eq!(problem(events(&server, &ada, "?since=yesterday")).await, refused);
    let header = events(&server, &ada, "").header("last-event-id", "yesterday");
    assert_eq!(problem(header).await, refused);
    for extreme in [i64::MIN, i64::MAX] {
        Stream::open(events(&server, &ada, &format!("?since={extreme}"))).await;
    }
}
