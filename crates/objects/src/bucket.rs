//! The bucket itself: what it is made of, and the calls about one object.

use std::{
    fmt,
    sync::{Arc, atomic::AtomicBool},
};

use aws_sdk_s3::{
    Client,
    config::{
        BehaviorVersion, Config, Credentials, Region, RequestChecksumCalculation, ResponseChecksumValidation,
        StalledStreamProtectionConfig, retry::RetryConfig, timeout::TimeoutConfig,
    },
    primitives::{ByteStream, DateTime},
};
use aws_smithy_http_client::tls;
use bytes::Bytes;
use domain::{Secret, Timestamp};

use crate::{BadSettings, BucketSettings, ObjectError, key, settings::is_loopback};

/// A bucket on any S3 server. Cheap to clone; all clones share their connections.
#[derive(Clone)]
pub struct Bucket {
    pub(crate) client: Client,
    pub(crate) name: Arc<str>,
    pub(crate) endpoint: Arc<str>,
    pub(crate) public_endpoint: Arc<str>,
    pub(crate) secret_key: Secret,
    /// Whether the server turned out to refuse `DeleteObjects`.
    pub(crate) deletes_singly: Arc<AtomicBool>,
}

/// Without the client and the key, which are secret.
impl fmt::Debug for Bucket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Bucket")
            .field("name", &self.name)
            .field("endpoint", &self.endpoint)
            .field("public_endpoint", &self.public_endpoint)
            .finish_non_exhaustive()
    }
}

/// What a HEAD tells of an object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ObjectHead {
    /// In bytes.
    pub size: u64,
    /// As the server spells it, quotation marks included. Compare it, and nothing else.
    pub etag: String,
    /// What it was declared as, if anything.
    pub content_type: Option<String>,
    /// When it was written.
    pub last_modified: Timestamp,
}

impl Bucket {
    /// Makes no connection: whether the bucket is there is what [`Bucket::probe`] finds out.
    pub fn new(settings: BucketSettings) -> Result<Self, BadSettings> {
        let settings = settings.checked()?;
        let public_endpoint = settings.public_endpoint.as_deref().unwrap_or(&settings.endpoint);
        Ok(Self {
            name: settings.bucket.as_str().into(),
            endpoint: settings.endpoint.as_str().into(),
            public_endpoint: public_endpoint.into(),
            deletes_singly: Arc::default(),
            secret_key: settings.secret_key.clone(),
            client: Client::from_conf(config(&settings)),
        })
    }

    /// What is known of an object without fetching it. `None`: there is none.
    pub async fn head(&self, key: &str) -> Result<Option<ObjectHead>, ObjectError> {
        key::check(key)?;
        let request = self.client.head_object().bucket(&*self.name).key(key);
        let answer = match request.send().await.map_err(ObjectError::from) {
            Err(ObjectError::NotFound) => return Ok(None),
            answer => answer?,
        };
        Ok(Some(ObjectHead {
            size: size(answer.content_length)?,
            etag: answer.e_tag.ok_or(ObjectError::incomplete("an ETag"))?,
            content_type: answer.content_type,
            last_modified: timestamp(answer.last_modified)?,
        }))
    }

    /// Writes an object from memory, and says its `ETag`. For playlists and markers; what is large goes through a
    /// presigned URL, from where it is.
    pub async fn put_small(
        &self,
        key: &str,
        content: Bytes,
        content_type: &str,
        cache_control: Option<&str>,
    ) -> Result<String, ObjectError> {
        key::check(key)?;
        let request = self.client.put_object().bucket(&*self.name).key(key);
        let request = request.content_type(content_type).body(ByteStream::from(content));
        let request = request.set_cache_control(cache_control.map(str::to_owned));
        let answer = request.send().await?;
        answer.e_tag.ok_or(ObjectError::incomplete("an ETag"))
    }
}

fn config(settings: &BucketSettings) -> Config {
    let patience = &settings.patience;
    let retries = RetryConfig::standard()
        .with_max_attempts(patience.attempts)
        .with_initial_backoff(patience.first_pause);
    let timeouts = TimeoutConfig::builder()
        .connect_timeout(patience.connect)
        .operation_attempt_timeout(patience.attempt)
        .operation_timeout(patience.operation);
    // The timeouts end where a body begins; this is what ends one that no longer comes.
    let stalls = StalledStreamProtectionConfig::enabled().grace_period(patience.attempt);
    let secret = settings.secret_key.reveal();
    let mut config = Config::builder()
        .behavior_version(BehaviorVersion::v2026_01_12())
        .endpoint_url(&settings.endpoint)
        .region(Region::new(settings.region.clone()))
        .force_path_style(settings.path_style)
        .credentials_provider(Credentials::new(&settings.access_key, secret, None, None, "settings"))
        .retry_config(retries)
        .timeout_config(timeouts.build())
        .stalled_stream_protection(stalls.build())
        // Otherwise bodies go in chunks with a checksum trailer, which R2 and others refuse.
        .request_checksum_calculation(RequestChecksumCalculation::WhenRequired)
        .response_checksum_validation(ResponseChecksumValidation::WhenRequired);
    if is_loopback(&settings.endpoint) {
        // The SDK's own client goes through `HTTP_PROXY` even to this machine, where no proxy can follow.
        let without_proxy = aws_smithy_http_client::Builder::new();
        let provider = tls::Provider::Rustls(tls::rustls_provider::CryptoMode::AwsLc);
        config = config.http_client(without_proxy.tls_provider(provider).build_https());
    }
    config.build()
}

pub(crate) fn size(length: Option<i64>) -> Result<u64, ObjectError> {
    let length = length.and_then(|length| u64::try_from(length).ok());
    length.ok_or(ObjectError::incomplete("a size"))
}

/// Required, because the cleaner goes by it: an object of unknown age must not pass for an old one.
pub(crate) fn timestamp(time: Option<DateTime>) -> Result<Timestamp, ObjectError> {
    let millis = time.and_then(|time| time.to_millis().ok());
    millis
        .map(Timestamp::from_millis)
        .ok_or(ObjectError::incomplete("a time"))
}
