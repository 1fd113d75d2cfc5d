//! Our own server, which must do all of it.

use std::{path::Path, sync::OnceLock, thread};

use domain::Secret;
use objects::{BucketSettings, EmbeddedServer, EmbeddedSettings, Patience};
use tokio::runtime::Runtime;

use crate::support::place::{Capabilities, Place};

const CAN: Capabilities = Capabilities {
    checks_signatures: true,
    expired_status: 403,
    refuses_broken_bodies: true,
    writes_once: true,
    lists_parts: true,
    knows_what_is_gone: true,
    refuses_small_parts: true,
    refuses_disorder: true,
    pages_unfinished_uploads: true,
};
const BUCKET: &str = "segue-contract";

/// Shared by all tests, so it runs on a runtime that outlives each of them.
struct Running {
    endpoint: String,
    _server: EmbeddedServer,
    _runtime: Runtime,
}

#[expect(clippy::unused_async, reason = "the other servers' are async")]
pub(crate) async fn place(test: &'static str) -> Place {
    static EMBEDDED: OnceLock<Running> = OnceLock::new();
    let running = EMBEDDED.get_or_init(|| thread::spawn(start).join().expect("the server starts"));
    let settings = BucketSettings {
        endpoint: running.endpoint.clone(),
        public_endpoint: None,
        region: "auto".into(),
        bucket: BUCKET.into(),
        access_key: "AKIA".into(),
        secret_key: Secret::new("secret"),
        path_style: true,
        patience: Patience::default(),
    };
    Place::new(settings, CAN, test)
}

fn start() -> Running {
    let directory = Path::new(env!("CARGO_TARGET_TMPDIR")).join("contract-embedded");
    if directory.exists() {
        std::fs::remove_dir_all(&directory).expect("what an earlier run left goes away");
    }
    let settings = EmbeddedSettings {
        directory,
        listen: ([127, 0, 0, 1], 0).into(),
        access_key: "AKIA".into(),
        secret_key: Secret::new("secret"),
        buckets: vec![BUCKET.into()],
    };
    let runtime = Runtime::new().expect("a runtime");
    let server = runtime.block_on(EmbeddedServer::start(settings)).expect("it starts");
    Running {
        endpoint: server.endpoint(),
        _server: server,
        _runtime: runtime,
    }
}
