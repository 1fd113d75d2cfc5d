//! Asking a person at a terminal.

use std::{
    fs::File,
    io::{self, Read, Write},
    time::{Duration, Instant},
};

use rustix::termios::{LocalModes, OptionalActions, SpecialCodeIndex, Termios, tcgetattr, tcsetattr};
use tokio_util::sync::CancellationToken;

/// Nobody thinks about a password for longer.
const PATIENCE: Duration = Duration::from_mins(5);
const LONGEST: usize = 1024;
const INTERRUPT: u8 = 3;
const END: u8 = 4;
const BACKSPACES: [u8; 2] = [8, 127];

/// The terminal that this process belongs to, whatever its streams are. It gives its keys one by one and shows none of
/// them: so an interrupt leaves no terminal behind that hides what is typed.
pub(crate) struct Terminal {
    file: File,
    before: Termios,
}

impl Terminal {
    /// None where nobody can be asked.
    pub(crate) fn open() -> Option<Self> {
        let file = File::options().read(true).write(true).open("/dev/tty").ok()?;
        let before = tcgetattr(&file).ok()?;
        let mut termios = before.clone();
        termios
            .local_modes
            .remove(LocalModes::ECHO | LocalModes::ICANON | LocalModes::ISIG);
        // A read comes back after two tenths of a second, with a key or without.
        termios.special_codes[SpecialCodeIndex::VMIN] = 0;
        termios.special_codes[SpecialCodeIndex::VTIME] = 2;
        tcsetattr(&file, OptionalActions::Flush, &termios).ok()?;
        Some(Self { file, before })
    }

    /// One line. None if there will be none. It waits as files do, so it needs a thread that may.
    pub(crate) fn ask(
        &mut self,
        question: &str,
        is_shown: bool,
        cancel: &CancellationToken,
    ) -> io::Result<Option<String>> {
        write!(self.file, "{question}: ")?;
        let answer = self.answer(question, is_shown, cancel);
        writeln!(self.file)?;
        answer
    }

    fn answer(&mut self, question: &str, is_shown: bool, cancel: &CancellationToken) -> io::Result<Option<String>> {
        let until = Instant::now() + PATIENCE;
        let mut line = Vec::new();
        while !cancel.is_cancelled() && Instant::now() < until {
            let mut key = [0];
            if self.file.read(&mut key)? == 0 {
                continue;
            }
            match key[0] {
                b'\n' | b'\r' => return Ok(Some(String::from_utf8_lossy(&line).into_owned())),
                INTERRUPT | END => return Ok(None),
                back if BACKSPACES.contains(&back) => {
                    // A character may be several bytes; all but the first begin with 10.
                    while line.pop().is_some_and(|byte| byte & 0xC0 == 0x80) {}
                    if is_shown {
                        write!(self.file, "\r\x1b[K{question}: {}", String::from_utf8_lossy(&line))?;
                    }
                }
                key if key >= b' ' && line.len() < LONGEST => {
                    line.push(key);
                    if is_shown {
                        self.file.write_all(&[key])?;
                    }
                }
                _ => {}
            }
        }
        Ok(None)
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        let _ = tcsetattr(&self.file, OptionalActions::Flush, &self.before);
    }
}
