//! Uploads that change, told to whoever follows them.
//!
//! There is no table of events: one task asks the database once a second for the rows that changed, for all who follow,
//! and hands each of them what is theirs. Whoever was away asks for what changed meanwhile.

mod feed;
mod followers;
mod poller;
mod row;

use std::{sync::Arc, time::Duration};

use axum::{
    extract::{self, Request},
    middleware::Next,
    response::Response,
};
use domain::UserId;
use tokio::sync::Notify;

use crate::state::App;
use followers::{Follower, Followers};
use poller::Poller;

pub(crate) use feed::{Feed, Sent};

/// How long a transaction that began earlier may take to commit and still be noticed. Also how far back a client that
/// comes again is told.
const REREAD: Duration = Duration::from_secs(5);

/// Who follows, and how they are told.
pub struct Changes {
    followers: Arc<Followers>,
    wake: Notify,
}

/// Middleware: what somebody changes here shows at once, to all who follow it here.
pub(crate) async fn nudged_by_writes(
    extract::State(app): extract::State<App>,
    request: Request,
    next: Next,
) -> Response {
    let reads = request.method().is_safe();
    let response = next.run(request).await;
    if !reads && response.status().is_success() {
        app.changes.nudge();
    }
    response
}

impl Changes {
    pub(crate) fn new() -> Self {
        Self {
            followers: Arc::default(),
            wake: Notify::new(),
        }
    }

    /// Something changed here: whoever follows need not wait for the next look.
    pub(crate) fn nudge(&self) {
        self.wake.notify_one();
    }

    /// Sessions of this user may be over: their streams find out now.
    pub(crate) fn look_again(&self, user: UserId) {
        self.followers.look_again(user);
    }

    /// Streams that are open.
    pub(crate) fn streams(&self) -> usize {
        self.followers.streams()
    }

    /// `None`: this user has too many streams.
    pub(crate) fn follow(&self, user: UserId) -> Option<Follower> {
        let follower = Followers::follow(&self.followers, user)?;
        self.nudge();
        Some(follower)
    }

    /// Looks for changes, as long as anybody follows any, until the server stops.
    pub async fn run(app: App) {
        let work = Poller::new(Arc::clone(&app)).run();
        tokio::select! {
            () = app.stopping.cancelled() => {}
            () = work => {}
        }
    }
}
