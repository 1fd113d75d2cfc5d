//! `segue upload` and `segue healthcheck`, against the same small server as the client's tests.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test's helper fails by panicking"
)]

#[path = "../../client/tests/fake/mod.rs"]
#[expect(dead_code, reason = "the client's tests need more of it")]
mod fake;

use std::{fs, path::PathBuf, process::Output, sync::Arc};

use fake::{EMAIL, Fake, PASSWORD, Reply};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::{process::Command, sync::Notify};

const EVENTS: &str = "GET /api/v1/events";
const RESERVE: &str = "POST /api/v1/uploads";

struct Place {
    fake: Fake,
    folder: TempDir,
}

impl Place {
    async fn new() -> Self {
        Self {
            fake: Fake::start().await,
            folder: tempfile::tempdir().unwrap(),
        }
    }

    fn file(&self, name: &str, content: &[u8]) -> PathBuf {
        let path = self.folder.path().join(name);
        fs::write(&path, content).unwrap();
        path
    }

    fn states(&self) -> usize {
        fs::read_dir(self.folder.path().join("states/segue")).map_or(0, Iterator::count)
    }

    /// Without an account, and with signals as a terminal gives them, also where these tests run in the background.
    fn bare(&self, arguments: &[&str]) -> Command {
        let mut segue = Command::new("/usr/bin/env");
        segue
            .args(["--default-signal=INT", env!("CARGO_BIN_EXE_segue")])
            .env_clear()
            .current_dir(self.folder.path())
            .args(arguments)
            .kill_on_drop(true);
        segue
            .env("SEGUE_SERVER", self.fake.url())
            .env("XDG_STATE_HOME", self.folder.path().join("states"));
        segue
    }

    fn upload(&self, arguments: &[&str]) -> Command {
        let mut segue = self.bare(&["upload"]);
        segue
            .args(arguments)
            .env("SEGUE_EMAIL", EMAIL)
            .env("SEGUE_PASSWORD", PASSWORD);
        segue
    }

    async fn run(&self, arguments: &[&str]) -> Output {
        self.upload(arguments).output().await.unwrap()
    }

    /// Gives the upload these fields as soon as its file has arrived.
    async fn work(&self, number: u64, fields: Value) {
        self.fake
            .until("a file has arrived", |state| {
                state.uploads.values().any(|upload| upload.row["state"] == "queued")
            })
            .await;
        self.fake.change(number, &fields);
    }
}

/// The one line on stderr.
fn complaint(output: &Output, code: i32) -> String {
    let complaint = last_complaint(output, code);
    assert_eq!(String::from_utf8_lossy(&output.stderr).lines().count(), 1, "{output:?}");
    complaint
}

/// The last line on stderr: before it comes the progress.
fn last_complaint(output: &Output, code: i32) -> String {
    assert_eq!(output.status.code(), Some(code), "{output:?}");
    let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(!stderr.contains(PASSWORD) && !stderr.contains("secret"), "{stderr}");
    stderr.lines().last().unwrap_or_default().to_owned()
}

fn stdout(output: &Output) -> &str {
    assert!(output.status.success(), "{output:?}");
    std::str::from_utf8(&output.stdout).unwrap()
}

#[tokio::test]
async fn a_file_is_uploaded_and_nothing_stays_behind() {
    let place = Place::new().await;
    place.file("song.flac", b"fLaC");
    let output = place.run(&["song.flac"]).await;
    assert_eq!(
        stdout(&output),
        "song.flac: uploaded as 0192f0c1-7d3a-7cc2-8a54-000000000001\n"
    );
    assert_eq!(String::from_utf8_lossy(&output.stderr), "song.flac: sent 100%\n");
    assert_eq!(place.fake.content(1), b"fLaC");
    assert_eq!(place.states(), 0);
    assert_eq!(place.fake.asked("POST /api/v1/auth/logout").len(), 1);
}

