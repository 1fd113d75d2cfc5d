use std::fmt;

use serde::{Serialize, Serializer, ser::SerializeStruct};

use super::rule::Rule;

/// What the lint found, and what it measured on the way.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Report {
    /// In the order they were found; at most 20 of each rule, then one that counts the rest.
    pub findings: Vec<Finding>,
    /// Those whose media playlist could be read, in the master's order.
    pub renditions: Vec<RenditionSummary>,
    /// How long the longest rendition plays, in seconds, by its frames.
    pub seconds: f64,
}

impl Report {
    /// Whether the tree is correct.
    #[must_use]
    pub fn passed(&self) -> bool {
        self.findings.is_empty()
    }
}

/// One rendition as measured. Segments that could not be measured are left out of the sums.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RenditionSummary {
    /// The folder of its media playlist: `64k`.
    pub name: String,
    /// The measured peak, in bits per second.
    pub bandwidth: u64,
    /// The measured average, in bits per second.
    pub average_bandwidth: u64,
    /// How many segments were measured.
    pub segments: usize,
    /// Their size, in bytes.
    pub bytes: u64,
}

/// One departure from one rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// The rule.
    pub rule: Rule,
    /// The file at fault, relative to the tree: `64k/playlist.m3u8`.
    pub file: String,
    /// Its line, counted from 1, where the fault is in one.
    pub line: Option<usize>,
    /// What was found, and what should have been.
    pub message: String,
}

/// As a compiler would print it: `64k/playlist.m3u8:7: target-duration: … (RFC 8216 4.3.3.1)`.
impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.file)?;
        if let Some(line) = self.line {
            write!(f, ":{line}")?;
        }
        write!(f, ": {}: {} ({})", self.rule, self.message, self.rule.source())
    }
}

/// Its fields, and the rule's source beside them: whoever reads the JSON has no table of rules.
impl Serialize for Finding {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut finding = serializer.serialize_struct("Finding", 5)?;
        finding.serialize_field("rule", &self.rule)?;
        finding.serialize_field("source", self.rule.source())?;
        finding.serialize_field("file", &self.file)?;
        finding.serialize_field("line", &self.line)?;
        finding.serialize_field("message", &self.message)?;
        finding.end()
    }
}
