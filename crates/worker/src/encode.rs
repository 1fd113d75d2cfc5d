//! Encoding, and uploading meanwhile what is finished.

use std::path::Path;

use domain::{TreeFile, protocol::FileToPut};
use futures_util::stream;
use hls::{PassingLint, Rendition};
use media::{Encode, Event, MediaError};
use tokio::{fs, sync::mpsc};
use tokio_util::sync::CancellationToken;

use crate::{failure::WorkError, progress::Progress, upload::Uploader};

/// What the encoder may have to say before it must wait for us.
const EVENTS: usize = 16;
/// Segments that wait for their upload. When there are more, the encoder stops ffmpeg: so the disk holds few segments
/// beside the source, however slow the bucket is.
const WAITING: usize = 16;

/// Encodes, uploads and removes every segment, and says what they were. Either both succeed or both have stopped when
/// this returns; all ffmpeg processes have ended.
pub(crate) async fn encode(
    encode: Encode,
    uploader: &Uploader<'_>,
    progress: &Progress,
    stop: &CancellationToken,
) -> Result<(Vec<Rendition>, PassingLint), WorkError> {
    let (events, announced) = mpsc::channel(EVENTS);
    let (finished, mut waiting) = mpsc::channel(WAITING);
    let stop = stop.child_token();
    let encoding = async {
        let renditions = encode.run(events, &stop).await;
        // There is no point in uploading the rest.
        renditions.inspect_err(|_| stop.cancel())
    };
    let passing = async {
        let files = stream::poll_fn(|context| waiting.poll_recv(context));
        let both = async {
            tokio::try_join!(
                inspect(announced, finished, &uploader.tree, progress),
                uploader.put_all(files)
            )
        };
        let passed = tokio::select! {
            biased;
            () = stop.cancelled() => Err(WorkError::Stopped),
            passed = both => passed.map(|(lint, ())| lint),
        };
        passed.inspect_err(|_| stop.cancel())
    };
    match tokio::join!(encoding, passing) {
        (Ok(renditions), Ok(lint)) => Ok((renditions, lint)),
        // Whoever failed has stopped the other, and knows why.
        (Ok(_) | Err(MediaError::Cancelled), Err(error)) => Err(error),
        (Err(error), _) => Err(error.into()),
    }
}

/// Looks at each segment while it is still here, and passes it on.
async fn inspect(
    mut announced: mpsc::Receiver<Event>,
    finished: mpsc::Sender<FileToPut>,
    tree: &Path,
    progress: &Progress,
) -> Result<PassingLint, WorkError> {
    let mut lint = PassingLint::default();
    while let Some(event) = announced.recv().await {
        match event {
            Event::Progress { rung, seconds } => progress.note(rung, seconds),
            Event::Segment { rung, segment } => {
                let (rung, name) = (rung.to_string(), &segment.name);
                let file: TreeFile = format!("{rung}/{name}")
                    .parse()
                    .map_err(|_| MediaError::Broken(format!("{name} is no name of a segment")))?;
                let bytes = fs::read(tree.join(file.to_string())).await;
                lint.segment(&rung, name, &bytes.map_err(WorkError::io("reading a segment"))?);
                let size = segment.bytes;
                // Nobody takes it any more: the uploads have failed, and say why.
                finished
                    .send(FileToPut { file, size })
                    .await
                    .map_err(|_| WorkError::Stopped)?;
            }
        }
    }
    Ok(lint)
}
