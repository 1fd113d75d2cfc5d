//! A presigned PUT, as a browser is told of it.

use std::collections::BTreeMap;

use objects::PresignedRequest;
use serde::Serialize;
use utoipa::ToSchema;

use crate::api::time::rfc3339;

/// A request to send the file, or a part of it, with.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Put)]
pub(crate) struct PutView {
    /// `PUT`.
    method: String,
    /// Of the bucket. Whoever has it can use it, so keep it to yourself.
    url: String,
    /// Exactly these must be sent; a browser adds `Content-Length` and `Host` by itself.
    headers: BTreeMap<String, String>,
    /// The request must begin before.
    expires_at: String,
}

impl From<PresignedRequest> for PutView {
    fn from(request: PresignedRequest) -> Self {
        Self {
            method: request.method,
            url: request.url,
            headers: request.headers.into_iter().collect(),
            expires_at: rfc3339(request.expires),
        }
    }
}
