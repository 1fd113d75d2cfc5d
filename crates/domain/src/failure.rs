//! Why something failed, in the two ways that matter.

use serde::{Deserialize, Serialize};

const LONGEST_CODE: usize = 64;
const LONGEST_MESSAGE: usize = 500;

/// Why an attempt, a job or an upload failed. The place that makes it says whether trying again may help.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Failure {
    /// A stable name for programs, as in `not_audio`.
    pub code: String,
    /// For the uploader: what happened and what to do.
    pub message: String,
    /// Whether the same work may succeed another time.
    pub retryable: bool,
}

impl Failure {
    /// Trying again cannot help. Code and message are cut to what the database takes.
    #[must_use]
    pub fn permanent(code: &str, message: &str) -> Self {
        Self {
            code: cut(code, LONGEST_CODE),
            message: cut(message, LONGEST_MESSAGE),
            retryable: false,
        }
    }

    /// Trying again may help. Code and message are cut to what the database takes.
    #[must_use]
    pub fn transient(code: &str, message: &str) -> Self {
        Self {
            retryable: true,
            ..Self::permanent(code, message)
        }
    }

    /// The same, after so many tries were in vain.
    #[must_use]
    pub fn after_tries(&self, tries: u32) -> Self {
        let message = format!(
            "{}; Segue gave up after {tries} tries, so try again later",
            self.message
        );
        Self {
            retryable: self.retryable,
            ..Self::permanent(&self.code, &message)
        }
    }

    /// The browser never finished.
    #[must_use]
    pub fn abandoned() -> Self {
        Self::permanent("abandoned", "the file was never sent completely; upload it again")
    }

    /// What arrived is not as long as what was announced.
    #[must_use]
    pub fn size_mismatch() -> Self {
        Self::permanent(
            "size_mismatch",
            "what arrived is not as long as the file that was announced; upload it again",
        )
    }

    /// The job waited for as long as the operator lets one wait.
    #[must_use]
    pub fn no_capacity() -> Self {
        Self::transient(
            "no_capacity",
            "nothing was free to process this file for too long; try again",
        )
    }

    /// The user called it off.
    #[must_use]
    pub fn cancelled() -> Self {
        Self::permanent("cancelled", "you cancelled this")
    }

    /// The worker went silent.
    #[must_use]
    pub fn lease_lost() -> Self {
        Self::transient("lease_lost", "the processing was interrupted")
    }

    /// The launched worker never called.
    #[must_use]
    pub fn never_started() -> Self {
        Self::transient("never_started", "the processing did not begin")
    }

    /// The attempt worked for longer than any may.
    #[must_use]
    pub fn deadline() -> Self {
        Self::transient("deadline", "the processing took too long")
    }
}

fn cut(text: &str, longest: usize) -> String {
    // PostgreSQL has no text with NUL in it. What stands for one is longer, so it comes before the cut.
    let mut text = text[..text.floor_char_boundary(longest)].replace('\0', "\u{fffd}");
    text.truncate(text.floor_char_boundary(longest));
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_messages_are_cut_between_characters() {
        let failure = Failure::transient(&"c".repeat(100), &"ä".repeat(400));
        assert_eq!(failure.code.len(), LONGEST_CODE);
        assert_eq!(failure.message, "ä".repeat(250));
        assert!(failure.retryable);
        assert_eq!(Failure::permanent("a", "b\0c").message, "b\u{fffd}c");
    }

    #[test]
    fn what_stands_for_nul_makes_no_message_longer_than_may_be() {
        let failure = Failure::permanent(&"\0".repeat(64), &"\0".repeat(500));
        assert_eq!(failure.code, "\u{fffd}".repeat(21));
        assert_eq!(failure.message, "\u{fffd}".repeat(166));
    }
}
