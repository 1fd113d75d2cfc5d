//! Whose uploads they are to be.

use client::{Client, ClientError};
use domain::Secret;
use tokio_util::sync::CancellationToken;

use super::trouble;
use crate::{ask::Terminal, failure::Failure};

const HELP: &str = "set SEGUE_EMAIL and SEGUE_PASSWORD, or SEGUE_TOKEN";

/// What proves who is uploading.
pub(crate) enum Account {
    Token(Secret),
    Password { email: String, password: Secret },
}

impl Account {
    /// From the environment or the person at the terminal. That heeds the signals by itself, so that the terminal is put
    /// right again.
    pub(crate) async fn find(cancel: &CancellationToken) -> Result<Self, Failure> {
        if let Some(token) = setting("SEGUE_TOKEN")? {
            return Ok(Self::Token(Secret::new(token)));
        }
        match (setting("SEGUE_EMAIL")?, setting("SEGUE_PASSWORD")?) {
            (Some(email), Some(password)) => Ok(Self::Password {
                email,
                password: Secret::new(password),
            }),
            (email, password) => ask_for(email, password, cancel).await,
        }
    }

    /// Returns whether this began a session, which is then ours to end.
    pub(crate) async fn log_in(self, client: &Client) -> Result<bool, Failure> {
        match self {
            Self::Password { email, password } => {
                client.login(&email, &password).await.map_err(refused)?;
                Ok(true)
            }
            Self::Token(token) => {
                client.use_token(token);
                let known = client.me().await.map(|_| false);
                known.map_err(|error| match error.status() {
                    Some(401) => {
                        let message = "the server does not take SEGUE_TOKEN; such tokens work for a few minutes only";
                        Failure::usage("unauthorized", message)
                    }
                    _ => trouble::of_client(&error),
                })
            }
        }
    }
}

/// Secrets are no arguments, since everybody on the machine can read those. An empty one is none.
fn setting(name: &str) -> Result<Option<String>, Failure> {
    match std::env::var(name) {
        Ok(value) => Ok(Some(value).filter(|value| !value.is_empty())),
        Err(std::env::VarError::NotPresent) => Ok(None),
        Err(std::env::VarError::NotUnicode(_)) => Err(Failure::usage("usage", format!("{name} must be UTF-8"))),
    }
}

async fn ask_for(
    email: Option<String>,
    password: Option<String>,
    cancel: &CancellationToken,
) -> Result<Account, Failure> {
    let cancel = cancel.clone();
    let asking = move || {
        let nobody = || {
            Failure::usage(
                "usage",
                format!("there is no terminal to ask for a password on; {HELP}"),
            )
        };
        let mut terminal = Terminal::open().ok_or_else(nobody)?;
        let mut ask = |question, is_shown| {
            let answer = terminal.ask(question, is_shown, &cancel);
            let answer = answer.map_err(|error| Failure::io("the terminal cannot be read", &error))?;
            answer.ok_or_else(|| {
                Failure::other(
                    "interrupted",
                    format!("nothing was uploaded without a password; {HELP}"),
                )
            })
        };
        let email = email.map_or_else(|| ask("email", true), Ok)?;
        let password = password.map_or_else(|| ask("password", false), Ok)?;
        Ok(Account::Password {
            email,
            password: Secret::new(password),
        })
    };
    let asked = tokio::task::spawn_blocking(asking).await;
    asked.map_err(|error| Failure::other("terminal", error.to_string()))?
}

/// Whatever the server has against this email and password, it is for the caller to put right.
fn refused(error: ClientError) -> Failure {
    match error {
        ClientError::Problem(problem) if matches!(problem.status, 400 | 401 | 403) => {
            Failure::usage(problem.code, problem.detail)
        }
        error => trouble::of_client(&error),
    }
}
