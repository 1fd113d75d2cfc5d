//! What can go wrong with a bucket, sorted by what a caller does about it.

use aws_sdk_s3::{
    config::http::HttpResponse,
    error::{ProvideErrorMetadata, SdkError},
};

/// Why a call to the bucket ended without a result. Its messages are for the log: they hold no secrets, and nothing that
/// an uploader would understand.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ObjectError {
    /// There is no such object. Not said of a bucket that does not exist, except by a HEAD, whose answer has no room for
    /// the difference.
    #[error("the object does not exist")]
    NotFound,
    /// The object is not the one that was meant (`If-Match`), or is there already (`If-None-Match`).
    #[error("the object is not in the state that was asked for")]
    PreconditionFailed,
    /// The range begins past the object's end.
    #[error("the range begins past the end of the object")]
    RangeNotSatisfiable,
    /// The multipart upload was completed, aborted or never begun.
    #[error("the multipart upload does not exist, or no longer")]
    NoSuchUpload,
    /// A part is missing, has another `ETag`, or stands out of order.
    #[error("a part is missing, different, or out of order")]
    InvalidPart,
    /// A part other than the last is smaller than 5 MiB.
    #[error("a part other than the last is smaller than the 5 MiB that it must have")]
    EntityTooSmall,
    /// Larger than the bucket or the caller takes.
    #[error("the object is larger than is taken")]
    TooLarge,
    /// The key, its permissions or the clock is wrong. `code` is the server's own word.
    #[error("the bucket refused the access key ({code}); check the key, its permissions, and this machine's clock")]
    AccessDenied {
        /// For example `SignatureDoesNotMatch`.
        code: String,
    },
    /// Asked to slow down, and retries did not help. Transient.
    #[error("the bucket is busy ({code})")]
    Busy {
        /// For example `SlowDown`.
        code: String,
    },
    /// No answer, or none that helps: the connection failed, timed out or broke off, or the server failed. Transient.
    #[error("the bucket is out of reach: {reason}")]
    Unavailable {
        /// What was seen of it.
        reason: String,
    },
    /// Not a key that is taken.
    #[error("{key:?} cannot be the key of an object: {reason}")]
    BadKey {
        /// Its first 100 characters.
        key: String,
        /// What is wrong with it.
        reason: &'static str,
    },
    /// Asked for what S3 does not do, such as a URL that lives longer than a week. A defect of the caller.
    #[error("no request can be made: {0}")]
    Misuse(&'static str),
    /// Anything else that the server refused, and every answer that makes no sense.
    #[error("the bucket answered {status} {code}: {message}")]
    Other {
        /// The status of HTTP.
        status: u16,
        /// The server's own word, or empty.
        code: String,
        /// The server's explanation, shortened.
        message: String,
    },
}

impl ObjectError {
    /// Whether the same call may succeed later with nothing changed.
    #[must_use]
    pub fn is_transient(&self) -> bool {
        matches!(self, Self::Busy { .. } | Self::Unavailable { .. })
    }

    /// An answer that lacks what every S3 server sends.
    pub(crate) fn incomplete(what: &'static str) -> Self {
        Self::Other {
            status: 200,
            code: String::new(),
            message: format!("the answer lacks {what}"),
        }
    }

    /// By the server's word, and by the status where it said none.
    pub(crate) fn of_answer(status: u16, code: Option<&str>, message: Option<&str>) -> Self {
        let code = shortened(code.unwrap_or_default(), 60);
        match code.as_str() {
            "NoSuchKey" | "NotFound" => Self::NotFound,
            "PreconditionFailed" => Self::PreconditionFailed,
            "InvalidRange" => Self::RangeNotSatisfiable,
            "NoSuchUpload" => Self::NoSuchUpload,
            "InvalidPart" | "InvalidPartOrder" => Self::InvalidPart,
            "EntityTooSmall" => Self::EntityTooSmall,
            "EntityTooLarge" => Self::TooLarge,
            // Two writers of one key at once; S3 asks to try again.
            "ConditionalRequestConflict" | "OperationAborted" => Self::Busy { code },
            "SlowDown" | "TooManyRequests" | "RequestLimitExceeded" | "Throttling" | "ThrottlingException" => {
                Self::Busy { code }
            }
            // Of status 400, yet only a connection that was too slow.
            "RequestTimeout" | "InternalError" | "ServiceUnavailable" => Self::Unavailable { reason: code },
            _ => Self::of_status(status, code, message.unwrap_or_default()),
        }
    }

