//! Looks for changes, for all who follow.

use std::{collections::HashMap, sync::Arc, time::Duration};

use domain::{Timestamp, UploadId};
use store::{Entry, StoreError};
use tokio::time::{sleep, timeout};

use super::{
    REREAD,
    row::{Draft, RowError},
};
use crate::state::App;

/// From one look to the next, if nobody nudges.
const INTERVAL: Duration = Duration::from_secs(1);
/// However often somebody nudges.
const AT_LEAST: Duration = Duration::from_millis(20);
/// For one page.
const DEADLINE: Duration = Duration::from_secs(10);
const PAGE: u32 = 200;
/// Rows that were sent lately. Should there be more, some are sent twice.
const REMEMBERED: usize = 50_000;

pub(super) struct Poller {
    app: App,
    /// When the last look that got through began. `None`: nobody followed.
    last: Option<Timestamp>,
    /// What was sent of the rows that are read again, so that it is sent once.
    sent: HashMap<UploadId, (Timestamp, u64)>,
}

#[derive(Debug, thiserror::Error)]
enum LookError {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error("the database took longer than {} s", DEADLINE.as_secs())]
    Deadline(#[from] tokio::time::error::Elapsed),
    #[error(transparent)]
    Row(#[from] RowError),
}

impl Poller {
    pub(super) fn new(app: App) -> Self {
        Self {
            app,
            last: None,
            sent: HashMap::new(),
        }
    }

    pub(super) async fn run(mut self) {
        let app = Arc::clone(&self.app);
        let mut is_failing = false;
        loop {
            if app.changes.streams() == 0 {
                self.last = None;
                self.sent = HashMap::new();
                // Whoever comes nudges.
                app.changes.wake.notified().await;
                continue;
            }
            let looked = self.look().await;
            match &looked {
                Err(error) if !is_failing => tracing::error!(%error, "changes cannot be looked for; trying on"),
                Ok(()) if is_failing => tracing::info!("changes can be looked for again"),
                _ => {}
            }
            is_failing = looked.is_err();
            sleep(AT_LEAST).await;
            let _ = timeout(INTERVAL.saturating_sub(AT_LEAST), app.changes.wake.notified()).await;
        }
    }

    /// What changed since the last look, and a little before.
    async fn look(&mut self) -> Result<(), LookError> {
        let began = self.app.clock.now();
        // The database's clock may have been put back.
        let since = self.last.unwrap_or(began).min(began) - REREAD;
        let mut cursor = None;
        loop {
            let page = self.app.store.changed_since(since, cursor, PAGE);
            let entries = timeout(DEADLINE, page).await??;
            let Some(last) = entries.last() else { break };
            cursor = Some(last.cursor());
            let is_last = entries.len() < PAGE as usize;
            self.tell(entries).await?;
            if is_last {
                break;
            }
        }
        self.last = Some(began);
        let oldest = began - REREAD;
        self.sent.retain(|_, (changed_at, _)| *changed_at >= oldest);
        Ok(())
    }

    /// What is news, to those who follow it.
    async fn tell(&mut self, entries: Vec<Entry>) -> Result<(), LookError> {
        let followers = &self.app.changes.followers;
        let mut news = Vec::new();
        for entry in entries {
            if followers.is_followed(entry.upload.user) {
                let draft = Draft::new(entry, &self.app.settings)?;
                if self.sent.get(&draft.upload()) != Some(&draft.print()) {
                    news.push(draft);
                }
            }
        }
        for (user, row) in timeout(DEADLINE, Draft::finish(&self.app, news)).await?? {
            if self.sent.len() >= REMEMBERED {
                self.sent.clear();
            }
            self.sent.insert(row.upload, (row.changed_at, row.print));
            followers.tell(user, &Arc::new(row));
        }
        Ok(())
    }
}
