//! `POST /jobs/{id}/finish`

use axum::{Json, extract::State};
use domain::{
    Failure, ObjectKey, TreeFile,
    protocol::{Finish, Outcome, Report},
};
use objects::ListFrom;
use serde_json::{Value, json};
use store::{AttemptTree, Caller, Finished};

use super::caller::{FromWorker, refusal};
use crate::{Problem, extract::Body, problem::ProblemBody, request_id::note_upload, state::App};

/// As many as a bucket lists at once.
const PAGE: u16 = 1_000;

/// A worker ends its attempt
#[utoipa::path(
    post,
    path = "/jobs/{id}/finish",
    tag = "workers",
    params(("id" = String, Path, description = "Of the job")),
    request_body = Object,
    responses(
        (status = 200, body = Object),
        (status = 400, body = ProblemBody, description = "`bad_report`"),
        (status = 401, body = ProblemBody, description = "`unauthorized`"),
        (status = 404, body = ProblemBody, description = "`not_found`"),
        (status = 409, body = ProblemBody, description = "`other_worker`, `tree_incomplete`"),
        (status = 410, body = ProblemBody, description = "`attempt_over`"),
    ),
)]
pub(crate) async fn finish(
    State(app): State<App>,
    from: FromWorker,
    Body(finish): Body<Finish>,
) -> Result<Json<Value>, Problem> {
    let caller = from.caller(&finish.worker_id);
    let finished = match &finish.outcome {
        Outcome::Ready { report } => publish(&app, caller, report).await?,
        Outcome::Failed { failure } => {
            tracing::warn!(
                job = %from.job, code = failure.code, retryable = failure.retryable, why = failure.message,
                "an attempt failed"
            );
            let finished = app.store.finish_failed(app.clock.now(), caller, failure).await;
            finished.map_err(|error| refusal(&app, error))?
        }
        // Who could have been heard for a whole lease, and was not, is as good as lost.
        Outcome::Unheard if app.reach.uninterrupted() >= app.settings.lease => {
            let finished = app
                .store
                .finish_failed(app.clock.now(), caller, &Failure::lease_lost())
                .await;
            finished.map_err(|error| refusal(&app, error))?
        }
        Outcome::HandedBack | Outcome::Unheard => hand_back(&app, caller).await?,
    };
    tracing::info!(job = %from.job, worker = finish.worker_id.as_str(), ?finished, "an attempt has ended");
    match finished {
        Finished::Published => app.metrics.attempt_finished("published"),
        Finished::Requeued { .. } => app.metrics.attempt_finished("requeued"),
        Finished::Failed => app.metrics.attempt_finished("failed"),
        Finished::Repeated => {}
    }
    // Its place is free, and its job may wait again.
    app.work.notify_one();
    Ok(Json(json!({})))
}

async fn hand_back(app: &App, caller: Caller<'_>) -> Result<Finished, Problem> {
    let finished = app.store.finish_handed_back(app.clock.now(), caller).await;
    finished.map_err(|error| refusal(app, error))
}

async fn publish(app: &App, caller: Caller<'_>, report: &Report) -> Result<Finished, Problem> {
    let finishing = app.store.finishing(caller).await;
    let Some(tree) = finishing.map_err(|error| refusal(app, error))? else {
        return Ok(Finished::Repeated);
    };
    note_upload(tree.upload);
    let fits = report.check(&tree.spec);
    fits.map_err(|error| Problem::bad("bad_report", error.to_string()))?;
    check_is_whole(app, &tree, report).await?;
    let finished = app.store.finish_published(app.clock.now(), caller, report).await;
    finished.map_err(|error| refusal(app, error))
}

/// Nothing is published of which a file is missing, or that holds one too many. Each name that is listed must be expected;
/// since a listing names each once, it is whole if there are as many as are expected.
async fn check_is_whole(app: &App, tree: &AttemptTree, report: &Report) -> Result<(), Problem> {
    let prefix = &app.settings.prefix;
    let folder = prefix.of_tree(tree.user, tree.upload, &tree.tree);
    let expected = expected(report);
    let mut found = 0;
    let mut from = ListFrom::Start;
    loop {
        let page = app.bucket.list(&folder, from, PAGE).await?;
        for object in &page.objects {
            let is_expected = match prefix.parse(&object.key) {
                Some(ObjectKey::Tree { file, .. }) => is_in(report, file),
                _ => false,
            };
            if !is_expected {
                tracing::warn!(key = object.key, "a tree holds what its report does not name");
                return Err(incomplete("the tree holds a file that the report does not name"));
            }
            found += 1;
        }
        match page.next {
            Some(next) => from = ListFrom::Next(next),
            None => break,
        }
    }
    if found == expected {
        Ok(())
    } else {
        Err(incomplete(format!("the tree has {found} files of {expected}")))
    }
}

fn incomplete(detail: impl Into<std::borrow::Cow<'static, str>>) -> Problem {
    Problem::conflict("tree_incomplete", detail)
}

/// Counted and not gathered: a report may claim any number.
fn expected(report: &Report) -> u64 {
    let of_rendition = |rendition: &domain::protocol::RenditionReport| u64::from(rendition.segments) + 1;
    report.renditions.iter().map(of_rendition).sum::<u64>() + 1
}

fn is_in(report: &Report, file: TreeFile) -> bool {
    let segments = |of| {
        let rendition = report.renditions.iter().find(|rendition| rendition.rung == of);
        rendition.map(|rendition| rendition.segments)
    };
    match file {
        TreeFile::Master => true,
        TreeFile::Playlist(rung) => segments(rung).is_some(),
        TreeFile::Segment(rung, index) => segments(rung).is_some_and(|segments| index < segments),
    }
}

#[cfg(test)]
mod tests {
    use domain::protocol::RenditionReport;

    use super::*;

    #[test]
    fn as_many_files_are_expected_as_the_report_names() {
        let rendition = |rung: &str| RenditionReport {
            rung: rung.parse().unwrap(),
            segments: 7,
            bandwidth: 80_000,
            average_bandwidth: 70_000,
        };
        let report = Report {
            duration_seconds: 41.0,
            codec: "flac".into(),
            title: None,
            artist: None,
            album: None,
            renditions: vec![rendition("64k"), rendition("128k")],
        };
        assert_eq!(expected(&report), report.files().count() as u64);
        assert!(report.files().all(|file| is_in(&report, file)));
        for foreign in ["96k/playlist.m3u8", "96k/segment_000.ts", "64k/segment_007.ts"] {
            assert!(!is_in(&report, foreign.parse().unwrap()), "{foreign}");
        }
    }
}
