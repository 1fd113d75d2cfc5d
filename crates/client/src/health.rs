//! Whether a server says that it is ready.

use std::time::Duration;

use reqwest::Url;

use crate::{
    call::{Call, Repeat},
    client::Client,
    error::ClientError,
    limits::Limits,
};

impl Client {
    /// Asks this URL once whether all is well, within the deadline. An error says what is not.
    pub async fn health(url: &str, deadline: Duration) -> Result<(), ClientError> {
        let no_url = || ClientError::Unreachable("the URL must be one of http or https".into());
        let url: Url = url.parse().map_err(|_| no_url())?;
        let limits = Limits {
            tries: 1,
            call: deadline,
            ..Limits::default()
        };
        let client = Self::with_limits(&url.origin().ascii_serialization(), limits).map_err(|_| no_url())?;
        Call::new(reqwest::Method::GET, url, Repeat::Always)
            .make(&client, None)
            .await?;
        Ok(())
    }
}
