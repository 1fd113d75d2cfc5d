//! The state of an upload as the document describes it: `domain` knows of no documents.

use domain::UploadState;
use serde::Serialize;
use utoipa::ToSchema;

/// Where an upload stands. Whether it can be played is another matter.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = UploadState)]
#[serde(rename_all = "snake_case")]
pub(crate) enum StateView {
    /// The file is on its way.
    Uploading,
    /// It waits for a worker.
    Queued,
    /// A worker has it.
    Processing,
    /// It can be played.
    Ready,
    /// There is no new stream, and `failure` says why.
    Failed,
    /// It is on its way out.
    Deleting,
}

impl From<UploadState> for StateView {
    fn from(state: UploadState) -> Self {
        match state {
            UploadState::Uploading => Self::Uploading,
            UploadState::Queued => Self::Queued,
            UploadState::Processing => Self::Processing,
            UploadState::Ready => Self::Ready,
            UploadState::Failed => Self::Failed,
            UploadState::Deleting => Self::Deleting,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_state_is_spelled_as_everywhere_else() {
        for state in UploadState::ALL {
            assert_eq!(serde_json::to_value(StateView::from(state)).unwrap(), state.as_str());
        }
    }
}
