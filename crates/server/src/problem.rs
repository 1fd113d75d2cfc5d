//! What goes wrong, as a caller is told (RFC 9457) and as the log is told. The two are different fields, so that no detail
//! of ours leaks.

use std::{borrow::Cow, fmt};

use axum::{
    Json,
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use objects::ObjectError;
use serde::Serialize;
use store::StoreError;
use utoipa::ToSchema;

/// An error answer. What is internal goes to the log when it is made into a response, never to the caller.
#[derive(Debug)]
pub struct Problem {
    status: StatusCode,
    code: &'static str,
    detail: Cow<'static, str>,
    /// In seconds.
    retry_after: Option<u64>,
    internal: Option<Box<dyn std::error::Error + Send + Sync>>,
}

impl Problem {
    /// An error that the caller can do something about; `detail` says what.
    pub fn new(status: StatusCode, code: &'static str, detail: impl Into<Cow<'static, str>>) -> Self {
        Self {
            status,
            code,
            detail: detail.into(),
            retry_after: None,
            internal: None,
        }
    }

    /// 400, with a code of its own.
    pub fn bad(code: &'static str, detail: impl Into<Cow<'static, str>>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, code, detail)
    }

    /// 400 `bad_request`: the request is not of the form that the endpoint takes.
    pub fn bad_request(detail: impl Into<Cow<'static, str>>) -> Self {
        Self::bad("bad_request", detail)
    }

    /// 401 `unauthorized`.
    #[must_use]
    pub fn unauthorized(detail: &'static str) -> Self {
        Self::new(StatusCode::UNAUTHORIZED, "unauthorized", detail)
    }

    /// 403.
    pub fn forbidden(code: &'static str, detail: impl Into<Cow<'static, str>>) -> Self {
        Self::new(StatusCode::FORBIDDEN, code, detail)
    }

    /// 404 `not_found`. `what` as in `"upload"`.
    #[must_use]
    pub fn not_found(what: &str) -> Self {
        Self::new(StatusCode::NOT_FOUND, "not_found", format!("there is no such {what}"))
    }

    /// 409.
    pub fn conflict(code: &'static str, detail: impl Into<Cow<'static, str>>) -> Self {
        Self::new(StatusCode::CONFLICT, code, detail)
    }

    /// 429 `too_many_requests`.
    #[must_use]
    pub fn too_many_requests(detail: &'static str, retry_after_seconds: u64) -> Self {
        Self {
            retry_after: Some(retry_after_seconds),
            ..Self::new(StatusCode::TOO_MANY_REQUESTS, "too_many_requests", detail)
        }
    }

    /// 500 `internal`: a defect of ours, which the log describes.
    pub fn internal(error: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        Self {
            internal: Some(error.into()),
            ..Self::new(
                StatusCode::INTERNAL_SERVER_ERROR,
                "internal",
                "something went wrong on our side; it has been logged under this request's id",
            )
        }
    }

    /// 503 `unavailable`: something that we depend on does not answer.
    pub fn unavailable(error: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        Self {
            internal: Some(error.into()),
            retry_after: Some(5),
            ..Self::new(
                StatusCode::SERVICE_UNAVAILABLE,
                "unavailable",
                "the service cannot reach its database or its storage; try again in a few seconds",
            )
        }
    }

    /// 503 `unavailable`: this server should be sent no requests just now.
    #[must_use]
    pub fn not_ready(detail: String) -> Self {
        Self {
            retry_after: Some(5),
            ..Self::new(StatusCode::SERVICE_UNAVAILABLE, "unavailable", detail)
        }
    }

    /// For people: what happened and what to do.
    #[must_use]
    pub fn detail(&self) -> &str {
        &self.detail
    }

    /// The stable name of it.
    #[must_use]
    pub fn code(&self) -> &'static str {
        self.code
    }
}

/// Its body.
#[derive(Serialize, ToSchema)]
#[schema(as = Problem)]
pub(crate) struct ProblemBody {
    /// Always `about:blank`: the code says more.
    r#type: &'static str,
    /// The status in words.
    title: &'static str,
    /// The HTTP status.
    status: u16,
    /// Stable, for programs.
    code: &'static str,
    /// For people: what happened and what to do.
    detail: String,
    /// For the log.
    #[schema(required)]
    request_id: Option<String>,
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        if let Some(error) = &self.internal {
            tracing::error!(code = self.code, %error, "a request failed");
        }
        let body = ProblemBody {
            r#type: "about:blank",
            title: self.status.canonical_reason().unwrap_or("Error"),
            status: self.status.as_u16(),
            code: self.code,
            detail: self.detail.into_owned(),
            request_id: crate::request_id::current(),
        };
        let mut response = (self.status, Json(body)).into_response();
        let headers = response.headers_mut();
        headers.insert(
            header::CONTENT_TYPE,
            HeaderValue::from_static("application/problem+json"),
        );
        if let Some(seconds) = self.retry_after {
            headers.insert(header::RETRY_AFTER, seconds.into());
        }
        if self.status == StatusCode::UNAUTHORIZED {
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        response
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.code, self.detail)
    }
}

/// What most endpoints make of it; where one has a code of its own, it looks first.
impl From<StoreError> for Problem {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::NotFound => Self::not_found("upload"),
            StoreError::WrongState(state) => {
                Self::conflict("wrong_state", format!("that is not possible while it is {state}"))
            }
            StoreError::SourceGone => Self::conflict("source_gone", error.to_string()),
            StoreError::BadCursor => Self::bad("bad_cursor", error.to_string()),
            StoreError::Unavailable(error) => Self::unavailable(error),
            error @ (StoreError::Taken
            | StoreError::TooMany(_)
            | StoreError::Closed
            | StoreError::Refused(_)
            | StoreError::Damaged(_)) => Self::internal(error),
        }
    }
}

impl From<ObjectError> for Problem {
    fn from(error: ObjectError) -> Self {
        if error.is_transient() {
            Self::unavailable(error)
        } else {
            Self::internal(error)
        }
    }
}
