//! Which bucket: one that is configured, or the built-in store over a folder.

use std::{net::SocketAddr, path::Path};

use domain::Secret;
use objects::{Bucket, BucketSettings, EmbeddedServer, EmbeddedSettings, Patience};
use server::BucketForBrowsers;

use super::args::given;
use crate::{failure::Failure, secrets::Secrets};

/// The port of the built-in store where nobody chooses.
const PORT: u16 = 9000;
const BUILT_IN_KEY: &str = "segue";
const BUILT_IN_BUCKET: &str = "segue";
const ENDPOINT_HELP: &str =
    "The S3 API of the bucket, as in https://account.r2.cloudflarestorage.com [default: the built-in object store]";

/// Which bucket.
#[derive(clap::Args)]
#[expect(clippy::struct_field_names, reason = "each is the name of its flag")]
pub(crate) struct BucketArgs {
    // As an attribute, since a comment would have to quote the URL.
    #[arg(long, env = "SEGUE_S3_ENDPOINT", value_name = "URL", help = ENDPOINT_HELP)]
    s3_endpoint: Option<String>,

    /// Where browsers reach it [default: the endpoint; for the built-in store, the host that they asked this server by]
    #[arg(long, env = "SEGUE_S3_PUBLIC_ENDPOINT", value_name = "URL")]
    s3_public_endpoint: Option<String>,

    /// The bucket
    #[arg(long, env = "SEGUE_S3_BUCKET", value_name = "NAME")]
    s3_bucket: Option<String>,

    /// The region that signatures name
    #[arg(long, env = "SEGUE_S3_REGION", value_name = "REGION", default_value = "auto")]
    s3_region: String,

    /// The id of the access key
    #[arg(long, env = "SEGUE_S3_ACCESS_KEY_ID", value_name = "ID")]
    s3_access_key_id: Option<String>,

    /// The access key's secret
    #[arg(
        long,
        env = "SEGUE_S3_SECRET_ACCESS_KEY",
        value_name = "SECRET",
        hide_env_values = true
    )]
    s3_secret_access_key: Option<String>,

    /// Where the built-in object store listens [default: the address of --listen, port 9000]
    #[arg(long, env = "SEGUE_S3_LISTEN", value_name = "ADDRESS")]
    s3_listen: Option<SocketAddr>,
}

impl BucketArgs {
    pub(super) fn is_embedded(&self) -> bool {
        given(self.s3_endpoint.as_ref()).is_none()
    }

    /// Where browsers are sent for objects, if that is known before they ask.
    pub(super) fn public_url(&self) -> Option<&str> {
        given(self.s3_public_endpoint.as_ref()).or(given(self.s3_endpoint.as_ref()))
    }

    /// Where the built-in store listens. A server on any port has its store on any port.
    pub(super) fn listen(&self, server: SocketAddr) -> SocketAddr {
        self.s3_listen.unwrap_or_else(|| {
            let port = if server.port() == 0 { 0 } else { PORT };
            SocketAddr::new(server.ip(), port)
        })
    }

    /// Starts the built-in store.
    pub(super) async fn embedded(
        &self,
        data_dir: &Path,
        listen: SocketAddr,
        secrets: &Secrets,
    ) -> Result<EmbeddedServer, Failure> {
        let (access_key, secret_key) = self.built_in_key(secrets);
        let settings = EmbeddedSettings {
            directory: data_dir.join("objects"),
            listen,
            access_key,
            secret_key,
            buckets: vec![self.built_in_bucket()],
        };
        Ok(EmbeddedServer::start(settings).await?)
    }

    /// The bucket of a built-in store that runs at `endpoint`.
    pub(super) fn of_embedded(&self, endpoint: String, secrets: &Secrets) -> Result<Bucket, Failure> {
        let (access_key, secret_key) = self.built_in_key(secrets);
        bucket(BucketSettings {
            endpoint,
            public_endpoint: given(self.s3_public_endpoint.as_ref()).map(str::to_owned),
            region: self.s3_region.clone(),
            bucket: self.built_in_bucket(),
            access_key,
            secret_key,
            path_style: true,
            patience: Patience::default(),
        })
    }

    /// The bucket that is configured.
    pub(super) fn configured(&self) -> Result<Bucket, Failure> {
        let required = |name: &str, value: Option<&String>| {
            let missing = || Failure::usage("usage", format!("{name} is not set; SEGUE_S3_ENDPOINT needs it"));
            given(value).map(str::to_owned).ok_or_else(missing)
        };
        bucket(BucketSettings {
            endpoint: required("SEGUE_S3_ENDPOINT", self.s3_endpoint.as_ref())?,
            public_endpoint: given(self.s3_public_endpoint.as_ref()).map(str::to_owned),
            region: self.s3_region.clone(),
            bucket: required("SEGUE_S3_BUCKET", self.s3_bucket.as_ref())?,
            access_key: required("SEGUE_S3_ACCESS_KEY_ID", self.s3_access_key_id.as_ref())?,
            secret_key: Secret::new(required(
                "SEGUE_S3_SECRET_ACCESS_KEY",
                self.s3_secret_access_key.as_ref(),
            )?),
            path_style: true,
            patience: Patience::default(),
        })
    }

    /// How browsers come to a built-in store that listens there.
    pub(super) fn browsers_of_embedded(&self, address: SocketAddr) -> BucketForBrowsers {
        match given(self.s3_public_endpoint.as_ref()) {
            Some(_) => BucketForBrowsers::Endpoint,
            None => BucketForBrowsers::PortOf(address.port()),
        }
    }

    fn built_in_bucket(&self) -> String {
        given(self.s3_bucket.as_ref()).unwrap_or(BUILT_IN_BUCKET).to_owned()
    }

    fn built_in_key(&self, secrets: &Secrets) -> (String, Secret) {
        let id = given(self.s3_access_key_id.as_ref()).unwrap_or(BUILT_IN_KEY);
        let secret = given(self.s3_secret_access_key.as_ref()).map(Secret::new);
        (id.to_owned(), secret.unwrap_or_else(|| secrets.s3_secret.clone()))
    }
}

fn bucket(settings: BucketSettings) -> Result<Bucket, Failure> {
    Bucket::new(settings).map_err(|error| Failure::usage("bad_bucket_settings", error.to_string()))
}