#[tokio::test]
async fn waiting_ends_with_where_it_plays() {
    let place = Place::new().await;
    place.file("song.flac", b"fLaC");
    let ready = Arc::new(Notify::new());
    place.fake.next(EVENTS, Reply::After(Arc::clone(&ready)));
    let work = async {
        place.work(1, json!({ "state": "ready", "playable": true })).await;
        ready.notify_one();
    };
    let (output, ()) = tokio::join!(place.run(&["song.flac", "--wait", "--quiet", "--json"]), work);
    let summary: Value = serde_json::from_str(stdout(&output)).unwrap();
    let url = format!("{}/api/v1/play/token-of-01/master.m3u8", place.fake.url());
    assert_eq!(summary["uploads"][0]["playback_url"], url);
    assert_eq!(summary["uploads"][0]["upload"]["state"], "ready");
    assert_eq!(summary["uploads"][0]["error"], Value::Null);
    assert!(output.stderr.is_empty(), "{output:?}");
}

#[tokio::test]
async fn without_events_the_server_is_asked_now_and_then() {
    let place = Place::new().await;
    place.file("song.flac", b"fLaC");
    place
        .fake
        .next(EVENTS, Fake::problem(404, "not_found", "there is no such page"));
    let work = place.work(1, json!({ "state": "ready", "playable": true }));
    let (output, ()) = tokio::join!(place.run(&["song.flac", "--wait"]), work);
    assert!(stdout(&output).ends_with("/master.m3u8\n"), "{output:?}");
}

#[tokio::test]
async fn a_file_of_which_nothing_came_says_why() {
    for (retryable, code) in [(false, 3), (true, 1)] {
        let place = Place::new().await;
        place.file("song.flac", b"fLaC");
        let failure = json!({ "code": "not_audio", "message": "there is no sound in it", "retryable": retryable });
        let work = place.work(1, json!({ "state": "failed", "failure": failure }));
        let (output, ()) = tokio::join!(place.run(&["song.flac", "--wait"]), work);
        assert_eq!(
            last_complaint(&output, code),
            "segue: song.flac: there is no sound in it"
        );
    }
}

#[tokio::test]
async fn a_refusal_is_told_in_the_servers_words_and_in_one_line() {
    let place = Place::new().await;
    place.file("song.txt", b"la la la");
    place.fake.next(
        RESERVE,
        Fake::problem(400, "unsupported_type", "this is\nno\u{1b}[31m audio"),
    );
    let said = complaint(&place.run(&["song.txt"]).await, 3);
    assert_eq!(said, "segue: song.txt: this is\u{fffd}no\u{fffd}[31m audio");
}

#[tokio::test]
async fn one_file_that_fails_does_not_stop_the_others() {
    let place = Place::new().await;
    place.file("a.txt", b"a");
    place.file("c.flac", b"fLaC");
    place
        .fake
        .next(RESERVE, Fake::problem(415, "unsupported_type", "this is no audio"));
    let output = place.run(&["a.txt", "b.flac", "c.flac", "--json", "--quiet"]).await;
    assert_eq!(output.status.code(), Some(3), "{output:?}");
    let summary: Value = serde_json::from_slice(&output.stdout).unwrap();
    let codes: Vec<&Value> = summary["uploads"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| &one["error"]["code"])
        .collect();
    assert_eq!(
        codes,
        [&json!("unsupported_type"), &json!("source_unreadable"), &Value::Null]
    );
    let said: Vec<String> = String::from_utf8_lossy(&output.stderr)
        .lines()
        .map(str::to_owned)
        .collect();
    assert_eq!(said[0], "segue: a.txt: this is no audio");
    assert!(
        said[1].starts_with("segue: b.flac: the file cannot be read: "),
        "{said:?}"
    );
    assert_eq!(said[2], "segue: 2 of 3 files failed; see above");
    assert_eq!(place.fake.content(1), b"fLaC");
}

#[tokio::test]
async fn an_interrupt_says_how_to_go_on_and_the_same_command_does() {
    let place = Place::new().await;
    place.fake.state().part_size = 10;
    place.file("song.flac", &[7; 45]);
    for part in [2, 3, 4, 5] {
        place.fake.next(&format!("PUT /bucket/1/{part}"), Reply::Hang);
    }
    let segue = place
        .upload(&["song.flac"])
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    place
        .fake
        .until("a part is there and others are on their way", |state| {
            let puts = state.seen.iter().filter(|seen| seen.what.starts_with("PUT ")).count();
            state.stored() == 1 && puts == 5
        })
        .await;
    let pid = Pid::from_raw(i32::try_from(segue.id().unwrap()).unwrap()).unwrap();
    kill_process(pid, Signal::INT).unwrap();
    let output = segue.wait_with_output().await.unwrap();
    let said = last_complaint(&output, 1);
    assert_eq!(
        said,
        "segue: song.flac: interrupted; the same command will go on where this one stopped"
    );
    assert_eq!(place.states(), 1);

    place.fake.state().seen.clear();
    stdout(&place.run(&["song.flac"]).await);
    assert_eq!(place.fake.asked("PUT ").len(), 4);
    assert_eq!(
        place.fake.asked(RESERVE).iter().filter(|what| *what == RESERVE).count(),
        0
    );
    assert_eq!(place.fake.content(1), [7; 45]);
    assert_eq!(place.states(), 0);
}

