//! What one client is sent: first how things stand, then what changes.

use std::{
    collections::{HashMap, VecDeque},
    sync::Arc,
    time::Duration,
};

use domain::{SessionId, Timestamp, UploadId, UserId};
use store::{ChangeCursor, Entry, StoreError};
use tokio::time::{Instant, sleep_until, timeout};

use super::{
    REREAD,
    followers::{Follower, Message},
    row::{Draft, Row},
};
use crate::state::App;

/// How often it is made sure that the session is not over, if nobody says so.
const LOOK: Duration = Duration::from_secs(30);
/// For one page.
const DEADLINE: Duration = Duration::from_secs(10);
const PAGE: u32 = 100;

/// One stream, from its beginning to its end.
pub(crate) struct Feed {
    app: App,
    user: UserId,
    session: SessionId,
    follower: Follower,
    begun: Timestamp,
    look_at: Instant,
    phase: Phase,
    /// Read, and not sent yet.
    page: VecDeque<Arc<Row>>,
    /// What was sent of the rows that changed just before this began: the poller will come by them once more.
    fresh: HashMap<UploadId, u64>,
}

/// Where it is. Changes come first, because they come in the order of their ids: should the connection break, the last id
/// says where to go on. All that is unfinished is sent again in any case.
enum Phase {
    Changed(Timestamp, Option<ChangeCursor>),
    Unfinished(Option<UploadId>),
    Live,
}

/// An event.
pub(crate) struct Sent {
    pub(crate) row: Arc<Row>,
    /// In milliseconds.
    pub(crate) id: i64,
}

impl Feed {
    pub(crate) fn new(
        app: App,
        (user, session): (UserId, SessionId),
        follower: Follower,
        since: Option<Timestamp>,
    ) -> Self {
        let phase = since.map_or(Phase::Unfinished(None), |since| Phase::Changed(since - REREAD, None));
        Self {
            user,
            session,
            follower,
            begun: app.clock.now(),
            look_at: Instant::now() + LOOK,
            phase,
            page: VecDeque::new(),
            fresh: HashMap::new(),
            app,
        }
    }

    /// The next event. `None`: the stream ends. A client that wants more comes again, with the last id.
    pub(crate) async fn next(&mut self) -> Option<Sent> {
        loop {
            if self.app.stopping.is_cancelled() || (Instant::now() >= self.look_at && self.is_over().await) {
                return None;
            }
            if let Some(row) = self.page.pop_front() {
                return Some(self.send_of_page(row));
            }
            if let Phase::Live = self.phase {
                match self.live().await? {
                    Message::Changed(row) => {
                        if self.fresh.remove(&row.upload) != Some(row.print) {
                            let id = row.changed_at.as_millis();
                            return Some(Sent { row, id });
                        }
                    }
                    Message::LookAgain => self.look_at = Instant::now(),
                }
            } else if let Err(error) = self.read().await {
                tracing::error!(%error, "an event stream cannot go on");
                return None;
            }
        }
    }

    /// What changed while this was read must not be skipped after a break, so no id says more than that this had begun.
    /// Of changes it may: they come in order.
    fn send_of_page(&mut self, row: Arc<Row>) -> Sent {
        if row.changed_at >= self.begun - REREAD {
            self.fresh.insert(row.upload, row.print);
        }
        let at = match self.phase {
            Phase::Changed(..) => row.changed_at,
            _ => row.changed_at.min(self.begun),
        };
        let id = at.as_millis();
        Sent { row, id }
    }

    async fn live(&mut self) -> Option<Message> {
        let app = Arc::clone(&self.app);
        tokio::select! {
            () = app.stopping.cancelled() => None,
            () = sleep_until(self.look_at) => Some(Message::LookAgain),
            message = self.follower.next() => message,
        }
    }

    /// The next page of how things stand.
    async fn read(&mut self) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
        let store = &self.app.store;
        let entries: Vec<Entry> = match self.phase {
            Phase::Changed(since, cursor) => {
                timeout(DEADLINE, store.changed_of_user(self.user, since, cursor, PAGE)).await??
            }
            Phase::Unfinished(cursor) => timeout(DEADLINE, store.unfinished(self.user, cursor, PAGE)).await??,
            Phase::Live => Vec::new(),
        };
        self.phase = match (&self.phase, entries.last()) {
            (Phase::Changed(since, _), Some(last)) => Phase::Changed(*since, Some(last.cursor())),
            (Phase::Changed(..), None) => Phase::Unfinished(None),
            (Phase::Unfinished(_), Some(last)) => Phase::Unfinished(Some(last.upload.id)),
            (Phase::Unfinished(_) | Phase::Live, _) => Phase::Live,
        };
        let drafts = entries.into_iter().map(|entry| Draft::new(entry, &self.app.settings));
        let drafts = drafts.collect::<Result<_, _>>()?;
        let rows = timeout(DEADLINE, Draft::finish(&self.app, drafts)).await??;
        self.page.extend(rows.into_iter().map(|(_, row)| Arc::new(row)));
        Ok(())
    }

    async fn is_over(&mut self) -> bool {
        self.look_at = Instant::now() + LOOK;
        let session = self.app.store.session(self.app.clock.now(), self.session);
        // A database that does not answer ends no session.
        matches!(timeout(DEADLINE, session).await, Ok(Err(StoreError::NotFound)))
    }
}

#[cfg(test)]
mod tests {
    use tempfile::TempDir;

    use super::*;
    use crate::state::for_tests;

    /// Of somebody with neither uploads nor a session.
    async fn feed() -> (Feed, TempDir) {
        let (app, folder) = for_tests::app().await;
        let now = app.clock.now();
        let (user, session) = (UserId::new(now, [1; 10]), SessionId::new(now, [2; 10]));
        let follower = app.changes.follow(user).unwrap();
        (Feed::new(app, (user, session), follower, None), folder)
    }

    async fn end_of(mut feed: Feed) {
        let end = timeout(DEADLINE, feed.next()).await;
        assert!(end.unwrap().is_none());
    }

    #[tokio::test]
    async fn a_stream_ends_when_the_server_stops() {
        let (feed, _folder) = feed().await;
        let app = Arc::clone(&feed.app);
        let stream = tokio::spawn(end_of(feed));
        tokio::task::yield_now().await;
        app.stopping.cancel();
        stream.await.unwrap();
        assert_eq!(app.changes.streams(), 0);
    }

    #[tokio::test]
    async fn a_stream_whose_session_is_over_ends_at_the_next_look() {
        let (mut feed, _folder) = feed().await;
        feed.look_at = Instant::now() + Duration::from_millis(50);
        end_of(feed).await;
    }
}
