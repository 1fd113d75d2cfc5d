//! How a command fails: one line for a person, a code for a program, and an exit code for a shell.

use std::{borrow::Cow, io, process::ExitCode};

use clap::error::ErrorKind;
use media::{MediaError, Refusal, SandboxUnavailable, ToolError};
use objects::EmbeddedError;
use serde_json::json;
use server::ServeError;
use store::{OpenError, StoreError};

use crate::print;

pub(crate) const AFTER_HELP: &str = "\
Exit codes:
  0  done
  1  anything else, an interrupt included
  2  usage: a wrong argument or password, or an output that is in the way
  3  bad input: the file cannot be packaged, the server refuses it, or the tree breaks a rule
  4  environment: ffmpeg is missing or too old, the disk is full, the database or the server does not answer, …

SEGUE_LOG sets how much is logged to stderr: off, error, warn (the default; for serve, info), info, debug or trace.
SEGUE_LOG_FORMAT sets how: human (the default) or json.";

/// Why a command ended without success.
pub(crate) struct Failure {
    kind: Kind,
    /// Stable, for programs.
    code: Cow<'static, str>,
    /// One line that names the problem and what to do.
    message: String,
    /// Stdout holds a JSON object already, which says more.
    is_on_stdout: bool,
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Kind {
    Other = 1,
    Usage = 2,
    Input = 3,
    Environment = 4,
}

impl Failure {
    fn new(kind: Kind, code: impl Into<Cow<'static, str>>, message: impl Into<String>) -> Self {
        Failure {
            kind,
            code: code.into(),
            message: message.into(),
            is_on_stdout: false,
        }
    }

    pub(crate) fn usage(code: impl Into<Cow<'static, str>>, message: impl Into<String>) -> Self {
        Self::new(Kind::Usage, code, message)
    }

    pub(crate) fn input(code: impl Into<Cow<'static, str>>, message: impl Into<String>) -> Self {
        Self::new(Kind::Input, code, message)
    }

    pub(crate) fn other(code: impl Into<Cow<'static, str>>, message: impl Into<String>) -> Self {
        Self::new(Kind::Other, code, message)
    }

    pub(crate) fn environment(code: impl Into<Cow<'static, str>>, message: impl Into<String>) -> Self {
        Self::new(Kind::Environment, code, message)
    }

    /// Which of several files it is about.
    pub(crate) fn of(self, file: &str) -> Self {
        let message = format!("{file}: {}", self.message);
        self.reworded(message)
    }

    pub(crate) fn reworded(self, message: String) -> Self {
        Failure { message, ..self }
    }

    /// By the exit code.
    pub(crate) fn is_worse_than(&self, other: &Self) -> bool {
        self.kind > other.kind
    }

    pub(crate) fn code(&self) -> &str {
        &self.code
    }

    pub(crate) fn message(&self) -> &str {
        &self.message
    }

    /// What went wrong is in the JSON object that was printed.
    pub(crate) fn on_stdout(self) -> Self {
        Failure {
            is_on_stdout: true,
            ..self
        }
    }

    pub(crate) fn interrupted() -> Self {
        Failure::other("interrupted", "interrupted; nothing was written")
    }

    /// Reading or writing our own files failed: `doing` says which.
    pub(crate) fn io(doing: &str, error: &io::Error) -> Self {
        let message = format!("{doing}: {error}");
        let code = if error.kind() == io::ErrorKind::StorageFull {
            "disk_full"
        } else {
            "io"
        };
        Self::new(Kind::Environment, code, message)
    }

    pub(crate) fn say(&self) {
        print::to_stderr(&format!("segue: {}", print::one_line(&self.message)));
    }

