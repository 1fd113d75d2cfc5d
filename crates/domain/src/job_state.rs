//! The states of a job, and the only ways from one to another.

use std::{fmt, str::FromStr};

use crate::upload_state::BadState;

/// Where a job stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum JobState {
    /// Waits for its turn and its `run_at`. In: enqueue, a lost attempt. Out: a claim. The rescuer fails it as
    /// `no_capacity` after the queue timeout (7 days).
    Queued,
    /// An attempt exists and its worker is being launched. In: a claim. Out: the attempt's start. The rescuer puts it
    /// back when the launch lease (10 min) runs out.
    Launching,
    /// A worker has taken the attempt up. In: its start. Out: its finish. The rescuer puts it back or fails it when
    /// the lease (60 s) or the attempt's deadline (6 h) runs out.
    Running,
    /// Its tree is published. In: finish. Stays until its upload goes.
    Succeeded,
    /// It is over without a tree. In: finish, rescuer. Stays until its upload goes; a retry makes another job.
    Failed,
    /// Its user called it off or deleted the upload. In: cancel, delete. Stays until its upload goes.
    Cancelled,
}

/// What can happen to a job.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum JobEvent {
    /// The dispatcher, or a pulling worker, takes it.
    Claimed,
    /// A worker took the attempt up.
    Started,
    /// The attempt was lost or handed back, was refused by the launcher, or failed transiently.
    Requeued,
    /// The attempt's tree is published.
    Published,
    /// A permanent error, or the budget of failures is used up, or nobody had capacity.
    Failed,
    /// Called off.
    Cancelled,
}

impl JobState {
    /// All of them.
    pub const ALL: [Self; 6] = [
        Self::Queued,
        Self::Launching,
        Self::Running,
        Self::Succeeded,
        Self::Failed,
        Self::Cancelled,
    ];

    /// The state that an event leads to; `None` if it cannot happen in this one.
    #[must_use]
    pub const fn after(self, event: JobEvent) -> Option<Self> {
        match (self, event) {
            (Self::Queued, JobEvent::Claimed) => Some(Self::Launching),
            (Self::Launching, JobEvent::Started) => Some(Self::Running),
            (Self::Launching | Self::Running, JobEvent::Requeued) => Some(Self::Queued),
            (Self::Running, JobEvent::Published) => Some(Self::Succeeded),
            (Self::Queued | Self::Launching | Self::Running, JobEvent::Failed) => Some(Self::Failed),
            (Self::Queued | Self::Launching | Self::Running, JobEvent::Cancelled) => Some(Self::Cancelled),
            _ => None,
        }
    }

    /// Whether nothing can happen to it any more.
    #[must_use]
    pub const fn is_over(self) -> bool {
        matches!(self, Self::Succeeded | Self::Failed | Self::Cancelled)
    }

    /// Its name in the databases.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Launching => "launching",
            Self::Running => "running",
            Self::Succeeded => "succeeded",
            Self::Failed => "failed",
            Self::Cancelled => "cancelled",
        }
    }
}

impl fmt::Display for JobState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for JobState {
    type Err = BadState;

    fn from_str(text: &str) -> Result<Self, BadState> {
        let state = Self::ALL.into_iter().find(|state| state.as_str() == text);
        state.ok_or_else(|| BadState(text.chars().take(32).collect()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use JobState::{Cancelled, Failed, Launching, Queued, Running, Succeeded};

    #[test]
    fn the_whole_table() {
        // In the order of `JobState::ALL`.
        let table = [
            (JobEvent::Claimed, [Some(Launching), None, None, None, None, None]),
            (JobEvent::Started, [None, Some(Running), None, None, None, None]),
            (JobEvent::Requeued, [None, Some(Queued), Some(Queued), None, None, None]),
            (JobEvent::Published, [None, None, Some(Succeeded), None, None, None]),
            (
                JobEvent::Failed,
                [Some(Failed), Some(Failed), Some(Failed), None, None, None],
            ),
            (
                JobEvent::Cancelled,
                [Some(Cancelled), Some(Cancelled), Some(Cancelled), None, None, None],
            ),
        ];
        for (event, expected) in table {
            assert_eq!(JobState::ALL.map(|state| state.after(event)), expected, "{event:?}");
        }
    }

    #[test]
    fn what_is_over_stays_so() {
        for state in JobState::ALL.into_iter().filter(|state| state.is_over()) {
            let events = [
                JobEvent::Claimed,
                JobEvent::Started,
                JobEvent::Requeued,
                JobEvent::Published,
            ];
            assert!(events.into_iter().all(|event| state.after(event).is_none()), "{state}");
        }
    }

    #[test]
    fn names_are_read_as_they_are_written() {
        for state in JobState::ALL {
            assert_eq!(state.to_string().parse(), Ok(state));
        }
    }
}
