//! What the client's errors mean to whoever typed the command.

use client::{ClientError, FailureReason, SendError};

use crate::failure::Failure;

pub(crate) fn of_client(error: &ClientError) -> Failure {
    let problem = match error {
        ClientError::Problem(problem) => problem,
        ClientError::Unreachable(_) => {
            return Failure::environment("unreachable", format!("{error}; is it running, and is --server right?"));
        }
        ClientError::Unexpected(_) => return Failure::other("unexpected_answer", error.to_string()),
    };
    let code = problem.code.clone();
    let mut message = problem.detail.clone();
    // The server's log says more than it tells us.
    if let (500.., Some(id)) = (problem.status, &problem.request_id) {
        message = format!("{message} (request {id})");
    }
    match problem.status {
        401 => Failure::usage(code, message),
        403 if code == "account_disabled" => Failure::usage(code, message),
        400 | 413 | 415 => Failure::input(code, message),
        409 if code == "size_mismatch" => Failure::input(code, message),
        503 => Failure::environment(code, message),
        _ => Failure::other(code, message),
    }
}

pub(crate) fn of_sending(error: &SendError) -> Failure {
    match error {
        SendError::Client(error) => of_client(error),
        SendError::File(_) => Failure::input("source_unreadable", error.to_string()),
        SendError::NotAFile => Failure::input("not_a_file", error.to_string()),
        SendError::Changed => Failure::other("source_changed", error.to_string()),
        SendError::Storage(_) => Failure::environment("storage", error.to_string()),
    }
}

/// It arrived, but nothing came of it. What trying again cannot mend is the file's fault.
pub(crate) fn of_upload(reason: Option<FailureReason>) -> Failure {
    match reason {
        Some(reason) if reason.retryable || reason.code == "cancelled" => Failure::other(reason.code, reason.message),
        Some(reason) => Failure::input(reason.code, reason.message),
        None => Failure::other("deleted", "the upload was deleted meanwhile"),
    }
}
