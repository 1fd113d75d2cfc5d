//! From a file that was sent to a job that is queued for it.

use domain::{Failure, JobId, protocol::PackageSpec};
use objects::ObjectError;
use store::{Multipart, NewJob, Settle, StoreError, Upload};

use crate::{State, clock::random_array, source, transfer::Parts};

/// What came of settling.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Settling {
    /// The bucket has the whole source; its job is queued, or was before.
    Settled,
    /// The bucket has nothing. Nothing was changed.
    SourceMissing,
    /// Some parts are not there yet. Nothing was changed: what is missing can still be sent.
    PartsMissing {
        /// Parts that are there,
        have: u64,
        /// of so many.
        of: u64,
    },
    /// What came is not as long as was reserved. The upload has failed.
    SizeMismatch,
}

/// Why settling came to no end. It may be repeated.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SettleError {
    /// The upload is in no state to settle, or the database's own trouble.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The bucket's own trouble.
    #[error(transparent)]
    Bucket(#[from] ObjectError),
}

impl SettleError {
    /// Somebody else was faster: called it off, deleted it, or failed it.
    pub(crate) fn is_overtaken(&self) -> bool {
        matches!(self, Self::Store(StoreError::NotFound | StoreError::WrongState(_)))
    }
}

/// Makes the source whole if it comes in parts, and queues its job. The browser that sent it, the sweeper, and the
/// bucket's events may all ask, at once and again: one job comes of it.
pub(crate) async fn settle(app: &State, upload: &Upload) -> Result<Settling, SettleError> {
    let key = source::key(&app.settings, upload);
    if let Some(multipart) = &upload.multipart {
        match put_together(app, upload, &key, multipart).await? {
            PutTogether::Whole => {}
            PutTogether::Missing { have, of } => return Ok(Settling::PartsMissing { have, of }),
            PutTogether::Wrong => {
                let failure = Failure::size_mismatch();
                app.store.fail_transfer(app.clock.now(), upload.id, &failure).await?;
                source::drop_parts(app, upload).await;
                return Ok(Settling::SizeMismatch);
            }
        }
    }
    let Some(head) = app.bucket.head(&key).await? else {
        return Ok(Settling::SourceMissing);
    };
    let source = store::Settled {
        etag: head.etag,
        size: head.size,
    };
    let settled = app
        .store
        .settle(app.clock.now(), upload.id, source, package_job(app))
        .await?;
    Ok(match settled {
        Settle::Queued => {
            app.job_queued();
            app.metrics.upload_settled("queued");
            Settling::Settled
        }
        Settle::Already => Settling::Settled,
        Settle::SizeMismatch => {
            app.metrics.upload_settled("size_mismatch");
            Settling::SizeMismatch
        }
    })
}

/// A job that makes what the operator asks for today.
pub(crate) fn package_job(app: &State) -> NewJob {
    let settings = &app.settings;
    NewJob {
        id: JobId::new(app.clock.now(), random_array()),
        spec: PackageSpec {
            ladder: settings.ladder.clone(),
            max_duration_seconds: u32::try_from(settings.max_duration.as_secs()).unwrap_or(u32::MAX),
        },
        priority: 0,
    }
}

enum PutTogether {
    /// Or it was before: whether the object is there is still to be asked.
    Whole,
    Missing {
        have: u64,
        of: u64,
    },
    Wrong,
}

async fn put_together(
    app: &State,
    upload: &Upload,
    key: &str,
    multipart: &Multipart,
) -> Result<PutTogether, ObjectError> {
    let plan = Parts {
        size: upload.size,
        part_size: multipart.part_size,
    };
    let parts = match app.bucket.list_parts(key, &multipart.id).await {
        Err(ObjectError::NoSuchUpload) => return Ok(PutTogether::Whole),
        parts => parts?,
    };
    // Each as long as it was signed for, and none beyond the last: then as many as were planned are the whole file.
    if parts.iter().any(|part| plan.length(part.number) != Some(part.size)) {
        return Ok(PutTogether::Wrong);
    }
    let (have, of) = (parts.len() as u64, plan.count());
    if have < of {
        return Ok(PutTogether::Missing { have, of });
    }
    let parts: Vec<_> = parts.into_iter().map(|part| (part.number, part.etag)).collect();
    match app.bucket.complete_multipart(key, &multipart.id, &parts).await {
        Ok(_) | Err(ObjectError::NoSuchUpload) => Ok(PutTogether::Whole),
        // One was sent again since the parts were listed.
        Err(ObjectError::InvalidPart) => Ok(PutTogether::Missing { have: of - 1, of }),
        Err(error) => Err(error),
    }
}
