//! Findings as they are gathered: few enough that a broken tree of ten hours does not make megabytes of them.

use std::collections::BTreeMap;

use super::{report::Finding, rule::Rule};

const MOST_PER_RULE: usize = 20;
/// Longer texts from a file under test are cut, so that no line of it can swell the report.
const MOST_QUOTED: usize = 80;

#[derive(Default)]
pub(super) struct Findings {
    kept: Vec<Finding>,
    counts: BTreeMap<Rule, usize>,
}

impl Findings {
    pub(super) fn add(&mut self, rule: Rule, file: &str, line: Option<usize>, message: impl Into<String>) {
        let count = self.counts.entry(rule).or_default();
        *count += 1;
        if *count <= MOST_PER_RULE {
            self.kept.push(Finding {
                rule,
                file: file.into(),
                line,
                message: message.into(),
            });
        }
    }

    /// All that were kept, and a last one for each rule that had more, in the file where its last one was kept.
    pub(super) fn into_vec(self) -> Vec<Finding> {
        let Findings { mut kept, counts } = self;
        for (rule, count) in counts {
            if count <= MOST_PER_RULE {
                continue;
            }
            let last = kept.iter().rfind(|finding| finding.rule == rule);
            kept.push(Finding {
                rule,
                file: last.map_or_else(String::new, |finding| finding.file.clone()),
                line: None,
                message: format!("and {} more like these", count - MOST_PER_RULE),
            });
        }
        kept
    }
}

/// `text` between backticks, cut where it is long.
pub(super) fn quoted(text: &str) -> String {
    match text.char_indices().nth(MOST_QUOTED) {
        Some((end, _)) => format!("`{}…`", text[..end].escape_debug()),
        None => format!("`{}`", text.escape_debug()),
    }
}
