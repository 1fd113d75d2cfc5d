//! The states of an upload, and the only ways from one to another.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

/// Where an upload stands. Whether it can be played is another matter: that is so if and only if its row names a
/// published tree, whatever its state.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum UploadState {
    /// A key is reserved and the browser sends bytes. In: reserve. Out: settle, once the bucket has the whole object.
    /// The rescuer fails it as `abandoned` 24 h after the last URL was issued.
    Uploading,
    /// The object is whole and a job waits. In: settle, retry, a lost attempt. Out: an attempt's start. The rescuer
    /// fails it as `no_capacity` after the queue timeout (7 days).
    Queued,
    /// An attempt works on it. In: its start. Out: its finish. The rescuer puts it back or fails it when the lease or
    /// the attempt's deadline (6 h) runs out.
    Processing,
    /// The last run published a tree. In: finish, or the cancelling of a re-run. Out: retry, delete. Stays.
    Ready,
    /// The last run, or the transfer, ended without a tree; the row says why. In: finish, rescuer, cancel. Out: retry,
    /// delete, and the cleaner some hours later if nothing of it can be played.
    Failed,
    /// On its way out. In: a delete whose ten seconds of grace are over, or the cleaner. Out: never; the cleaner
    /// removes its objects, then the row.
    Deleting,
}

/// What can happen to an upload.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum UploadEvent {
    /// The bucket holds the object with the size that was reserved; a job is queued.
    Settled,
    /// The transfer ended without that: abandoned, or of another size.
    TransferFailed,
    /// A worker took the attempt up.
    Started,
    /// The attempt was lost or handed back, or failed transiently; its job is queued again.
    Requeued,
    /// The attempt's tree is published.
    Published,
    /// The job is over without a tree.
    JobFailed,
    /// The user wants it packaged again.
    Retried,
    /// The user called the job off.
    Cancelled {
        /// Whether an earlier tree is published and goes on playing.
        playable: bool,
    },
    /// The grace of a delete is over, or the cleaner purges it.
    DeleteDue,
}

impl UploadState {
    /// All of them.
    pub const ALL: [Self; 6] = [
        Self::Uploading,
        Self::Queued,
        Self::Processing,
        Self::Ready,
        Self::Failed,
        Self::Deleting,
    ];

    /// The state that an event leads to; `None` if it cannot happen in this one.
    #[must_use]
    pub const fn after(self, event: UploadEvent) -> Option<Self> {
        use UploadEvent as Event;
        match (self, event) {
            // A launch that was lost leaves the upload where it waited.
            (Self::Uploading, Event::Settled)
            | (Self::Ready | Self::Failed, Event::Retried)
            | (Self::Queued | Self::Processing, Event::Requeued) => Some(Self::Queued),
            (Self::Queued, Event::Started) => Some(Self::Processing),
            (Self::Processing, Event::Published)
            | (Self::Queued | Self::Processing, Event::Cancelled { playable: true }) => Some(Self::Ready),
            (Self::Uploading, Event::TransferFailed | Event::Cancelled { .. })
            | (Self::Queued | Self::Processing, Event::JobFailed | Event::Cancelled { playable: false }) => {
                Some(Self::Failed)
            }
            (Self::Uploading | Self::Queued | Self::Processing | Self::Ready | Self::Failed, Event::DeleteDue) => {
                Some(Self::Deleting)
            }
            _ => None,
        }
    }

    /// Its name in the databases and the API.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Uploading => "uploading",
            Self::Queued => "queued",
            Self::Processing => "processing",
            Self::Ready => "ready",
            Self::Failed => "failed",
            Self::Deleting => "deleting",
        }
    }
}

impl fmt::Display for UploadState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Not the name of a state.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is no state")]
pub struct BadState(pub(crate) String);

impl FromStr for UploadState {
    type Err = BadState;

    fn from_str(text: &str) -> Result<Self, BadState> {
        let state = Self::ALL.into_iter().find(|state| state.as_str() == text);
        state.ok_or_else(|| BadState(text.chars().take(32).collect()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use UploadState::{Deleting, Failed, Processing, Queued, Ready};

    #[test]
    fn the_whole_table() {
        // In the order of `UploadState::ALL`.
        let table = [
            (UploadEvent::Settled, [Some(Queued), None, None, None, None, None]),
            (
                UploadEvent::TransferFailed,
                [Some(Failed), None, None, None, None, None],
            ),
            (UploadEvent::Started, [None, Some(Processing), None, None, None, None]),
            (
                UploadEvent::Requeued,
                [None, Some(Queued), Some(Queued), None, None, None],
            ),
            (UploadEvent::Published, [None, None, Some(Ready), None, None, None]),
            (
                UploadEvent::JobFailed,
                [None, Some(Failed), Some(Failed), None, None, None],
            ),
            (
                UploadEvent::Retried,
                [None, None, None, Some(Queued), Some(Queued), None],
            ),
            (
                UploadEvent::Cancelled { playable: false },
                [Some(Failed), Some(Failed), Some(Failed), None, None, None],
            ),
            (
                UploadEvent::Cancelled { playable: true },
                [Some(Failed), Some(Ready), Some(Ready), None, None, None],
            ),
            (
                UploadEvent::DeleteDue,
                [
                    Some(Deleting),
                    Some(Deleting),
                    Some(Deleting),
                    Some(Deleting),
                    Some(Deleting),
                    None,
                ],
            ),
        ];
        for (event, expected) in table {
            assert_eq!(UploadState::ALL.map(|state| state.after(event)), expected, "{event:?}");
        }
    }

    #[test]
    fn names_are_read_as_they_are_written() {
        for state in UploadState::ALL {
            assert_eq!(state.to_string().parse(), Ok(state));
        }
        assert!("Ready".parse::<UploadState>().is_err());
    }
}
