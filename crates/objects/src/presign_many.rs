//! Thousands of presigned GETs at once: the segments of a long recording.
//!
//! The SDK builds a whole request for each, which takes seconds for 7,200. Only the key differs between them, so the
//! SDK signs the first, and the others are made after its pattern. The pattern is used only if it makes exactly the URL
//! that the SDK made of the first; otherwise the SDK signs all.

use std::{
    fmt::Write,
    iter::{once, repeat_n},
};

use domain::Secret;
use sha2::{Digest, Sha256};
use tokio::task::yield_now;

use crate::{Bucket, ObjectError, PresignedGet, Signing, key};

/// Signatures made in a row before others get their turn on the thread.
const IN_A_ROW: usize = 128;
/// SHA-256's, in bytes.
const BLOCK: usize = 64;

impl Bucket {
    /// The URLs of [`Bucket::presign_get`] without options for many keys, in their order. All work equally long.
    pub async fn presign_gets(&self, keys: &[String], signing: Signing<'_>) -> Result<Vec<String>, ObjectError> {
        let Some(first) = keys.first() else {
            return Ok(Vec::new());
        };
        let signed = self.presign_get(first, PresignedGet::default(), signing).await?;
        let pattern = Pattern::of(&signed.url, first, &self.secret_key).filter(|it| it.url(first) == signed.url);
        if pattern.is_none() {
            tracing::warn!("the SDK signs in a way that is not known here, so signing many URLs takes longer");
        }
        let mut urls = Vec::with_capacity(keys.len());
        for (index, key) in keys.iter().enumerate() {
            key::check(key)?;
            urls.push(match &pattern {
                Some(pattern) => pattern.url(key),
                None => self.presign_get(key, PresignedGet::default(), signing).await?.url,
            });
            if index % IN_A_ROW == IN_A_ROW - 1 {
                yield_now().await;
            }
        }
        Ok(urls)
    }
}

/// A presigned URL without its key: what "Authenticating Requests: Using Query Parameters" of the S3 API makes of one.
struct Pattern {
    /// Scheme and host.
    origin: String,
    host: String,
    /// Before the key.
    path: String,
    /// Without the signature.
    query: String,
    /// The same in the order of names.
    canonical_query: String,
    date: String,
    /// Day, region, service and `aws4_request`.
    scope: String,
    signing_key: [u8; 32],
}

