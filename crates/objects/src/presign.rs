//! Requests that others may make in our name: presigned URLs. Whoever holds one can use it until it expires, so they are
//! secrets.

use std::{
    fmt,
    time::{Duration, SystemTime},
};

use aws_sdk_s3::{
    config::{Builder, Config},
    presigning::{PresignedRequest as Presigned, PresigningConfig},
};
use domain::Timestamp;

use crate::{Bucket, ObjectError, key, settings::endpoint};

/// The limit of signatures of version 4.
const LONGEST_LIFE: Duration = Duration::from_hours(7 * 24);

/// Who will make the request. The host that they reach the bucket by is part of the signature.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Audience<'a> {
    /// Our own side: the endpoint that we use ourselves.
    Workers,
    /// Browsers: the public endpoint, or ours where there is no other.
    Browsers,
    /// Browsers that asked us by a certain host name, and shall find the bucket under it: an endpoint, as in
    /// `http://192.168.1.5:9000`.
    BrowsersAt(&'a str),
}

/// For whom, from when and for how long a request is signed.
#[derive(Debug, Clone, Copy)]
pub struct Signing<'a> {
    /// Who will make it.
    pub audience: Audience<'a>,
    /// Now. Signatures count in whole seconds, so it is rounded down to one.
    pub from: Timestamp,
    /// 1 second to 7 days.
    pub lifetime: Duration,
}

/// What a presigned GET is bound to.
#[derive(Debug, Clone, Copy, Default)]
pub struct PresignedGet<'a> {
    /// Only while the object still has this `ETag`; whoever makes the request sends it along.
    pub if_match: Option<&'a str>,
    /// What the answer's `Content-Disposition` shall be, for downloads that a person keeps.
    pub content_disposition: Option<&'a str>,
    /// What the answer's `Content-Type` shall be, whatever the object was declared as.
    pub content_type: Option<&'a str>,
}

/// What a presigned PUT is bound to: a body of another type or length does not match the signature.
#[derive(Debug, Clone, Copy)]
pub struct PresignedPut<'a> {
    /// The only type that may be declared.
    pub content_type: &'a str,
    /// The only length that may be sent, in bytes.
    pub content_length: u64,
    /// The `Cache-Control` that must be stored with it.
    pub cache_control: Option<&'a str>,
    /// Whether it may only create the object (`If-None-Match: *`), not replace it. Servers without conditional writes
    /// ignore this.
    pub write_once: bool,
}

/// A request that whoever holds it may make.
#[derive(Clone, PartialEq, Eq)]
pub struct PresignedRequest {
    /// `GET` or `PUT`.
    pub method: String,
    /// A secret: its query holds the signature.
    pub url: String,
    /// What must be sent along, names in lower case. Without `host` and `content-length`: every client sends those by
    /// itself, and a browser lets no script set them.
    pub headers: Vec<(String, String)>,
    /// When it stops working.
    pub expires: Timestamp,
}

/// Without the query, where the signature is.
impl fmt::Debug for PresignedRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let path = self.url.split('?').next().unwrap_or_default();
        f.debug_struct("PresignedRequest")
            .field("method", &self.method)
            .field("url", &format_args!("{path}?…"))
            .field("headers", &self.headers)
            .field("expires", &self.expires)
            .finish()
    }
}

impl Bucket {
    /// Lets somebody read an object, whole or in ranges.
    pub async fn presign_get(
        &self,
        key: &str,
        options: PresignedGet<'_>,
        signing: Signing<'_>,
    ) -> Result<PresignedRequest, ObjectError> {
        key::check(key)?;
        let request = self.client.get_object().bucket(&*self.name).key(key);
        let request = request.set_if_match(options.if_match.map(str::to_owned));
        let request = request.set_response_content_disposition(options.content_disposition.map(str::to_owned));
        let request = request.set_response_content_type(options.content_type.map(str::to_owned));
        let request = request
            .customize()
            .config_override(self.endpoint_for(signing.audience)?);
        let presigned = request.presigned(signing.period()?).await?;
        Ok(signing.request(&presigned))
    }

    /// Lets somebody write an object of a certain type and length.
    pub async fn presign_put(
        &self,
        key: &str,
        options: PresignedPut<'_>,
        signing: Signing<'_>,
    ) -> Result<PresignedRequest, ObjectError> {
        key::check(key)?;
        let request = self.client.put_object().bucket(&*self.name).key(key);
        let request = request.content_type(options.content_type);
        let request = request.content_length(content_length(options.content_length)?);
        let request = request.set_cache_control(options.cache_control.map(str::to_owned));
        let request = request.set_if_none_match(options.write_once.then(|| "*".to_owned()));
        let request = request
            .customize()
            .config_override(self.endpoint_for(signing.audience)?);
        let presigned = request.presigned(signing.period()?).await?;
        Ok(signing.request(&presigned))
    }

