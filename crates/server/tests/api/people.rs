//! Somebody who is logged in, what they ask for, and what they have.

use std::time::Duration;

use domain::{ObjectKey, SessionId, SourceType, TreeName, UploadId, UserId};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use server::{new_secret, random_array};
use store::{NewSession, NewUser, Registration};

use crate::support::Server;

const HOUR: Duration = Duration::from_hours(1);

/// A user and the token of a session.
pub(crate) struct Person<'a> {
    pub(crate) server: &'a Server,
    pub(crate) id: UserId,
    token: String,
}

/// An answer of the API, read to its end.
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) body: Value,
}

impl Answer {
    /// The body of a success.
    #[track_caller]
    pub(crate) fn ok(self) -> Value {
        assert!(self.status.is_success(), "{} {}", self.status, self.body);
        self.body
    }

    /// Asserts that it is a problem.
    #[track_caller]
    pub(crate) fn is(&self, status: u16, code: &str) {
        let seen = (self.status.as_u16(), self.body["code"].as_str());
        assert_eq!(seen, (status, Some(code)), "{}", self.body);
    }

    /// What a problem says to people.
    pub(crate) fn detail(&self) -> &str {
        self.body["detail"].as_str().unwrap()
    }
}

impl Server {
    /// A new user, logged in for longer than any test lasts.
    pub(crate) async fn person(&self, email: &str) -> Person<'_> {
        let app = &self.app;
        let now = app.clock.now();
        let password_hash = "not the hash of any password".to_owned();
        let user = NewUser {
            id: UserId::new(now, random_array()),
            email: email.into(),
            password_hash: password_hash.clone(),
        };
        let id = app
            .store
            .create_user(now, user, Registration::Operator)
            .await
            .unwrap()
            .id;
        let expires_at = now + 1_000 * HOUR;
        let session = NewSession {
            id: SessionId::new(now, random_array()),
            user: id,
            password_hash,
            refresh: new_secret().hash(),
            expires_at,
        };
        let token = app.access_token(session.id, expires_at).unwrap();
        app.store.create_session(now, session).await.unwrap();
        Person {
            server: self,
            id,
            token,
        }
    }
}

impl Person<'_> {
    /// The access token.
    pub(crate) fn token(&self) -> &str {
        &self.token
    }

    /// Asks the API, under `/api/v1`.
    pub(crate) async fn ask(&self, method: Method, path: &str, body: Option<Value>) -> Answer {
        let url = self.server.url(&format!("/api/v1{path}"));
        let request = self.server.http.request(method, url).bearer_auth(&self.token);
        let request = match body {
            Some(body) => request.json(&body),
            None => request,
        };
        let answer = request.send().await.unwrap();
        let status = answer.status();
        let body = answer.json().await.unwrap();
        Answer { status, body }
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.ask(Method::GET, path, None).await
    }

    /// Without a body.
    pub(crate) async fn post(&self, path: &str) -> Answer {
        self.ask(Method::POST, path, None).await
    }

    pub(crate) async fn reserve(&self, filename: &str, size: usize) -> Answer {
        let body = json!({"filename": filename, "size": size});
        self.ask(Method::POST, "/uploads", Some(body)).await
    }

    pub(crate) async fn parts(&self, id: UploadId, numbers: &[u16]) -> Answer {
        let body = json!({"numbers": numbers});
        self.ask(Method::POST, &format!("/uploads/{id}/parts"), Some(body))
            .await
    }

    pub(crate) async fn complete(&self, id: UploadId) -> Answer {
        self.post(&format!("/uploads/{id}/complete")).await
    }

    /// Sends bytes as a browser does, by what the API says of the request.
    pub(crate) async fn send(&self, put: &Value, bytes: Vec<u8>) -> StatusCode {
        let method: Method = put["method"].as_str().unwrap().parse().unwrap();
        let mut request = self.server.http.request(method, put["url"].as_str().unwrap());
        for (name, value) in put["headers"].as_object().unwrap() {
            request = request.header(name, value.as_str().unwrap());
        }
        request.body(bytes).send().await.unwrap().status()
    }

    /// An upload whose small file is in the bucket, and of which nobody has said that it is complete.
    pub(crate) async fn sent(&self, filename: &str, bytes: &[u8]) -> UploadId {
        let reserved = self.reserve(filename, bytes.len()).await.ok();
        let sent = self.send(&reserved["transfer"]["put"], bytes.to_vec()).await;
        assert_eq!(sent, 200);
        id_of(&reserved["upload"])
    }

    /// An upload whose job is queued.
    pub(crate) async fn queued(&self, filename: &str) -> UploadId {
        let id = self.sent(filename, b"some audio").await;
        self.complete(id).await.ok();
        id
    }

    /// An upload that can be played.
    pub(crate) async fn ready(&self, filename: &str) -> (UploadId, TreeName) {
        let id = self.queued(filename).await;
        let tree = self.work(id, 2, 11.5).await;
        (id, tree)
    }

    /// Where the source of an upload lies.
    pub(crate) fn source_key(&self, upload: UploadId, extension: &str) -> String {
        let source_type: SourceType = extension.parse().unwrap();
        self.server.app.settings.prefix.key(&ObjectKey::Source {
            user: self.id,
            upload,
            source_type,
        })
    }

    /// The row of an upload.
    pub(crate) async fn row(&self, id: UploadId) -> store::Upload {
        self.server.app.store.upload(self.id, id).await.unwrap()
    }
}

/// The id in an upload's JSON.
pub(crate) fn id_of(upload: &Value) -> UploadId {
    upload["id"].as_str().unwrap().parse().unwrap()
}
