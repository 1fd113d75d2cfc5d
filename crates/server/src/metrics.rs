//! Figures for operators, in OpenMetrics' text.

use prometheus_client::registry::Registry;

/// What is counted and measured.
pub(crate) struct Metrics {
    registry: Registry,
}

impl Metrics {
    pub(crate) fn new() -> Self {
        Self {
            registry: Registry::with_prefix("segue"),
        }
    }

    /// All of it as text.
    pub(crate) fn text(&self) -> Result<String, std::fmt::Error> {
        let mut text = String::new();
        prometheus_client::encoding::text::encode(&mut text, &self.registry)?;
        Ok(text)
    }
}
