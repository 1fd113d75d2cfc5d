//! One upload, as its user sees it: sent until it is taken, then watched until it has ended.

use std::{
    path::{Path, PathBuf},
    time::Duration,
};

use anyhow::{Context, Result, ensure};
use bytes::Bytes;
use client::{Client, Sent, StateDir, Upload, Uploader};
use domain::{ObjectKey, UploadId, UserId};
use objects::Bucket;
use tokio::{
    sync::watch,
    time::{Instant, sleep},
};

use crate::{
    fault::Fault,
    plan::Round,
    service::{list, prefix},
};

/// A user who is told that something failed tries again for so long.
const SENDING: Duration = Duration::from_mins(15);
/// Longer than five tries with all their pauses, and a launch that never starts.
const SETTLING: Duration = Duration::from_mins(45);
const LOOK: Duration = Duration::from_millis(200);

/// An upload that has ended.
#[derive(Debug)]
pub(crate) struct Followed {
    pub(crate) round: Round,
    pub(crate) file: PathBuf,
    pub(crate) user: UserId,
    pub(crate) upload: Upload,
    /// From the answer to `complete` to the end.
    pub(crate) waited: Duration,
    /// What its folder in the bucket held when it was first seen to be ready: keys and `ETag`s.
    pub(crate) objects: Vec<(String, Option<String>)>,
}

/// Whom it belongs to, and where.
#[derive(Clone)]
pub(crate) struct Owner {
    pub(crate) client: Client,
    pub(crate) id: UserId,
    pub(crate) bucket: Bucket,
    /// Where senders remember what they have begun.
    pub(crate) states: PathBuf,
}

pub(crate) async fn follow(owner: Owner, round: Round, file: PathBuf) -> Result<Followed> {
    let Owner {
        client,
        id: user,
        bucket,
        states,
    } = owner;
    let sent = send(&client, &file, &states).await?;
    let complete = Instant::now();
    if round.fault == Fault::SourceReplaced {
        let key = prefix()?.key(&ObjectKey::Source {
            user,
            upload: sent.id,
            source_type: sent.source_type.parse()?,
        });
        bucket
            .put_small(&key, Bytes::from_static(b"something else"), "audio/wav", None)
            .await?;
    }
    let upload = until_settled(&client, sent.id).await?;
    let of_upload = prefix()?.of_upload(user, upload.id);
    let objects = list(&bucket, &of_upload).await?;
    Ok(Followed {
        waited: complete.elapsed(),
        objects: objects.into_iter().map(|object| (object.key, object.etag)).collect(),
        round,
        file,
        user,
        upload,
    })
}

/// Like a person who is told what is wrong, and tries again.
pub(crate) async fn send(client: &Client, file: &Path, states: &Path) -> Result<Upload> {
    let deadline = Instant::now() + SENDING;
    loop {
        let (progress, _) = watch::channel(Sent::default());
        let states = StateDir::at(states.to_owned());
        match Uploader::new(client, Some(states)).send(file, &progress).await {
            Ok(upload) => return Ok(upload),
            Err(error) => ensure!(Instant::now() < deadline, "it cannot be sent: {error}"),
        }
        sleep(LOOK).await;
    }
}

pub(crate) async fn until_settled(client: &Client, id: UploadId) -> Result<Upload> {
    let deadline = Instant::now() + SETTLING;
    let mut last = None;
    loop {
        if let Ok(upload) = client.upload(id).await {
            if upload.is_settled() {
                return Ok(upload);
            }
            last = Some(upload.state);
        }
        if Instant::now() > deadline {
            return Err(anyhow::anyhow!("last seen {last:?}")).with_context(|| format!("upload {id} does not end"));
        }
        sleep(LOOK).await;
    }
}
