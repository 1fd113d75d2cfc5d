//! Uploads that change, told to whoever follows them.

/// Who follows, and how they are told.
pub(crate) struct Changes {}

impl Changes {
    pub(crate) fn new() -> Self {
        Self {}
    }
}
