//! Uploads as they change.

use std::collections::VecDeque;

use domain::Secret;
use reqwest::{
    Response,
    header::{ACCEPT, HeaderName},
};
use tokio::time::{Instant, timeout};

use crate::{
    backoff::Backoff,
    call::{Failed, Repeat},
    client::Client,
    error::ClientError,
    http,
    shapes::Upload,
    sse::{Message, Parser, TooLong},
};

const LAST_EVENT_ID: HeaderName = HeaderName::from_static("last-event-id");

/// The event stream: first every unfinished upload, then each upload that changes. It connects again by itself, and goes
/// on from where it was.
pub struct Events {
    client: Client,
    connection: Option<Connection>,
    /// What has come and was not asked for yet. One piece of the stream at most.
    waiting: VecDeque<Upload>,
    last_id: Option<String>,
    backoff: Backoff,
    failures: u32,
    /// Not before then is connected again.
    pause_until: Option<Instant>,
}

struct Connection {
    response: Response,
    parser: Parser,
}

impl Client {
    /// Follows the user's uploads. Nothing is asked before the first [`Events::next`].
    #[must_use]
    pub fn events(&self) -> Events {
        Events {
            client: self.clone(),
            connection: None,
            waiting: VecDeque::new(),
            last_id: None,
            backoff: Backoff::new(self.limits()),
            failures: 0,
            pause_until: None,
        }
    }
}

impl Events {
    /// The next upload that changed. An error ends nothing: asked again, it connects again. What is dropped meanwhile
    /// loses no event.
    ///
    /// # Errors
    ///
    /// The server refuses, or does not answer for as many tries as the limits say, or sends what is no event.
    pub async fn next(&mut self) -> Result<Upload, ClientError> {
        loop {
            if let Some(upload) = self.waiting.pop_front() {
                return Ok(upload);
            }
            if let Some(until) = self.pause_until {
                tokio::time::sleep_until(until).await;
                self.pause_until = None;
            }
            if self.connection.is_none() {
                match self.connect().await {
                    Ok(response) => {
                        let parser = Parser::default();
                        self.connection = Some(Connection { response, parser });
                    }
                    Err(failed) => {
                        self.pause(&failed)?;
                        continue;
                    }
                }
            }
            if let Err(failed) = self.read().await {
                self.connection = None;
                self.pause(&failed)?;
            }
        }
    }

    /// Once more, unless that is in vain.
    fn pause(&mut self, failed: &Failed) -> Result<(), ClientError> {
        self.failures += 1;
        let limits = self.client.limits();
        let too_long = failed.retry_after.is_some_and(|asked| asked > limits.longest_asked);
        if self.failures >= limits.tries || too_long || !failed.may_be_repeated(Repeat::Always) {
            self.failures = 0;
            return Err(failed.error.clone());
        }
        tracing::info!(error = %failed.error, "the events are interrupted");
        self.pause_until = Some(Instant::now() + self.backoff.pause(failed.retry_after));
        Ok(())
    }

    async fn connect(&self) -> Result<Response, Failed> {
        let token = self.client.token().await.map_err(Failed::end)?;
        match self.open(token.as_ref()).await {
            Err(failed) if failed.error.status() == Some(401) => {
                let fresh = self.client.exchanged(token.as_ref()).await.map_err(Failed::end)?;
                let Some(fresh) = fresh else { return Err(failed) };
                self.open(Some(&fresh)).await
            }
            opened => opened,
        }
    }

    async fn open(&self, token: Option<&Secret>) -> Result<Response, Failed> {
        let mut request = self
            .client
            .http()
            .get(self.client.url("events"))
            .header(ACCEPT, "text/event-stream");
        if let Some(token) = token {
            request = request.bearer_auth(token.reveal());
        }
        if let Some(id) = &self.last_id {
            request = request.header(LAST_EVENT_ID, id);
        }
        let deadline = self.client.limits().call;
        let response = timeout(deadline, request.send()).await.map_err(|_| Failed::late())?;
        let mut response = response.map_err(Failed::lost)?;
        let status = response.status();
        if status.is_success() {
            return Ok(response);
        }
        let body = timeout(deadline, http::body(&mut response)).await;
        let body = body.ok().and_then(Result::ok).unwrap_or_default();
        Err(Failed::of_answer(status, response.headers(), &body))
    }

    /// The next piece of the stream.
    async fn read(&mut self) -> Result<(), Failed> {
        let Some(connection) = &mut self.connection else {
            return Ok(());
        };
        let chunk = timeout(self.client.limits().silence, connection.response.chunk()).await;
        let chunk = chunk.map_err(|_| Failed::late())?.map_err(Failed::lost)?;
        let Some(chunk) = chunk else {
            return Err(Failed::over());
        };
        let mut messages = Vec::new();
        let pushed = connection.parser.push(&chunk, |message| messages.push(message));
        for message in messages {
            self.take(message)?;
        }
        pushed.map_err(|TooLong| Failed::end(ClientError::Unexpected("an event is too long".into())))
    }

    fn take(&mut self, message: Message) -> Result<(), Failed> {
        let Message { event, data, id } = message;
        if event == "upload" {
            let upload = serde_json::from_str(&data);
            let no_upload = |_| Failed::end(ClientError::Unexpected("an event that is no upload".into()));
            self.waiting.push_back(upload.map_err(no_upload)?);
            // It works, so the next interruption is a new one.
            self.failures = 0;
            self.backoff = Backoff::new(self.client.limits());
        }
        // What could not be sent back as a header is no id.
        if let Some(id) = id.filter(|id| !id.is_empty() && id.bytes().all(|byte| byte.is_ascii_graphic())) {
            self.last_id = Some(id);
        }
        Ok(())
    }
}
