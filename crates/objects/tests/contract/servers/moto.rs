//! moto: a mock of AWS in Python. Good for shapes; it believes everything that it is told.

use std::{process::Command, sync::OnceLock};

use domain::Secret;
use objects::{BucketSettings, Patience};

use crate::{
    servers::process::{Running, fixture},
    support::{
        http::Request,
        place::{Capabilities, Place},
    },
};

const CAN: Capabilities = Capabilities {
    checks_signatures: false,
    expired_status: 403,
    refuses_broken_bodies: true,
    writes_once: true,
    lists_parts: false,
    knows_what_is_gone: false,
    refuses_small_parts: true,
    refuses_disorder: false,
    pages_unfinished_uploads: false,
};

pub(crate) async fn place(test: &'static str) -> Place {
    static MOTO: OnceLock<Running> = OnceLock::new();
    let moto = MOTO.get_or_init(|| {
        Running::start("moto", |port, _| {
            let mut python = Command::new(fixture("moto-5.2.5/bin/python"));
            python.args(["-m", "moto.server", "-H", "127.0.0.1", "-p", &port.to_string()]);
            python
        })
    });
    let endpoint = format!("http://127.0.0.1:{}", moto.port);
    // Making it again, as every test does, changes nothing.
    Request::new("PUT", &format!("{endpoint}/segue-contract")).send().await;
    let settings = BucketSettings {
        endpoint,
        public_endpoint: None,
        region: "us-east-1".into(),
        bucket: "segue-contract".into(),
        access_key: "anybody".into(),
        secret_key: Secret::new("anything"),
        path_style: true,
        patience: Patience::default(),
    };
    Place::new(settings, CAN, test)
}
