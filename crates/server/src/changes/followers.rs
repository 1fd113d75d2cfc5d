//! Who follows.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use domain::UserId;
use tokio::sync::mpsc;

use super::row::Row;

/// Streams of one user. A browser opens one for each of its tabs.
const STREAMS: usize = 20;
/// What a stream has not read yet. Whoever is so far behind does better to come again and ask.
const QUEUE: usize = 256;

/// All streams of this server.
#[derive(Default)]
pub(super) struct Followers {
    all: Mutex<All>,
}

#[derive(Default)]
struct All {
    users: HashMap<UserId, Streams>,
    numbered: u64,
}

/// Those of one user.
#[derive(Default)]
struct Streams {
    /// Including those that are not told anything any more, but have not gone yet.
    open: usize,
    told: Vec<(u64, mpsc::Sender<Message>)>,
}

/// What a stream is told.
pub(super) enum Message {
    /// An upload changed.
    Changed(Arc<Row>),
    /// Its session may be over.
    LookAgain,
}

/// One stream. It is open until this is dropped.
pub(crate) struct Follower {
    followers: Arc<Followers>,
    user: UserId,
    number: u64,
    queue: mpsc::Receiver<Message>,
}

impl Followers {
    /// `None`: this user has too many streams.
    pub(super) fn follow(followers: &Arc<Self>, user: UserId) -> Option<Follower> {
        let (sender, queue) = mpsc::channel(QUEUE);
        let mut all = followers.lock();
        let streams = all.users.get(&user).map_or(0, |streams| streams.open);
        if streams >= STREAMS {
            return None;
        }
        all.numbered += 1;
        let number = all.numbered;
        let streams = all.users.entry(user).or_default();
        streams.open += 1;
        streams.told.push((number, sender));
        Some(Follower {
            followers: Arc::clone(followers),
            user,
            number,
            queue,
        })
    }

    pub(super) fn is_followed(&self, user: UserId) -> bool {
        self.lock().users.contains_key(&user)
    }

    pub(super) fn streams(&self) -> usize {
        self.lock().users.values().map(|streams| streams.open).sum()
    }

    pub(super) fn tell(&self, user: UserId, row: &Arc<Row>) {
        self.send(user, || Message::Changed(Arc::clone(row)));
    }

    pub(super) fn look_again(&self, user: UserId) {
        self.send(user, || Message::LookAgain);
    }

    /// A stream whose queue is full is told nothing any more; it ends, and its client comes again.
    fn send(&self, user: UserId, message: impl Fn() -> Message) {
        if let Some(streams) = self.lock().users.get_mut(&user) {
            streams.told.retain(|(_, queue)| queue.try_send(message()).is_ok());
        }
    }

    fn lock(&self) -> MutexGuard<'_, All> {
        self.all.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Follower {
    /// The next message. `None`: this stream fell behind.
    pub(super) async fn next(&mut self) -> Option<Message> {
        self.queue.recv().await
    }
}

impl Drop for Follower {
    fn drop(&mut self) {
        let mut all = self.followers.lock();
        if let Some(streams) = all.users.get_mut(&self.user) {
            streams.open -= 1;
            streams.told.retain(|(number, _)| *number != self.number);
            if streams.open == 0 {
                all.users.remove(&self.user);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use domain::{Timestamp, UploadId};

    use super::*;

    fn user(n: u8) -> UserId {
        UserId::new(Timestamp::from_millis(0), [n; 10])
    }

    fn row() -> Arc<Row> {
        let upload = UploadId::new(Timestamp::from_millis(0), [0; 10]);
        Arc::new(Row::of_text(upload, Timestamp::from_millis(1), "{}"))
    }

    #[tokio::test]
    async fn each_is_told_what_is_theirs() {
        let followers = Arc::new(Followers::default());
        let mut ours = Followers::follow(&followers, user(1)).unwrap();
        let mut theirs = Followers::follow(&followers, user(2)).unwrap();
        followers.tell(user(1), &row());
        assert!(matches!(ours.next().await, Some(Message::Changed(_))));
        followers.look_again(user(2));
        assert!(matches!(theirs.next().await, Some(Message::LookAgain)));
    }

    #[tokio::test]
    async fn whoever_falls_behind_is_cut_off_and_costs_no_more() {
        let followers = Arc::new(Followers::default());
        let mut slow = Followers::follow(&followers, user(1)).unwrap();
        for _ in 0..QUEUE + 10 {
            followers.tell(user(1), &row());
        }
        let mut got = 0;
        while slow.next().await.is_some() {
            got += 1;
        }
        assert_eq!(got, QUEUE);
        assert_eq!(followers.streams(), 1, "it is there until its client goes");
        drop(slow);
        assert_eq!(followers.streams(), 0);
        assert!(!followers.is_followed(user(1)));
    }

    #[test]
    fn a_user_has_twenty_streams_at_most() {
        let followers = Arc::new(Followers::default());
        let mut streams: Vec<_> = (0..STREAMS)
            .map(|_| Followers::follow(&followers, user(1)).unwrap())
            .collect();
        assert!(Followers::follow(&followers, user(1)).is_none());
        assert!(Followers::follow(&followers, user(2)).is_some());
        streams.pop();
        assert!(Followers::follow(&followers, user(1)).is_some());
    }
}
