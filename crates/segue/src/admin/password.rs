//! Asking for a password: from a terminal without showing it, or from whatever else stdin is.

use std::{
    io::{self, BufRead, IsTerminal, Read},
    thread,
};

use domain::Secret;
use rustix::termios::{LocalModes, OptionalActions, Termios, tcgetattr, tcsetattr};
use tokio::sync::oneshot;

use crate::{failure::Failure, print, signals};

pub(super) const HELP: &str = "\
The password is asked for, or read from stdin, up to the end of its first line, if that is no terminal. It has 8 to 256
characters. There is no argument for it, since arguments are shown to everybody on this machine.";

/// More than any password has, in bytes.
const LONGEST: u64 = 4096;

/// As it was typed in; twice, from a terminal.
pub(super) async fn read() -> Result<Secret, Failure> {
    if !io::stdin().is_terminal() {
        return line().await;
    }
    // Before the terminal is changed, so that an interrupt finds somebody who changes it back.
    let cancel = signals::cancelled_by_signals()?;
    let _hidden = Hidden::new()?;
    let ask = async {
        let first = prompt("password: ").await?;
        let again = prompt("once more: ").await?;
        if first.reveal() == again.reveal() {
            Ok(first)
        } else {
            Err(Failure::usage(
                "bad_password",
                "these are two different passwords; nothing was changed",
            ))
        }
    };
    tokio::select! {
        password = ask => password,
        () = cancel.cancelled() => Err(Failure::other("interrupted", "interrupted; nothing was changed")),
    }
}

async fn prompt(words: &str) -> Result<Secret, Failure> {
    print::to_stderr_unended(words);
    let line = line().await;
    // The one that was typed in was not shown.
    print::to_stderr("");
    line
}

/// On a thread of its own that nobody waits for: what reads from a terminal cannot be called off.
async fn line() -> Result<Secret, Failure> {
    let (sender, receiver) = oneshot::channel();
    thread::spawn(move || sender.send(read_line()));
    let read = receiver
        .await
        .map_err(|_| Failure::other("password", "the password could not be read"))?;
    let line = read.map_err(|error| Failure::io("the password cannot be read", &error))?;
    Ok(Secret::new(line))
}

fn read_line() -> io::Result<String> {
    let mut line = String::new();
    io::stdin().lock().take(LONGEST).read_line(&mut line)?;
    line.truncate(line.trim_end_matches(['\r', '\n']).len());
    Ok(line)
}

/// A terminal that does not show what is typed, until this is dropped.
struct Hidden(Termios);

impl Hidden {
    fn new() -> Result<Self, Failure> {
        let failed =
            |error: rustix::io::Errno| Failure::io("the terminal cannot be kept from showing it", &error.into());
        let before = tcgetattr(io::stdin()).map_err(failed)?;
        let mut hiding = before.clone();
        hiding.local_modes.remove(LocalModes::ECHO);
        tcsetattr(io::stdin(), OptionalActions::Flush, &hiding).map_err(failed)?;
        Ok(Self(before))
    }
}

impl Drop for Hidden {
    fn drop(&mut self) {
        let _ = tcsetattr(io::stdin(), OptionalActions::Now, &self.0);
    }
}
