//! `segue upload`: files to a server, one after the other.

mod login;
mod show;
mod trouble;
mod wait;

use std::{
    path::{Path, PathBuf},
    pin::pin,
    time::Duration,
};

use client::{Client, Sent, StateDir, Upload, Uploader};
use domain::UploadState;
use login::Account;
use serde::Serialize;
use show::Show;
use tokio::{sync::watch, time::timeout};
use tokio_util::sync::CancellationToken;

use crate::{failure::Failure, print, signals::cancelled_by_signals};

/// Logging out is a courtesy; the session ends by itself as well.
const LOGOUT: Duration = Duration::from_secs(3);

/// Upload audio files to a Segue server; a file that was interrupted goes on where it stopped
///
/// The account comes from `SEGUE_EMAIL` and `SEGUE_PASSWORD`, or from `SEGUE_TOKEN`, an access token; what is missing is
/// asked for on the terminal.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// The audio files
    #[arg(value_name = "FILE", required = true)]
    files: Vec<PathBuf>,

    /// The server: scheme, host and port
    #[arg(
        long,
        env = "SEGUE_SERVER",
        value_name = "URL",
        default_value = "http://127.0.0.1:8080"
    )]
    server: String,

    /// Wait until each upload can be played, and print where
    #[arg(long)]
    wait: bool,

    /// Print one JSON object on stdout: what became of each file
    #[arg(long)]
    pub(crate) json: bool,

    /// Print nothing but errors
    #[arg(long, short)]
    quiet: bool,
}

#[derive(Serialize)]
struct Summary {
    uploads: Vec<Outcome>,
}

/// What became of one file.
#[derive(Serialize)]
struct Outcome {
    file: String,
    /// As it was last seen, once it has arrived.
    upload: Option<Upload>,
    /// Of the master playlist.
    playback_url: Option<String>,
    error: Option<Trouble>,
}

#[derive(Serialize)]
struct Trouble {
    code: String,
    message: String,
}

pub(crate) async fn run(args: &Args) -> Result<(), Failure> {
    let client = Client::new(&args.server).map_err(|error| Failure::usage("bad_server", error.to_string()))?;
    let cancel = cancelled_by_signals()?;
    let account = Account::find(&cancel).await?;
    let is_ours = tokio::select! {
        () = cancel.cancelled() => return Err(Failure::other("interrupted", "interrupted; nothing was uploaded")),
        logged_in = account.log_in(&client) => logged_in?,
    };
    let uploading = Uploading {
        args,
        client: &client,
        uploader: Uploader::new(&client, StateDir::of_user()),
        cancel: &cancel,
    };
    let mut worst: Option<Failure> = None;
    let (mut uploads, mut failed) = (Vec::new(), 0);
    for path in &args.files {
        let (outcome, failure) = uploading.one(path).await;
        uploads.push(outcome);
        if let Some(failure) = failure {
            failed += 1;
            if args.files.len() > 1 {
                failure.say();
            }
            worst = Some(match worst {
                Some(worst) if worst.is_worse_than(&failure) => worst,
                _ => failure,
            });
        }
        if cancel.is_cancelled() {
            break;
        }
    }
    if is_ours && !matches!(timeout(LOGOUT, client.logout()).await, Ok(Ok(()))) {
        tracing::info!("logging out failed");
    }
    let done = uploads.len();
    if args.json {
        print::json(&Summary { uploads })?;
    }
    let failure = match (worst, args.files.len()) {
        (Some(worst), 1) => worst,
        (Some(worst), all) if done == all => worst.reworded(format!("{failed} of {all} files failed; see above")),
        (None, all) if done == all => return Ok(()),
        (_, all) => Failure::other(
            "interrupted",
            format!("interrupted; {done} of {all} files were dealt with"),
        ),
    };
    Err(if args.json { failure.on_stdout() } else { failure })
}

struct Uploading<'a> {
    args: &'a Args,
    client: &'a Client,
    uploader: Uploader,
    cancel: &'a CancellationToken,
}

impl Uploading<'_> {
    /// One file to its end, and what to say of it.
    async fn one(&self, path: &Path) -> (Outcome, Option<Failure>) {
        let file = path.display().to_string();
        let mut outcome = Outcome {
            file: file.clone(),
            upload: None,
            playback_url: None,
            error: None,
        };
        let mut show = Show::new(self.args.quiet, &file);
        let done = self.send_and_wait(path, &mut show, &mut outcome).await;
        // The bar must be gone before anything else is printed.
        drop(show);
        let done = done.and_then(|line| {
            let is_silent = self.args.quiet || self.args.json;
            if is_silent {
                Ok(())
            } else {
                print::to_stdout(&print::one_line(&format!("{file}: {line}")))
            }
        });
        let failure = done.err().map(|failure| failure.of(&file));
        outcome.error = failure.as_ref().map(|failure| Trouble {
            code: failure.code().to_owned(),
            message: failure.message().to_owned(),
        });
        (outcome, failure)
    }

    /// Returns what to print.
    async fn send_and_wait(&self, path: &Path, show: &mut Show, outcome: &mut Outcome) -> Result<String, Failure> {
        let upload = outcome.upload.insert(self.send(path, show).await?);
        if !self.args.wait {
            return Ok(format!("uploaded as {}", upload.id));
        }
        let settled = wait::until_settled(self.client, upload.clone(), |upload| show.state(upload));
        let settled = tokio::select! {
            () = self.cancel.cancelled() => {
                let message = format!("interrupted; the server goes on with it as {}", upload.id);
                return Err(Failure::other("interrupted", message));
            }
            settled = settled => settled.map_err(|error| trouble::of_client(&error))?,
        };
        *upload = settled;
        if upload.state != UploadState::Ready {
            return Err(trouble::of_upload(upload.failure.clone()));
        }
        let playback = self.client.playback(upload.id).await;
        let playback = playback.map_err(|error| trouble::of_client(&error))?;
        Ok(outcome.playback_url.insert(playback.url).clone())
    }

    async fn send(&self, path: &Path, show: &mut Show) -> Result<Upload, Failure> {
        let (progress, mut shown) = watch::channel(Sent::default());
        let mut sending = pin!(self.uploader.send(path, &progress));
        loop {
            tokio::select! {
                () = self.cancel.cancelled() => {
                    let message = "interrupted; the same command will go on where this one stopped";
                    return Err(Failure::other("interrupted", message));
                }
                sent = &mut sending => return sent.map_err(|error| trouble::of_sending(&error)),
                Ok(()) = shown.changed() => show.sent(*shown.borrow_and_update()),
            }
        }
    }
}
