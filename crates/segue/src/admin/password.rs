//! Asking for a password: from a terminal without showing it, or from whatever else stdin is.

use std::io::{self, BufRead, IsTerminal, Read};

use domain::Secret;
use tokio::task::spawn_blocking;
use tokio_util::sync::CancellationToken;

use crate::{ask::Terminal, failure::Failure, signals};

pub(super) const HELP: &str = "\
The password is asked for, or read from stdin, up to the end of its first line, if that is no terminal. It has 8 to 256
characters. There is no argument for it, since arguments are shown to everybody on this machine.";

/// More than any password has, in bytes.
const LONGEST: u64 = 4096;

/// As it was typed in; twice, from a terminal.
pub(super) async fn read() -> Result<Secret, Failure> {
    let password = if io::stdin().is_terminal() {
        let cancel = signals::cancelled_by_signals()?;
        spawn_blocking(move || ask_twice(&cancel)).await
    } else {
        spawn_blocking(read_line).await
    };
    password.map_err(|error| Failure::other("password", error.to_string()))?
}

fn ask_twice(cancel: &CancellationToken) -> Result<Secret, Failure> {
    let nobody = || Failure::usage("usage", "the terminal cannot be used; give the password on stdin");
    let mut terminal = Terminal::open().ok_or_else(nobody)?;
    let mut ask = |question| {
        let answer = terminal.ask(question, false, cancel);
        let answer = answer.map_err(|error| Failure::io("the terminal cannot be read", &error))?;
        answer.ok_or_else(|| Failure::other("interrupted", "interrupted; nothing was changed"))
    };
    let first = ask("password")?;
    if first == ask("once more")? {
        Ok(Secret::new(first))
    } else {
        let message = "these are two different passwords; nothing was changed";
        Err(Failure::usage("bad_password", message))
    }
}

fn read_line() -> Result<Secret, Failure> {
    let mut line = String::new();
    let read = io::stdin().lock().take(LONGEST).read_line(&mut line);
    read.map_err(|error| Failure::io("the password cannot be read", &error))?;
    Ok(Secret::new(line.trim_end_matches(['\r', '\n'])))
}
