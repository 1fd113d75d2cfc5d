//! `segue migrate`, on a file. What it does to PostgreSQL is the contract's business, in `store`.
#![expect(clippy::expect_used, reason = "a test's helper fails by panicking")]

use std::{
    fs,
    os::unix::fs::PermissionsExt,
    path::Path,
    process::{Command, Output},
};

fn migrate(data_dir: &Path, arguments: &[&str]) -> Output {
    let mut segue = Command::new(env!("CARGO_BIN_EXE_segue"));
    segue.env_clear().arg("migrate").arg("--data-dir").arg(data_dir);
    segue.args(arguments).output().expect("segue starts")
}

fn complaint(output: &Output, code: i32) -> String {
    assert_eq!(output.status.code(), Some(code), "{output:?}");
    let complaint = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(complaint.lines().count(), 1, "{complaint}");
    complaint
}

#[test]
fn it_makes_the_database_and_then_leaves_it_as_it_is() {
    let scratch = tempfile::tempdir().expect("a folder");
    let data_dir = scratch.path().join("data");
    for _ in 0..2 {
        let output = migrate(&data_dir, &[]);
        assert!(output.status.success(), "{output:?}");
        assert_eq!(output.stdout, b"the database is up to date\n");
    }
    let mode = fs::metadata(&data_dir).expect("it was made").permissions().mode();
    assert_eq!(mode & 0o777, 0o700);
}

#[test]
fn many_at_once_make_one_database() {
    let scratch = tempfile::tempdir().expect("a folder");
    let children: Vec<_> = (0..6)
        .map(|_| {
            let mut segue = Command::new(env!("CARGO_BIN_EXE_segue"));
            segue.env_clear().args(["migrate", "--data-dir"]).arg(scratch.path());
            segue.spawn().expect("segue starts")
        })
        .collect();
    for mut child in children {
        assert!(child.wait().expect("it ends").success());
    }
}

#[test]
fn what_is_no_database_is_left_alone() {
    let scratch = tempfile::tempdir().expect("a folder");
    let file = scratch.path().join("segue.db");
    fs::write(&file, "dear diary, ".repeat(1000)).expect("written");
    let said = complaint(&migrate(scratch.path(), &[]), 4);
    assert!(said.contains("is not an SQLite database; move it away"), "{said}");
    assert_eq!(fs::read(&file).expect("still there").len(), 12_000);
}

#[test]
fn a_url_of_neither_kind_is_a_wrong_argument() {
    let scratch = tempfile::tempdir().expect("a folder");
    let said = complaint(
        &migrate(scratch.path(), &["--database-url", "mysql://root:hunter2@localhost/x"]),
        2,
    );
    assert!(said.contains("must begin with postgres:// or sqlite:"), "{said}");
    assert!(!said.contains("hunter2"), "{said}");
}

#[test]
fn a_server_that_does_not_answer_is_the_surroundings_fault() {
    let scratch = tempfile::tempdir().expect("a folder");
    // Nobody listens on port 1.
    let said = complaint(
        &migrate(
            scratch.path(),
            &["--database-url", "postgres://segue:hunter2@127.0.0.1:1/segue"],
        ),
        4,
    );
    assert!(said.contains("the database cannot be reached"), "{said}");
    assert!(!said.contains("hunter2"), "{said}");
}
