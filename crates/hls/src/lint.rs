//! The conformance lint: a whole tree in, every departure from the rules out.

mod findings;
mod format;
mod ladder;
mod master;
mod media;
mod passing;
mod report;
mod rule;
mod scan;
mod segments;
#[cfg(test)]
mod tests;
mod timeline;
mod value;

pub use ladder::lint;
pub use passing::PassingLint;
pub use report::{Finding, RenditionSummary, Report};
pub use rule::Rule;