    pub(crate) fn report(self, json: bool) -> ExitCode {
        self.say();
        if json && !self.is_on_stdout {
            // Whoever has closed stdout learns it from the exit code.
            let _ = print::to_stdout(&json!({ "error": { "code": self.code, "message": self.message } }).to_string());
        }
        ExitCode::from(self.kind as u8)
    }
}

/// Clap's own message, in one line. Help and version are no failures and go to stdout as they are.
pub(crate) fn usage(error: &clap::Error) -> ExitCode {
    if !error.use_stderr() {
        return print::to_stdout(error.to_string().trim_end())
            .map_or_else(|failure| failure.report(false), |()| ExitCode::SUCCESS);
    }
    let message = if error.kind() == ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand {
        "name what to do".to_owned()
    } else {
        let text = error.to_string();
        let problem: Vec<&str> = text
            .lines()
            .take_while(|line| !line.is_empty())
            .map(str::trim)
            .collect();
        problem.join(" ").trim_start_matches("error: ").to_owned()
    };
    // The arguments could not be read, so this one has to be looked for.
    let json = std::env::args_os().any(|argument| argument == "--json");
    Failure::usage("usage", format!("{message}; see `segue --help`")).report(json)
}

impl From<ToolError> for Failure {
    fn from(error: ToolError) -> Self {
        Failure::new(Kind::Environment, error.code(), error.to_string())
    }
}

impl From<SandboxUnavailable> for Failure {
    fn from(error: SandboxUnavailable) -> Self {
        Failure::new(Kind::Environment, "sandbox_unavailable", error.to_string())
    }
}

impl From<OpenError> for Failure {
    fn from(error: OpenError) -> Self {
        let (kind, code) = match &error {
            OpenError::Scheme | OpenError::Url(_) => (Kind::Usage, "bad_database_url"),
            OpenError::Unreachable(_) => (Kind::Environment, "database_unreachable"),
            OpenError::NotADatabase(_) | OpenError::Corrupt(_) | OpenError::Newer(_) | OpenError::Foreign(_) => {
                (Kind::Environment, "database_unusable")
            }
            OpenError::Migrate(_) => (Kind::Environment, "migration_failed"),
        };
        Failure::new(kind, code, error.to_string())
    }
}

impl From<EmbeddedError> for Failure {
    fn from(error: EmbeddedError) -> Self {
        let code = match &error {
            EmbeddedError::InUse(_) => "data_dir_in_use",
            EmbeddedError::Listen { .. } => "cannot_listen",
            _ => "object_store_unusable",
        };
        let message = match std::error::Error::source(&error) {
            Some(source) => format!("{error}: {source}"),
            None => error.to_string(),
        };
        Failure::new(Kind::Environment, code, message)
    }
}

impl From<ServeError> for Failure {
    fn from(error: ServeError) -> Self {
        let code = match &error {
            ServeError::Died { .. } => "server_died",
            ServeError::Killed => "interrupted",
        };
        Failure::other(code, error.to_string())
    }
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        let (kind, code) = match &error {
            StoreError::Unavailable(_) => (Kind::Environment, "database_unavailable"),
            _ => (Kind::Other, "database"),
        };
        Failure::new(kind, code, error.to_string())
    }
}

impl From<Refusal> for Failure {
    fn from(refusal: Refusal) -> Self {
        Failure::input(refusal.code(), refusal.to_string())
    }
}

impl From<MediaError> for Failure {
    fn from(error: MediaError) -> Self {
        if let MediaError::Child { stderr, .. } = &error {
            tracing::info!(stderr, "what the child printed last");
        }
        let (kind, code) = match &error {
            MediaError::Refused(refusal) => (Kind::Input, refusal.code()),
            MediaError::Unreadable { .. } => (Kind::Input, "source_unreadable"),
            MediaError::Cancelled => return Failure::interrupted(),
            MediaError::DiskFull => (Kind::Environment, "disk_full"),
            MediaError::Io { .. } => (Kind::Environment, "io"),
            MediaError::Answer(_) => (Kind::Environment, "ffmpeg_unusable"),
            MediaError::Stalled { .. } => (Kind::Other, "stalled"),
            MediaError::Deadline(_) => (Kind::Other, "deadline"),
            MediaError::Child { .. } => (Kind::Other, "child_died"),
            MediaError::Broken(_) => (Kind::Other, "broken_rendition"),
        };
        Failure::new(kind, code, error.to_string())
    }
}
