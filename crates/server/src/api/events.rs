//! `GET /events`

use std::{convert::Infallible, sync::Arc, time::Duration};

use axum::{
    extract::State,
    http::{HeaderMap, HeaderName},
    response::{
        IntoResponse,
        sse::{Event, KeepAlive, Sse},
    },
};
use domain::Timestamp;
use futures_util::stream;
use serde::Deserialize;
use utoipa::IntoParams;

use crate::{
    Problem,
    changes::{Feed, Sent},
    extract::{Account, Params},
    problem::ProblemBody,
    state::App,
};

const LAST_EVENT_ID: HeaderName = HeaderName::from_static("last-event-id");
/// Otherwise nginx would keep events back until it has a page of them.
const UNBUFFERED: (HeaderName, &str) = (HeaderName::from_static("x-accel-buffering"), "no");
/// Proxies take a connection on which nothing comes for dead.
const COMMENT_EVERY: Duration = Duration::from_secs(15);

fn too_many() -> Problem {
    let detail = "too many event streams are open for this account; close some of its pages";
    Problem::too_many_requests(detail, 30)
}

/// From where on.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct Since {
    /// The id of the last event that came. `Last-Event-ID` says the same.
    since: Option<i64>,
}

impl Since {
    /// The later of the two: a client that repeats its request sends the header along with the old URL.
    fn with(&self, headers: &HeaderMap) -> Result<Option<Timestamp>, Problem> {
        let header = headers.get(LAST_EVENT_ID).map(|value| {
            let millis = value.to_str().ok().and_then(|text| text.parse::<i64>().ok());
            millis.ok_or(Problem::bad_request("`Last-Event-ID` is the id of an event: a number"))
        });
        Ok(self.since.max(header.transpose()?).map(Timestamp::from_millis))
    }
}

/// Uploads as they change
///
/// A stream of events named `upload`, each with a whole upload. First come those that are unfinished, and what changed
/// since the last id, less five seconds.
#[utoipa::path(
    get,
    path = "/events",
    tag = "uploads",
    params(Since, ("last-event-id" = Option<i64>, Header, description = "The id of the last event that came")),
    responses(
        (status = 200, content_type = "text/event-stream", body = String),
        (status = 400, body = ProblemBody, description = "`bad_request`"),
        (status = 401, body = ProblemBody, description = "`unauthorized`"),
        (status = 429, body = ProblemBody, description = "`too_many_requests`: 20 streams are open"),
    ),
    security(("access_token" = [])),
)]
pub(crate) async fn events(
    State(app): State<App>,
    account: Account,
    Params(since): Params<Since>,
    headers: HeaderMap,
) -> Result<impl IntoResponse, Problem> {
    let since = since.with(&headers)?;
    // Before anything is read, so that no change falls between.
    let follower = app.changes.follow(account.id()).ok_or_else(too_many)?;
    let feed = Feed::new(Arc::clone(&app), (account.id(), account.session), follower, since);
    let stream = stream::unfold(feed, async |mut feed| {
        feed.next().await.map(|sent| (Ok::<_, Infallible>(event(&sent)), feed))
    });
    let answer = Sse::new(stream).keep_alive(KeepAlive::new().interval(COMMENT_EVERY));
    Ok(([UNBUFFERED], answer))
}

fn event(sent: &Sent) -> Event {
    let event = Event::default().event("upload").id(sent.id.to_string());
    event.data(&sent.row.json)
}
