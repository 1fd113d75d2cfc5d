//! Workers as processes: what they are given, and how they end.

use std::{fs, os::unix::fs::PermissionsExt, path::Path, time::Duration};

use domain::{JobId, Secret, Timestamp, UploadId};
use server::{Attempt, Launcher, ProcessLauncher, WorkerCommand};
use tokio::time::Instant;

use crate::support::eventually;

fn attempt() -> Attempt {
    let now = Timestamp::from_millis(1_790_000_000_000);
    Attempt {
        job: JobId::new(now, server::random_array()),
        number: 1,
        upload: UploadId::new(now, server::random_array()),
        secret: Secret::new("the secret of this attempt"),
    }
}

/// A worker that is a shell script.
fn launcher(folder: &Path, script: &str) -> ProcessLauncher {
    let program = folder.join("worker.sh");
    fs::write(
        &program,
        format!("#!/bin/sh\ncd '{}' || exit 1\n{script}\n", folder.display()),
    )
    .unwrap();
    fs::set_permissions(&program, fs::Permissions::from_mode(0o700)).unwrap();
    ProcessLauncher::new(WorkerCommand {
        program,
        arguments: vec!["worker".into()],
        api_url: "http://127.0.0.1:8080".into(),
        worker_secret: Secret::new("the secret of all workers"),
        environment: vec![("PATH".into(), "/usr/bin:/bin".into())],
    })
}

async fn pid(launcher: &ProcessLauncher, attempt: &Attempt) -> u32 {
    let execution = launcher.launch(attempt).await.unwrap().0.unwrap();
    execution.strip_prefix("pid ").unwrap().parse().unwrap()
}

#[tokio::test]
async fn a_worker_gets_its_secrets_and_nothing_else_of_ours() {
    let folder = tempfile::tempdir().unwrap();
    let launcher = launcher(
        folder.path(),
        "tr '\\0' '\\n' < /proc/$$/environ > environment.part; echo \"$@\" >> environment.part\n\
         cut -d ' ' -f 5 /proc/$$/stat >> environment.part; readlink /proc/$$/fd/0 >> environment.part\n\
         mv environment.part environment",
    );
    let attempt = attempt();
    let pid = pid(&launcher, &attempt).await;
    let file = folder.path().join("environment");
    let text = eventually("the worker's environment", async || fs::read_to_string(&file).ok()).await;
    let mut lines: Vec<_> = text.lines().collect();
    assert_eq!(lines.pop(), Some("/dev/null"), "its stdin");
    assert_eq!(lines.pop(), Some(&*pid.to_string()), "its own process group");
    assert_eq!(lines.pop(), Some("worker"));
    lines.sort_unstable();
    let job = format!("SEGUE_JOB_ID={}", attempt.job);
    let expected = [
        "PATH=/usr/bin:/bin",
        "SEGUE_API_URL=http://127.0.0.1:8080",
        &job,
        "SEGUE_JOB_SECRET=the secret of this attempt",
        "SEGUE_WORKER_SECRET=the secret of all workers",
    ];
    assert_eq!(lines, expected);
    eventually("the end of the worker, without a zombie", async || {
        (!Path::new(&format!("/proc/{pid}")).exists()).then_some(())
    })
    .await;
}

#[tokio::test]
async fn workers_are_told_to_stop_and_waited_for() {
    let folder = tempfile::tempdir().unwrap();
    let launcher = launcher(
        folder.path(),
        "trap 'echo handed back > said; exit 0' TERM; echo > trapping; while :; do sleep 0.05; done",
    );
    let pid = pid(&launcher, &attempt()).await;
    eventually("the trap", async || fs::metadata(folder.path().join("trapping")).ok()).await;
    launcher.stop_local(Duration::from_secs(10)).await;
    assert_eq!(fs::read_to_string(folder.path().join("said")).unwrap(), "handed back\n");
    assert!(!Path::new(&format!("/proc/{pid}")).exists());
}

#[tokio::test]
async fn a_worker_that_does_not_go_is_left_behind() {
    let folder = tempfile::tempdir().unwrap();
    // It goes when its stop file is there, so that the test leaves nothing behind.
    let launcher = launcher(
        folder.path(),
        "trap '' TERM; echo > trapping; while [ ! -e go ]; do sleep 0.05; done; echo > gone",
    );
    pid(&launcher, &attempt()).await;
    eventually("the trap", async || fs::metadata(folder.path().join("trapping")).ok()).await;
    let before = Instant::now();
    launcher.stop_local(Duration::from_millis(200)).await;
    assert!(before.elapsed() < Duration::from_secs(5));
    fs::write(folder.path().join("go"), "").unwrap();
    eventually("its end", async || fs::metadata(folder.path().join("gone")).ok()).await;
}

#[tokio::test]
async fn what_cannot_be_started_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let launcher = launcher(folder.path(), "exit 0");
    fs::remove_file(folder.path().join("worker.sh")).unwrap();
    let refused = launcher.launch(&attempt()).await.unwrap_err();
    assert!(refused.reason.contains("cannot be started"), "{refused}");
}