    fn of_status(status: u16, code: String, message: &str) -> Self {
        match status {
            401 | 403 => Self::AccessDenied {
                code: if code.is_empty() { status.to_string() } else { code },
            },
            404 if code.is_empty() => Self::NotFound,
            412 => Self::PreconditionFailed,
            413 => Self::TooLarge,
            416 => Self::RangeNotSatisfiable,
            429 => Self::Busy {
                code: if code.is_empty() { "429".into() } else { code },
            },
            // 501 is an answer that stays the same however often one asks.
            500 | 502..=599 => Self::Unavailable {
                reason: format!("it answered {status} {code}").trim_end().into(),
            },
            _ => Self::Other {
                status,
                code,
                message: shortened(message, 200),
            },
        }
    }
}

impl<E: ProvideErrorMetadata> From<SdkError<E, HttpResponse>> for ObjectError {
    fn from(error: SdkError<E, HttpResponse>) -> Self {
        match &error {
            SdkError::ServiceError(answer) => {
                let status = answer.raw().status().as_u16();
                Self::of_answer(status, answer.err().code(), answer.err().message())
            }
            SdkError::ResponseError(answer) => match answer.raw().status().as_u16() {
                status if status < 300 => Self::Other {
                    status,
                    code: String::new(),
                    message: "the answer cannot be understood".into(),
                },
                status => Self::of_answer(status, None, None),
            },
            SdkError::TimeoutError(_) => Self::unavailable("no answer in time"),
            SdkError::DispatchFailure(failure) if failure.is_timeout() => Self::unavailable("no connection in time"),
            SdkError::DispatchFailure(failure) if failure.is_user() => Self::Misuse("the request is not HTTP"),
            SdkError::DispatchFailure(failure) => match failure.as_connector_error() {
                Some(connector) => Self::unavailable(&chain(connector)),
                None => Self::unavailable("the connection failed"),
            },
            SdkError::ConstructionFailure(_) => Self::Misuse("the SDK cannot build it from these values"),
            _ => Self::unavailable("the SDK failed in a new way"),
        }
    }
}

impl ObjectError {
    pub(crate) fn unavailable(reason: &str) -> Self {
        Self::Unavailable {
            reason: shortened(reason, 200),
        }
    }
}

/// An error with its causes: the outermost of a connection says next to nothing.
pub(crate) fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text = format!("{text}: {error}");
        cause = error.source();
    }
    text
}

/// Fit for one line of a log, whatever a server says.
fn shortened(text: &str, longest: usize) -> String {
    let printable = text
        .chars()
        .map(|letter| if letter.is_control() { ' ' } else { letter });
    printable.take(longest).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_servers_word_counts_for_more_than_its_status() {
        let of = |status, code| ObjectError::of_answer(status, Some(code), None);
        assert_eq!(of(404, "NoSuchKey"), ObjectError::NotFound);
        assert_eq!(of(404, "NoSuchUpload"), ObjectError::NoSuchUpload);
        assert_eq!(of(400, "InvalidPartOrder"), ObjectError::InvalidPart);
        assert!(of(400, "RequestTimeout").is_transient());
        assert!(of(503, "SlowDown").is_transient());
        assert!(of(409, "ConditionalRequestConflict").is_transient());
        assert!(!of(403, "SignatureDoesNotMatch").is_transient());
    }

    #[test]
    fn a_missing_bucket_is_not_a_missing_object() {
        let error = ObjectError::of_answer(404, Some("NoSuchBucket"), Some("no\nbucket"));
        assert_eq!(error.to_string(), "the bucket answered 404 NoSuchBucket: no bucket");
    }

    #[test]
    fn without_a_word_the_status_decides() {
        let of = |status| ObjectError::of_answer(status, None, None);
        assert_eq!(of(404), ObjectError::NotFound);
        assert_eq!(of(412), ObjectError::PreconditionFailed);
        assert_eq!(of(416), ObjectError::RangeNotSatisfiable);
        assert_eq!(of(403), ObjectError::AccessDenied { code: "403".into() });
        assert_eq!(of(429), ObjectError::Busy { code: "429".into() });
        assert_eq!(of(502).to_string(), "the bucket is out of reach: it answered 502");
        assert!(!of(501).is_transient());
    }

    #[test]
    fn a_hostile_message_fits_one_line() {
        let error = ObjectError::of_answer(418, Some("a\r\nb"), Some(&"long\n".repeat(1_000)));
        let shown = error.to_string();
        assert!(shown.len() < 300 && !shown.contains('\n'), "{shown}");
    }
}
