//! `POST /jobs/{id}/grant`

use std::time::Duration;

use axum::{Json, extract::State};
use domain::{
    Ladder, ObjectKey, Secret, Timestamp, TreeFile,
    protocol::{FileToPut, Grant, Granted, LARGEST_FILE, MOST_GRANTED, PresignedPut},
};
use objects::{Audience, Signing};
use store::AttemptTree;

use super::{
    caller::{FromWorker, refusal},
    start::seconds,
};
use crate::{Problem, extract::Body, problem::ProblemBody, state::App};

/// How long the URLs work.
const LIFETIME: Duration = Duration::from_mins(15);
/// A tree never changes: another attempt makes another one.
const CACHE_CONTROL: &str = "public, max-age=31536000, immutable";

/// A worker asks for URLs to send files of its tree to
#[utoipa::path(
    post,
    path = "/jobs/{id}/grant",
    tag = "workers",
    params(("id" = String, Path, description = "Of the job")),
    request_body = Object,
    responses(
        (status = 200, body = Object),
        (status = 400, body = ProblemBody, description = "`bad_grant`"),
        (status = 401, body = ProblemBody, description = "`unauthorized`"),
        (status = 404, body = ProblemBody, description = "`not_found`"),
        (status = 409, body = ProblemBody, description = "`other_worker`"),
        (status = 410, body = ProblemBody, description = "`attempt_over`"),
    ),
)]
pub(crate) async fn grant(
    State(app): State<App>,
    from: FromWorker,
    Body(grant): Body<Grant>,
) -> Result<Json<Granted>, Problem> {
    check(&grant.files)?;
    let _answering = app.reach.answering();
    let now = app.clock.now();
    // Before anything is signed: the cleaner leaves the tree alone until then.
    let noted = app
        .store
        .grant(now, from.caller(&grant.worker_id), now + LIFETIME)
        .await;
    let tree = noted.map_err(|error| refusal(&app, error))?;
    if let Some(foreign) = grant.files.iter().find(|put| !is_of(&tree.spec.ladder, put.file)) {
        let detail = format!("{} is of no rendition that was asked for", foreign.file);
        return Err(Problem::bad("bad_grant", detail));
    }
    let mut puts = Vec::with_capacity(grant.files.len());
    for put in grant.files {
        puts.push(signed(&app, now, &tree, put).await?);
    }
    Ok(Json(Granted {
        puts,
        expires_in_seconds: seconds(LIFETIME),
    }))
}

fn check(files: &[FileToPut]) -> Result<(), Problem> {
    if files.is_empty() || files.len() > MOST_GRANTED {
        let detail = format!("ask for 1 to {MOST_GRANTED} files at a time");
        return Err(Problem::bad("bad_grant", detail));
    }
    if let Some(bad) = files.iter().find(|put| !(1..=LARGEST_FILE).contains(&put.size)) {
        let detail = format!(
            "{} cannot have {} bytes; 1 to {LARGEST_FILE} are taken",
            bad.file, bad.size
        );
        return Err(Problem::bad("bad_grant", detail));
    }
    Ok(())
}

fn is_of(ladder: &Ladder, file: TreeFile) -> bool {
    match file {
        TreeFile::Master => true,
        TreeFile::Playlist(rung) | TreeFile::Segment(rung, _) => ladder.rungs().contains(&rung),
    }
}

async fn signed(app: &App, now: Timestamp, tree: &AttemptTree, put: FileToPut) -> Result<PresignedPut, Problem> {
    let key = app.settings.prefix.key(&ObjectKey::Tree {
        user: tree.user,
        upload: tree.upload,
        tree: tree.tree.clone(),
        file: put.file,
    });
    let options = objects::PresignedPut {
        content_type: put.file.content_type(),
        content_length: put.size,
        cache_control: Some(CACHE_CONTROL),
        // A PUT whose answer was lost is sent again.
        write_once: false,
    };
    let signing = Signing {
        audience: Audience::Workers,
        from: now,
        lifetime: LIFETIME,
    };
    let request = app.bucket.presign_put(&key, options, signing).await?;
    Ok(PresignedPut {
        file: put.file,
        url: Secret::new(request.url),
        headers: request.headers.into_iter().collect(),
    })
}
