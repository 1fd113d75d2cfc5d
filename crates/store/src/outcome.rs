//! How attempts end.

/// How an attempt ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// Its tree is published.
    Published,
    /// Its worker said that it failed.
    Failed,
    /// Its worker was told to go.
    HandedBack,
    /// Its lease or deadline ran out.
    Lost,
    /// The launcher did not take it.
    Refused,
    /// The user called the job off, or deleted the upload.
    Cancelled,
}

impl Outcome {
    const ALL: [Self; 6] = [
        Self::Published,
        Self::Failed,
        Self::HandedBack,
        Self::Lost,
        Self::Refused,
        Self::Cancelled,
    ];

    /// Its name in the databases.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Published => "published",
            Self::Failed => "failed",
            Self::HandedBack => "handed_back",
            Self::Lost => "lost",
            Self::Refused => "refused",
            Self::Cancelled => "cancelled",
        }
    }

    pub(crate) fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|outcome| outcome.as_str() == name)
    }
}
