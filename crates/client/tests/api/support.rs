//! What the tests share.

use std::time::Duration;

use client::{Client, Limits};
use domain::{Secret, UploadId};

use crate::fake::{EMAIL, Fake, PASSWORD};

/// Short pauses, since the server is near.
pub(crate) fn limits() -> Limits {
    Limits {
        tries: 4,
        first_pause: Duration::from_millis(5),
        longest_pause: Duration::from_millis(20),
        ..Limits::default()
    }
}

pub(crate) fn stranger(fake: &Fake) -> Client {
    Client::with_limits(fake.url(), limits()).unwrap()
}

/// Logged in.
pub(crate) async fn client(fake: &Fake) -> Client {
    let client = stranger(fake);
    client.login(EMAIL, &Secret::new(PASSWORD)).await.unwrap();
    client
}

pub(crate) fn id(number: u64) -> UploadId {
    format!("0192f0c1-7d3a-7cc2-8a54-{number:012x}").parse().unwrap()
}

/// Bytes of which no two stretches are alike.
pub(crate) fn bytes(count: u32) -> Vec<u8> {
    (0..count)
        .map(|at| (at.wrapping_mul(2_654_435_761) >> 24) as u8)
        .collect()
}
