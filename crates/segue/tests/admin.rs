//! `segue admin`, on a file.
#![expect(clippy::expect_used, reason = "a test's helper fails by panicking")]

use std::{
    io::Write,
    path::Path,
    process::{Command, Output, Stdio},
};

fn user(data_dir: &Path, arguments: &[&str], stdin: &str) -> Output {
    let mut segue = Command::new(env!("CARGO_BIN_EXE_segue"));
    segue
        .env_clear()
        .args(["admin", "user"])
        .args(arguments)
        .arg("--data-dir")
        .arg(data_dir);
    let segue = segue
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let mut child = segue.spawn().expect("segue starts");
    let mut pipe = child.stdin.take().expect("a pipe");
    // A command that asks for no password may be gone already.
    let _ = pipe.write_all(stdin.as_bytes());
    drop(pipe);
    child.wait_with_output().expect("it ends")
}

fn said(output: &Output, code: i32) -> String {
    assert_eq!(output.status.code(), Some(code), "{output:?}");
    let said = if code == 0 { &output.stdout } else { &output.stderr };
    let said = String::from_utf8_lossy(said).into_owned();
    assert_eq!(said.lines().count(), 1, "{said}");
    said
}

#[test]
fn an_account_is_made_locked_unlocked_and_given_another_password() {
    let scratch = tempfile::tempdir().expect("a folder");
    let data_dir = scratch.path();
    let email = "ada@example.com";
    let made = said(&user(data_dir, &["create", email], "correct horse\n"), 0);
    assert_eq!(made, "ada@example.com can log in now\n");
    let locked = said(&user(data_dir, &["disable", "ADA@example.com"], ""), 0);
    assert_eq!(locked, "ada@example.com is locked and logged out everywhere\n");
    let unlocked = said(&user(data_dir, &["enable", email], ""), 0);
    assert_eq!(unlocked, "ada@example.com can log in again\n");
    let reset = said(&user(data_dir, &["reset-password", email], "battery staple"), 0);
    assert_eq!(
        reset,
        "ada@example.com has a new password and is logged out everywhere\n"
    );
}

#[test]
fn an_address_that_is_taken_or_unknown_is_said_so() {
    let scratch = tempfile::tempdir().expect("a folder");
    let data_dir = scratch.path();
    said(&user(data_dir, &["create", "ada@example.com"], "correct horse\n"), 0);
    let taken = said(&user(data_dir, &["create", "Ada@example.com"], "correct horse\n"), 1);
    assert!(taken.contains("there is an account for Ada@example.com"), "{taken}");
    for command in ["reset-password", "disable", "enable"] {
        let unknown = said(&user(data_dir, &[command, "grace@example.com"], "correct horse\n"), 1);
        assert!(
            unknown.contains("there is no account for grace@example.com"),
            "{unknown}"
        );
    }
}

#[test]
fn what_cannot_be_an_address_or_a_password_is_refused_and_never_repeated() {
    let scratch = tempfile::tempdir().expect("a folder");
    let bad_email = said(&user(scratch.path(), &["create", "ada"], "correct horse\n"), 2);
    assert!(bad_email.contains("an email address is like"), "{bad_email}");
    for password in ["", "\n", "hunter2\n", &"hunter2".repeat(1000)] {
        let refused = said(&user(scratch.path(), &["create", "ada@example.com"], password), 2);
        assert!(refused.contains("a password has 8 to 256 characters"), "{refused}");
        assert!(!refused.contains("hunter2"), "{refused}");
    }
}
