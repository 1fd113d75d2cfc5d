//! How far an attempt is.

use std::collections::BTreeMap;

use domain::Rung;
use serde::{Deserialize, Serialize};

/// As its worker said last. Stored as one flat object, in which no rung can be called `total`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Progress {
    /// Seconds encoded of each rendition.
    #[serde(flatten)]
    pub encoded: BTreeMap<Rung, f64>,
    /// Seconds of the whole recording, as its header claims. `None`: nobody has looked yet, or it does not say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub total: Option<f64>,
}

impl Progress {
    /// Without what JSON has no numbers for.
    pub(crate) fn finite(&self) -> Self {
        let encoded = self.encoded.iter().filter(|(_, seconds)| seconds.is_finite());
        Self {
            encoded: encoded.map(|(rung, seconds)| (*rung, *seconds)).collect(),
            total: self.total.filter(|seconds| seconds.is_finite()),
        }
    }
}

/// Of an encoder that does not know how long it will take.
impl<const N: usize> From<[(Rung, f64); N]> for Progress {
    fn from(encoded: [(Rung, f64); N]) -> Self {
        Self {
            encoded: encoded.into(),
            total: None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_stored_flat_and_read_without_a_total() {
        let rung = "64k".parse().unwrap();
        let progress = Progress {
            total: Some(180.5),
            ..[(rung, 12.5)].into()
        };
        let json = serde_json::to_string(&progress).unwrap();
        assert_eq!(json, r#"{"64k":12.5,"total":180.5}"#);
        assert_eq!(serde_json::from_str::<Progress>(&json).unwrap(), progress);
        let before = serde_json::from_str::<Progress>(r#"{"64k":12}"#).unwrap();
        assert_eq!(before, [(rung, 12.0)].into());
        assert!(serde_json::from_str::<Progress>(r#"{"64":12}"#).is_err());
    }
}
