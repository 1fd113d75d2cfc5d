//! Waiting until an upload is ready or failed: by its events, and by asking now and then in case none comes.

use std::time::Duration;

use client::{Client, ClientError, Upload};
use tokio::time::{Instant, MissedTickBehavior, interval, sleep_until};

/// Longer than the longest that a server lets an upload wait (7 days) and be worked on.
const LONGEST: Duration = Duration::from_hours(9 * 24);
/// A server may be away for so long: it is being replaced, perhaps.
const AWAY: Duration = Duration::from_mins(5);
const BESIDE_EVENTS: Duration = Duration::from_secs(10);
const WITHOUT_EVENTS: Duration = Duration::from_secs(2);

pub(crate) async fn until_settled(
    client: &Client,
    mut upload: Upload,
    mut show: impl FnMut(&Upload),
) -> Result<Upload, ClientError> {
    let end = Instant::now() + LONGEST;
    let mut events = client.events();
    let mut has_events = true;
    let mut heard = Instant::now();
    let mut ask = interval(BESIDE_EVENTS);
    loop {
        show(&upload);
        if upload.is_settled() {
            return Ok(upload);
        }
        tokio::select! {
            event = events.next(), if has_events => match event {
                Ok(other) if other.id != upload.id => {}
                Ok(event) => upload = event,
                Err(error) => {
                    tracing::info!(%error, "there are no events; the server is asked instead");
                    has_events = false;
                    ask = interval(WITHOUT_EVENTS);
                    ask.set_missed_tick_behavior(MissedTickBehavior::Delay);
                }
            },
            _ = ask.tick() => match client.upload(upload.id).await {
                Ok(row) => {
                    upload = row;
                    heard = Instant::now();
                }
                Err(ClientError::Unreachable(reason)) if heard.elapsed() < AWAY => {
                    tracing::info!(reason, "the server is away");
                }
                Err(error) => return Err(error),
            },
            () = sleep_until(end) => {
                return Err(ClientError::Unreachable("it neither finished nor failed the upload in nine days".into()));
            }
        }
    }
}
