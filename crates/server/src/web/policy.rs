//! What a page of ours may do.

use std::convert::Infallible;

use axum::{
    http::{HeaderValue, header},
    response::{IntoResponseParts, ResponseParts},
};

/// Nothing that a page of ours uses, and that something smuggled into it could.
const PERMISSIONS: &str = "camera=(), display-capture=(), geolocation=(), microphone=(), payment=(), usb=()";

/// The headers that bind a page: it loads from us and from the bucket alone, and nobody frames it.
#[derive(Debug, PartialEq, Eq, Hash)]
pub(super) struct Policy(String);

impl Policy {
    /// `bucket` is the origin that presigned URLs lead to; empty: there is none.
    pub(super) fn of(bucket: &str) -> Self {
        let bucket = source(bucket);
        // Styles may be set in elements, as the components do; hls.js plays from blobs and works in a worker of one.
        Self(format!(
            "default-src 'self'; connect-src 'self'{bucket}; media-src 'self' blob:{bucket}; img-src 'self' data: blob:; \
             style-src 'self' 'unsafe-inline'; font-src 'self'; worker-src 'self' blob:; object-src 'none'; \
             base-uri 'none'; frame-ancestors 'none'; form-action 'self'"
        ))
    }
}

/// With a space in front. A policy has no spelling for the addresses of IPv6, so there any host at that port must do.
fn source(origin: &str) -> String {
    match (origin.split_once('['), origin.split_once(']')) {
        (Some((scheme, _)), Some((_, port))) => format!(" {scheme}*{port}"),
        _ if origin.is_empty() => String::new(),
        _ => format!(" {origin}"),
    }
}

impl IntoResponseParts for Policy {
    type Error = Infallible;

    fn into_response_parts(self, mut answer: ResponseParts) -> Result<ResponseParts, Infallible> {
        let headers = answer.headers_mut();
        // An origin is checked before anything is signed for it, so this is a header.
        if let Ok(policy) = HeaderValue::from_str(&self.0) {
            headers.insert(header::CONTENT_SECURITY_POLICY, policy);
        }
        headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
        headers.insert("permissions-policy", HeaderValue::from_static(PERMISSIONS));
        Ok(answer)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bucket_is_named_wherever_it_is() {
        for (origin, expected) in [
            ("", ""),
            ("https://files.example.org", " https://files.example.org"),
            ("http://192.168.1.5:9000", " http://192.168.1.5:9000"),
            ("http://[fe80::1]:9000", " http://*:9000"),
        ] {
            assert_eq!(source(origin), expected);
        }
    }
}
