//! What must hold at the end, looked at from outside: the database by its own client, the bucket, the table of processes,
//! the folders for temporary files, and the sound.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    process::Command,
};

use anyhow::{Context, Result, ensure};
use domain::UploadState;
use objects::GetOptions;

use crate::{
    attack::Attack,
    fault::Fault,
    follow::{self, Followed},
    processes,
    service::{PASSWORD, S3_SECRET, Service, TOKEN_SECRET, WORKER_SECRET, list, prefix},
    sound::{self, Kind},
};

/// How many failures a job may have before it is given up.
const BUDGET: u32 = 5;

/// A row of the database, with its job.
struct Row {
    state: String,
    tree: String,
    failures: u32,
    published: u32,
}

/// Everything. What does not hold is added to the problems.
pub(crate) async fn check(attack: &mut Attack) -> Result<()> {
    let mut problems = Vec::new();
    let rows = rows(&attack.service)?;
    nothing_is_left_undone(&attack.service, &mut problems)?;
    attack.late_writes = write_late(&attack.service, &rows).await?;
    for (fault, (rounds, hits)) in &attack.hits {
        if *hits == 0 {
            problems.push(format!("{rounds} rounds of this have found nothing to hit: {fault}"));
        }
    }
    // A disk that was taken for full, but was not, would otherwise look the same.
    let full = "SELECT count(*) FROM attempts WHERE error_code = 'disk_full'";
    if attack.hits.contains_key(&Fault::DiskFull) && attack.service.database.ask(full)?.concat().concat() == "0" {
        problems.push("no worker has found its disk full".into());
    }
    let followed: BTreeSet<String> = attack.ended.iter().map(id_of).collect();
    for (id, row) in rows.iter().filter(|(id, _)| !followed.contains(*id)) {
        // A reservation that nobody heard of, or that was taken back because the bucket did not answer.
        if !["uploading", "deleting"].contains(&row.state.as_str()) {
            problems.push(format!("upload {id} is {}, and its user was not told of it", row.state));
        }
    }
    for followed in &attack.ended {
        let id = id_of(followed);
        let checked = match rows.get(&id) {
            None => Err(anyhow::anyhow!("it is not in the database")),
            Some(row) => check_one(&attack.service, followed, row).await,
        };
        if let Err(error) = checked {
            let Followed { round, upload, .. } = followed;
            problems.push(format!(
                "round {} ({}, {:?}), upload {}: {error:#}",
                round.number, round.fault, round.kind, upload.id
            ));
        }
    }
    nothing_remains(attack, &mut problems).await?;
    the_log_is_clean(&attack.service, &mut problems)?;
    attack.problems.extend(problems);
    Ok(())
}

fn id_of(followed: &Followed) -> String {
    followed.upload.id.as_uuid().simple().to_string()
}

fn rows(service: &Service) -> Result<BTreeMap<String, Row>> {
    let id = service.database.id("u.id");
    let sql = format!(
        "SELECT {id}, u.state, coalesce(u.tree, ''),
             (SELECT coalesce(max(j.failures), 0) FROM jobs j WHERE j.upload_id = u.id),
             (SELECT count(*) FROM jobs j JOIN attempts a ON a.job_id = j.id
              WHERE j.upload_id = u.id AND a.outcome = 'published')
         FROM uploads u"
    );
    let rows = service.database.ask(&sql)?;
    rows.into_iter()
        .map(|row| {
            let [id, state, tree, failures, published] =
                <[String; 5]>::try_from(row).map_err(|row| anyhow::anyhow!("{row:?}"))?;
            let (failures, published) = (failures.parse()?, published.parse()?);
            Ok((
                id,
                Row {
                    state,
                    tree,
                    failures,
                    published,
                },
            ))
        })
        .collect()
}

fn nothing_is_left_undone(service: &Service, problems: &mut Vec<String>) -> Result<()> {
    for (what, sql) in [
        (
            "jobs",
            "SELECT count(*) FROM jobs WHERE state NOT IN ('succeeded', 'failed', 'cancelled')",
        ),
        ("attempts", "SELECT count(*) FROM attempts WHERE ended_at IS NULL"),
    ] {
        let count = service.database.ask(sql)?.concat().concat();
        if count != "0" {
            problems.push(format!("{count} {what} are left undone"));
        }
    }
    Ok(())
}

/// Uses the URLs that workers of superseded attempts were given, for something else than was meant. Returns how many still
/// worked.
async fn write_late(service: &Service, rows: &BTreeMap<String, Row>) -> Result<u32> {
    let mut worked = 0;
    let published = || rows.values().map(|row| &row.tree).filter(|tree| !tree.is_empty());
    let http = reqwest::Client::builder().no_proxy().build()?;
    for server in 0..service.servers() {
        for put in service.callbacks(server).puts() {
            let path = put.url.split('?').next().unwrap_or_default();
            if published().any(|tree| path.contains(&format!("/{tree}/"))) {
                continue;
            }
            let mut request = http.put(&put.url).body(vec![0; put.size]);
            for (name, value) in &put.headers {
                request = request.header(name, value);
            }
            match request.send().await {
                Ok(answer) => worked += u32::from(answer.status().is_success()),
                Err(error) if error.is_connect() => return Err(error).context("the bucket is out of reach"),
                // What has run out is refused before its body is read, and then the connection is closed.
                Err(_) => {}
            }
        }
    }
    Ok(worked)
}

