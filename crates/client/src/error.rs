//! How a call fails.

use std::fmt;

use reqwest::StatusCode;
use serde::Deserialize;

/// Why a call gave no answer that could be used. No message holds a URL, since its query may be a signature.
#[derive(Debug, Clone, thiserror::Error)]
pub enum ClientError {
    /// The server refused, and said why.
    #[error("{0}")]
    Problem(Problem),
    /// There was no answer, or one of something that stands before the server.
    #[error("the server cannot be reached: {0}")]
    Unreachable(String),
    /// There was an answer, but not one that the API gives.
    #[error("the server gave an answer that this version of Segue does not understand: {0}")]
    Unexpected(String),
}

/// What the server said of its refusal (RFC 9457).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// The HTTP status.
    pub status: u16,
    /// A stable name, for programs.
    pub code: String,
    /// What happened and what to do, for people. It comes from elsewhere and may hold anything, line feeds included.
    pub detail: String,
    /// Under which the server's log has more.
    pub request_id: Option<String>,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.detail)
    }
}

impl ClientError {
    /// The problem's code, if it is one.
    #[must_use]
    pub fn code(&self) -> Option<&str> {
        match self {
            Self::Problem(problem) => Some(&problem.code),
            _ => None,
        }
    }

    /// The problem's status, if it is one.
    #[must_use]
    pub fn status(&self) -> Option<u16> {
        match self {
            Self::Problem(problem) => Some(problem.status),
            _ => None,
        }
    }

    /// Of an answer that is no success.
    pub(crate) fn of_answer(status: StatusCode, request_id: Option<String>, body: &[u8]) -> Self {
        #[derive(Deserialize)]
        struct Body {
            code: String,
            detail: String,
            request_id: Option<String>,
        }
        match serde_json::from_slice::<Body>(body) {
            Ok(body) => Self::Problem(Problem {
                status: status.as_u16(),
                code: body.code,
                detail: body.detail,
                request_id: body.request_id.or(request_id),
            }),
            // A proxy whose server is away, in words of its own.
            Err(_) if matches!(status.as_u16(), 502..=504) => Self::Unreachable(format!("the answer is {status}")),
            Err(_) => Self::Unexpected(format!("{status} without an explanation")),
        }
    }
}