#[tokio::test]
async fn a_wrong_password_is_a_wrong_argument() {
    let place = Place::new().await;
    place.file("song.flac", b"fLaC");
    let mut segue = place.upload(&["song.flac"]);
    let output = segue.env("SEGUE_PASSWORD", "hunter22").output().await.unwrap();
    let said = complaint(&output, 2);
    assert_eq!(said, "segue: the email or the password is wrong");
}

#[tokio::test]
async fn a_token_is_taken_instead_of_a_password() {
    let place = Place::new().await;
    place.file("song.flac", b"fLaC");
    place.fake.state().token = Some(4);
    let with = |token| {
        let mut segue = place.bare(&["upload", "song.flac", "--quiet"]);
        segue.env("SEGUE_TOKEN", token);
        segue
    };
    assert_eq!(stdout(&with("access-4").output().await.unwrap()), "");
    assert_eq!(place.fake.content(1), b"fLaC");
    let said = complaint(&with("access-3").output().await.unwrap(), 2);
    assert!(said.contains("the server does not take SEGUE_TOKEN"), "{said}");
    assert_eq!(
        place.fake.asked("POST /api/v1/auth"),
        [""; 0],
        "the session is another's to end"
    );
}

#[tokio::test]
async fn without_an_account_and_without_a_terminal_it_says_what_to_set() {
    let place = Place::new().await;
    place.file("song.flac", b"fLaC");
    // In a session of its own it has no terminal, wherever the tests are run.
    let mut segue = Command::new("setsid");
    segue.args(["--wait", env!("CARGO_BIN_EXE_segue"), "upload", "song.flac"]);
    segue
        .current_dir(place.folder.path())
        .env("SEGUE_SERVER", place.fake.url());
    for name in ["SEGUE_EMAIL", "SEGUE_PASSWORD", "SEGUE_TOKEN"] {
        segue.env_remove(name);
    }
    let said = complaint(&segue.output().await.unwrap(), 2);
    assert!(said.contains("set SEGUE_EMAIL and SEGUE_PASSWORD"), "{said}");
}

#[tokio::test]
async fn a_server_that_is_not_there_is_the_surroundings_fault() {
    let place = Place::new().await;
    place.file("song.flac", b"fLaC");
    // Nobody listens on port 1.
    let said = complaint(&place.run(&["song.flac", "--server", "http://127.0.0.1:1"]).await, 4);
    assert!(
        said.contains("the server cannot be reached") && said.contains("is --server right?"),
        "{said}"
    );
}

#[tokio::test]
async fn wrong_arguments_are_usage() {
    let place = Place::new().await;
    complaint(&place.run(&[]).await, 2);
    let said = complaint(&place.run(&["song.flac", "--server", "localhost:8080"]).await, 2);
    assert!(
        said.contains("the server's URL must be scheme, host and port"),
        "{said}"
    );
}

#[tokio::test]
async fn a_healthcheck_says_whether_the_server_is_ready() {
    let place = Place::new().await;
    let url = format!("{}/readyz", place.fake.url());
    let check = async |url: &str| place.bare(&["healthcheck", "--url", url]).output().await.unwrap();
    assert_eq!(stdout(&check(&url).await), "ready\n");
    place.fake.next(
        "GET /readyz",
        Fake::problem(503, "unavailable", "the database does not answer"),
    );
    assert_eq!(
        complaint(&check(&url).await, 1),
        "segue: not ready: the database does not answer"
    );
    for nowhere in ["http://127.0.0.1:1/readyz", "nowhere"] {
        assert!(complaint(&check(nowhere).await, 1).starts_with("segue: not ready: "));
    }
}