async fn check_one(service: &Service, followed: &Followed, row: &Row) -> Result<()> {
    let Followed { round, upload, .. } = followed;
    ensure!(
        row.state == upload.state.to_string(),
        "it was seen {}, and is {} now",
        upload.state,
        row.state
    );
    if round.fault.is_outage() {
        ensure!(
            row.failures == 0,
            "an outage of ours has cost {} of its tries",
            row.failures
        );
    }
    match upload.state {
        UploadState::Ready => {
            ensure!(round.kind != Kind::NoAudio, "what is no audio is ready");
            ensure!(row.published == 1, "{} attempts were published", row.published);
            check_tree(service, followed, &row.tree).await
        }
        UploadState::Failed => {
            let code = upload
                .failure
                .as_ref()
                .map(|failure| failure.code.as_str())
                .context("failed without a reason")?;
            let is_true = match code {
                "not_audio" => round.kind == Kind::NoAudio,
                "source_changed" => round.fault == Fault::SourceReplaced,
                _ => row.failures >= BUDGET,
            };
            ensure!(is_true, "it failed as {code} after {} failures", row.failures);
            Ok(())
        }
        state => anyhow::bail!("it ended {state}"),
    }
}

/// Unchanged since it was first seen, correct by every rule, and sounding like its source.
async fn check_tree(service: &Service, followed: &Followed, tree: &str) -> Result<()> {
    let Followed { upload, user, .. } = followed;
    let of_tree = format!("{}{tree}/", prefix()?.of_upload(*user, upload.id));
    let objects: Vec<_> = list(&service.bucket, &of_tree)
        .await?
        .into_iter()
        .map(|object| (object.key, object.etag))
        .collect();
    let before: Vec<_> = followed
        .objects
        .iter()
        .filter(|(key, _)| key.starts_with(&of_tree))
        .cloned()
        .collect();
    ensure!(objects == before, "its tree has changed since it was published");
    let folder = tempfile::tempdir()?;
    for (key, _) in &objects {
        let path = folder
            .path()
            .join(key.strip_prefix(&of_tree).context("not in the tree")?);
        fs::create_dir_all(path.parent().context("no folder")?)?;
        let mut body = service.bucket.get(key, GetOptions::default()).await?;
        let mut content = Vec::new();
        while let Some(chunk) = body.chunk().await? {
            content.extend_from_slice(&chunk);
        }
        fs::write(path, content)?;
    }
    let mut inspect = Command::new(service.folder().join("bin/segue"));
    let inspected = inspect.arg("inspect").arg(folder.path()).output()?;
    ensure!(
        inspected.status.success(),
        "the lint says: {}",
        String::from_utf8_lossy(&inspected.stderr).trim()
    );
    let source = sound::loudness_of_source(&followed.file)?;
    for rung in ["64k", "128k", "192k", "256k"] {
        let playlist = folder.path().join(rung).join("playlist.m3u8");
        sound::is_same(&source, &sound::loudness_of_stream(&playlist.to_string_lossy())?).context(rung)?;
    }
    Ok(())
}

/// No process when the servers have ended, and no temporary folder after a restart.
async fn nothing_remains(attack: &mut Attack, problems: &mut Vec<String>) -> Result<()> {
    end_all(attack, problems).await?;
    let left = processes::of(attack.service.folder());
    problems.extend(
        left.iter()
            .map(|process| format!("a process is left: {}", process.command)),
    );
    for server in 0..attack.service.servers() {
        attack.service.start_server(server).await?;
    }
    for name in ["work", "temporary"] {
        let entries = fs::read_dir(attack.service.folder().join(name))?.flatten();
        problems.extend(entries.map(|entry| format!("left after a restart: {}", entry.path().display())));
    }
    // It still works.
    let client = client::Client::new(&attack.service.url(0))?;
    client
        .login("user-0@example.org", &domain::Secret::new(PASSWORD))
        .await?;
    let file = sound::make(Kind::Wav, 1, &attack.service.folder().join("files"))?;
    let sent = follow::send(&client, &file, &attack.service.folder().join("sent")).await?;
    let upload = follow::until_settled(&client, sent.id).await?;
    if upload.state != UploadState::Ready {
        problems.push(format!(
            "after all that, a new upload ends {}: {:?}",
            upload.state, upload.failure
        ));
    }
    end_all(attack, problems).await
}

async fn end_all(attack: &mut Attack, problems: &mut Vec<String>) -> Result<()> {
    for server in 0..attack.service.servers() {
        if attack.service.is_up(server) {
            let status = attack.service.end_server(server).await?;
            if !status.success() {
                problems.push(format!("a server that was told to end: {status}"));
            }
        }
    }
    Ok(())
}

fn the_log_is_clean(service: &Service, problems: &mut Vec<String>) -> Result<()> {
    let log = fs::read(service.log())?;
    let log = String::from_utf8_lossy(&log);
    for (what, text) in [
        ("a secret", WORKER_SECRET),
        ("a secret", TOKEN_SECRET),
        ("a secret", S3_SECRET),
        ("a password", PASSWORD),
        ("a signature", "X-Amz-Signature"),
        ("a panic", "panicked at"),
    ] {
        if log.contains(text) {
            problems.push(format!("the log has {what} in it"));
        }
    }
    Ok(())
}
