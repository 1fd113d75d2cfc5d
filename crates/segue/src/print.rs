//! Printing that survives a reader who has gone away: `println!` panics there.

use std::io::{self, Write};

use serde::Serialize;

use crate::failure::Failure;

/// One line, or several joined ones. A closed pipe is no failure: the reader has seen enough.
pub(crate) fn to_stdout(text: &str) -> Result<(), Failure> {
    let mut stdout = io::stdout().lock();
    match writeln!(stdout, "{text}").and_then(|()| stdout.flush()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            Err(Failure::io("stdout cannot be written to", &error))
        }
        _ => Ok(()),
    }
}

pub(crate) fn json(value: &impl Serialize) -> Result<(), Failure> {
    let json = serde_json::to_string_pretty(value).map_err(|error| Failure::other("json", error.to_string()))?;
    to_stdout(&json)
}

/// What is said beside the result must never get in its way.
pub(crate) fn to_stderr(line: &str) {
    let _ = writeln!(io::stderr(), "{line}");
}

/// File names and tags may hold anything, line feeds and escape sequences included.
pub(crate) fn one_line(message: &str) -> String {
    message
        .chars()
        .map(|c| if c.is_control() { '\u{fffd}' } else { c })
        .collect()
}