impl Pattern {
    fn of(url: &str, key: &str, secret: &Secret) -> Option<Self> {
        let (location, query) = url.split_once('?')?;
        let (query, _) = query.split_once("&X-Amz-Signature=")?;
        let mut parameters: Vec<&str> = query.split('&').collect();
        parameters.sort_unstable();
        let value = |name: &str| {
            let of_name = |parameter: &&str| parameter.starts_with(name) && parameter[name.len()..].starts_with('=');
            let parameter = parameters.iter().copied().find(of_name);
            parameter.map(|parameter| &parameter[name.len() + 1..])
        };
        let credential = value("X-Amz-Credential")?.replace("%2F", "/");
        let mut parts = credential.rsplitn(5, '/');
        let (last, service, region, day) = (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
        let day_key = hmac(format!("AWS4{}", secret.reveal()).as_bytes(), day.as_bytes());
        let region_key = hmac(&day_key, region.as_bytes());
        let service_key = hmac(&region_key, service.as_bytes());

        let (scheme, rest) = location.split_once("://")?;
        let (host, path) = rest.split_at(rest.find('/')?);
        // Clients leave out of `Host` what the scheme says already.
        let usual_port = if scheme == "https" { ":443" } else { ":80" };
        Some(Self {
            origin: format!("{scheme}://{host}"),
            host: host.strip_suffix(usual_port).unwrap_or(host).into(),
            path: path.strip_suffix(&*escaped(key))?.into(),
            query: query.into(),
            canonical_query: parameters.join("&"),
            date: value("X-Amz-Date")?.into(),
            scope: format!("{day}/{region}/{service}/{last}"),
            signing_key: hmac(&service_key, last.as_bytes()),
        })
    }

    fn url(&self, key: &str) -> String {
        let Self {
            origin,
            host,
            path,
            query,
            canonical_query,
            date,
            scope,
            signing_key,
        } = self;
        let key = escaped(key);
        let request = format!("GET\n{path}{key}\n{canonical_query}\nhost:{host}\n\nhost\nUNSIGNED-PAYLOAD");
        let request = hex(&Sha256::digest(request.as_bytes()).into());
        let to_sign = format!("AWS4-HMAC-SHA256\n{date}\n{scope}\n{request}");
        let signature = hex(&hmac(signing_key, to_sign.as_bytes()));
        format!("{origin}{path}{key}?{query}&X-Amz-Signature={signature}")
    }
}

/// RFC 2104.
fn hmac(key: &[u8], message: &[u8]) -> [u8; 32] {
    let hashed: [u8; 32];
    let key = if key.len() > BLOCK {
        hashed = Sha256::digest(key).into();
        &hashed
    } else {
        key
    };
    let padded = |pad: u8| {
        let zeros = repeat_n(0, BLOCK - key.len());
        let mut block = [0; BLOCK];
        for (place, byte) in block.iter_mut().zip(key.iter().copied().chain(zeros)) {
            *place = byte ^ pad;
        }
        block
    };
    let inner = once(&padded(0x36)[..])
        .chain(once(message))
        .fold(Sha256::new(), Digest::chain_update);
    let outer = Sha256::new().chain_update(padded(0x5c)).chain_update(inner.finalize());
    outer.finalize().into()
}

fn hex(bytes: &[u8; 32]) -> String {
    let digit = |nibble: u8| char::from(b"0123456789abcdef"[usize::from(nibble)]);
    bytes
        .iter()
        .flat_map(|byte| [digit(byte >> 4), digit(byte & 15)])
        .collect()
}

/// RFC 3986, but for the slashes of a path.
fn escaped(key: &str) -> String {
    let mut text = String::with_capacity(key.len());
    for byte in key.bytes() {
        if byte.is_ascii_alphanumeric() || b"-_.~/".contains(&byte) {
            text.push(char::from(byte));
        } else {
            // Writing to a text cannot fail.
            let _ = write!(text, "%{byte:02X}");
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use domain::Timestamp;

    use super::*;
    use crate::{Audience, BucketSettings, Patience};

    fn bucket(path_style: bool, access_key: &str) -> Bucket {
        Bucket::new(BucketSettings {
            endpoint: "https://s3.example.org".into(),
            public_endpoint: Some("https://files.example.org:8443".into()),
            region: "eu-central-1".into(),
            bucket: "segue-audio".into(),
            access_key: access_key.into(),
            secret_key: Secret::new("a/secret+key that is longer than a block of the hash, whatever one makes of that"),
            path_style,
            patience: Patience::default(),
        })
        .unwrap()
    }

    #[tokio::test]
    async fn every_url_is_what_the_sdk_would_have_made() {
        let keys = [
            "a/b.ts",
            "segment_000.ts",
            "ü/✓ +%&=~.ts",
            "a//b",
            "(a)!*'",
            "a:b@c,d;e",
        ]
        .map(String::from);
        for bucket in [bucket(true, "test"), bucket(false, "te/st+key")] {
            for audience in [
                Audience::Workers,
                Audience::Browsers,
                Audience::BrowsersAt("http://[::1]:9000"),
                Audience::BrowsersAt("http://localhost:80"),
            ] {
                let signing = Signing {
                    audience,
                    from: Timestamp::from_millis(1_790_000_000_123),
                    lifetime: Duration::from_hours(6),
                };
                let urls = bucket.presign_gets(&keys, signing).await.unwrap();
                for (key, url) in keys.iter().zip(urls) {
                    let one = bucket.presign_get(key, PresignedGet::default(), signing).await.unwrap();
                    assert_eq!(url, one.url, "{key}");
                    let pattern = Pattern::of(&one.url, key, &bucket.secret_key);
                    assert_eq!(pattern.unwrap().url(key), one.url, "by the pattern, {key}");
                }
            }
        }
    }

    #[tokio::test]
    async fn a_bad_key_among_good_ones_is_refused() {
        let signing = Signing {
            audience: Audience::Workers,
            from: Timestamp::from_millis(1_790_000_000_000),
            lifetime: Duration::from_secs(60),
        };
        let keys = ["a.ts", "../b.ts"].map(String::from);
        let error = bucket(true, "test").presign_gets(&keys, signing).await.unwrap_err();
        assert!(matches!(error, ObjectError::BadKey { .. }), "{error:?}");
        assert_eq!(
            bucket(true, "test").presign_gets(&[], signing).await.unwrap(),
            Vec::<String>::new()
        );
    }

    #[test]
    fn hmac_is_that_of_rfc_4231() {
        let expected = "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843";
        assert_eq!(hex(&hmac(b"Jefe", b"what do ya want for nothing?")), expected);
        let expected = "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54";
        let message = b"Test Using Larger Than Block-Size Key - Hash Key First";
        assert_eq!(hex(&hmac(&[0xaa; 131], message)), expected);
    }
}
