//! Garage: a strict S3 server that nobody here wrote.

use std::{fs, process::Command, sync::OnceLock};

use domain::Secret;
use objects::{BucketSettings, Patience};

use crate::{
    servers::process::{Running, fixture, free_port},
    support::place::{Capabilities, Place},
};

const CAN: Capabilities = Capabilities {
    checks_signatures: true,
    expired_status: 400,
    refuses_broken_bodies: true,
    writes_once: false,
    lists_parts: true,
    knows_what_is_gone: true,
    refuses_small_parts: false,
    refuses_disorder: true,
    pages_unfinished_uploads: true,
};
const BUCKET: &str = "segue-contract";
const ACCESS_KEY: &str = "GK0123456789abcdef01234567";
const SECRET_KEY: &str = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

#[expect(clippy::unused_async, reason = "the other servers' are async")]
pub(crate) async fn place(test: &'static str) -> Place {
    static GARAGE: OnceLock<Running> = OnceLock::new();
    let garage = GARAGE.get_or_init(|| {
        Running::start("garage", |port, folder| {
            let config = folder.join("garage.toml");
            fs::write(&config, configuration(port, free_port())).expect("its configuration");
            let mut garage = Command::new(fixture("tools/bin/garage"));
            garage.arg("-c").arg(config);
            garage.args(["server", "--single-node", "--default-bucket"]);
            garage.env("GARAGE_DEFAULT_ACCESS_KEY", ACCESS_KEY);
            garage.env("GARAGE_DEFAULT_SECRET_KEY", SECRET_KEY);
            garage.env("GARAGE_DEFAULT_BUCKET", BUCKET);
            garage
        })
    });
    let settings = BucketSettings {
        endpoint: format!("http://127.0.0.1:{}", garage.port),
        public_endpoint: None,
        region: "garage".into(),
        bucket: BUCKET.into(),
        access_key: ACCESS_KEY.into(),
        secret_key: Secret::new(SECRET_KEY),
        path_style: true,
        patience: Patience::default(),
    };
    Place::new(settings, CAN, test)
}

fn configuration(port: u16, rpc_port: u16) -> String {
    format!(
        r#"metadata_dir = "meta"
data_dir = "data"
db_engine = "sqlite"
replication_factor = 1
rpc_bind_addr = "127.0.0.1:{rpc_port}"
rpc_public_addr = "127.0.0.1:{rpc_port}"
rpc_secret = "{SECRET_KEY}"

[s3_api]
api_bind_addr = "127.0.0.1:{port}"
s3_region = "garage"
"#
    )
}