    /// Lets somebody write one part of a multipart upload, of a certain length.
    pub async fn presign_part(
        &self,
        key: &str,
        upload_id: &str,
        number: u16,
        length: u64,
        signing: Signing<'_>,
    ) -> Result<PresignedRequest, ObjectError> {
        key::check(key)?;
        if !(1..=10_000).contains(&number) {
            return Err(ObjectError::Misuse("parts are numbered from 1 to 10,000"));
        }
        let request = self.client.upload_part().bucket(&*self.name).key(key);
        let request = request.upload_id(upload_id).part_number(i32::from(number));
        let request = request.content_length(content_length(length)?);
        let request = request
            .customize()
            .config_override(self.endpoint_for(signing.audience)?);
        let presigned = request.presigned(signing.period()?).await?;
        Ok(signing.request(&presigned))
    }

    /// Where presigned URLs lead: scheme, host and port, as a page's security policy names them. The bucket's name may be
    /// part of the host.
    pub async fn origin(&self, audience: Audience<'_>) -> Result<String, ObjectError> {
        // Asked of the SDK, which knows what it does with every kind of endpoint.
        let signing = Signing {
            audience,
            from: Timestamp::from_millis(0),
            lifetime: Duration::from_secs(1),
        };
        let signed = self.presign_get("x", PresignedGet::default(), signing).await?;
        let path = signed.url.match_indices('/').nth(2);
        let (end, _) = path.ok_or(ObjectError::Misuse("a presigned URL has a path"))?;
        Ok(signed.url[..end].to_owned())
    }

    fn endpoint_for(&self, audience: Audience<'_>) -> Result<Builder, ObjectError> {
        Ok(Config::builder().endpoint_url(match audience {
            Audience::Workers => self.endpoint.to_string(),
            Audience::Browsers => self.public_endpoint.to_string(),
            Audience::BrowsersAt(asked_for) => {
                endpoint(asked_for).map_err(|_| ObjectError::Misuse("the endpoint is not scheme, host and port"))?
            }
        }))
    }
}

impl Signing<'_> {
    fn period(&self) -> Result<PresigningConfig, ObjectError> {
        let whole_seconds = self.lifetime.subsec_nanos() == 0;
        if !whole_seconds || self.lifetime.is_zero() || self.lifetime > LONGEST_LIFE {
            return Err(ObjectError::Misuse(
                "a signature lives for whole seconds, at most 7 days",
            ));
        }
        let since_epoch = self.start().since(Timestamp::from_millis(0));
        PresigningConfig::builder()
            .start_time(SystemTime::UNIX_EPOCH + since_epoch)
            .expires_in(self.lifetime)
            .build()
            .map_err(|_| ObjectError::Misuse("a signature lives for whole seconds, at most 7 days"))
    }

    fn start(&self) -> Timestamp {
        let millis = self.from.as_millis();
        Timestamp::from_millis(millis - millis.rem_euclid(1000))
    }

    fn request(&self, presigned: &Presigned) -> PresignedRequest {
        let headers = presigned
            .headers()
            .map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned()));
        PresignedRequest {
            method: presigned.method().to_owned(),
            url: presigned.uri().to_owned(),
            headers: headers
                .filter(|(name, _)| name != "content-length" && name != "host")
                .collect(),
            expires: self.start() + self.lifetime,
        }
    }
}

fn content_length(length: u64) -> Result<i64, ObjectError> {
    i64::try_from(length).map_err(|_| ObjectError::TooLarge)
}

#[cfg(test)]
mod tests {
    use domain::Secret;

    use super::*;
    use crate::{BucketSettings, Patience};

    fn bucket(path_style: bool) -> Bucket {
        Bucket::new(BucketSettings {
            endpoint: "https://s3.example.org".into(),
            public_endpoint: Some("https://files.example.org:8443".into()),
            region: "eu-central-1".into(),
            bucket: "segue-audio".into(),
            access_key: "test".into(),
            secret_key: Secret::new("test"),
            path_style,
            patience: Patience::default(),
        })
        .unwrap()
    }

    #[tokio::test]
    async fn the_origin_is_where_presigned_urls_lead() {
        for (path_style, audience, origin) in [
            (true, Audience::Workers, "https://s3.example.org"),
            (true, Audience::Browsers, "https://files.example.org:8443"),
            (true, Audience::BrowsersAt("http://[::1]:9000"), "http://[::1]:9000"),
            (false, Audience::Browsers, "https://segue-audio.files.example.org:8443"),
            // Under an address there are no names.
            (
                false,
                Audience::BrowsersAt("http://192.168.1.5:9000"),
                "http://192.168.1.5:9000",
            ),
        ] {
            let bucket = bucket(path_style);
            assert_eq!(bucket.origin(audience).await.unwrap(), origin);
            let signing = Signing {
                audience,
                from: Timestamp::from_millis(1_790_000_000_000),
                lifetime: Duration::from_mins(10),
            };
            let signed = bucket.presign_get("a/b.ts", PresignedGet::default(), signing).await;
            assert!(signed.unwrap().url.starts_with(&format!("{origin}/")));
        }
        let elsewhere = Audience::BrowsersAt("http://example.org/path");
        assert!(bucket(true).origin(elsewhere).await.is_err());
    }
}
