//! One of the ffmpeg processes of an encode, from its turn to its end.

use std::{io, path::Path, time::Duration};

use domain::Rung;
use hls::Rendition;
use tokio::{
    fs,
    io::AsyncReadExt,
    process::ChildStdout,
    sync::mpsc::{self, error::TrySendError},
    time::{Instant, timeout, timeout_at},
};
use tokio_util::sync::CancellationToken;

use crate::{
    arguments::{self, SCRATCH_PLAYLIST},
    child::{Child, Ended, is_our_fault},
    encode::{Encode, Event},
    error::{MediaError, Refusal},
    pace::Pace,
    progress::ProgressReader,
    renditions::Collector,
};

/// How long a child that has closed its output may take to end.
const EXIT_GRACE: Duration = Duration::from_secs(10);
/// With less than this left, a broken segment is the disk's fault.
const FULL_DISK_BYTES: u64 = 1 << 20;
/// Encoder delay and padding make a rendition this much longer than its source, in seconds.
const PADDING_SECONDS: f64 = 0.1;

impl Encode {
    /// Waits for its turn, then runs one ffmpeg that encodes a share of the ladder.
    pub(crate) async fn run_process(
        &self,
        share: &[Rung],
        events: &mpsc::Sender<Event>,
        cancel: &CancellationToken,
        place: (&Pace, usize),
    ) -> Result<Vec<(Rung, Rendition)>, MediaError> {
        // A few threads besides the encoding one do little.
        let cpu = self.limits.deadline * 2;
        tokio::select! {
            () = cancel.cancelled() => return Err(MediaError::Cancelled),
            () = place.0.wait(place.1) => {}
        }
        let (command, program) = (arguments::command(self, share), &self.tools.ffmpeg);
        let (mut child, stdout) = Child::spawn(command, self.sandbox, program, &self.input, Some(&self.work), cpu)
            .map_err(MediaError::io("ffmpeg could not be started"))?;
        let driven = tokio::select! {
            biased;
            () = cancel.cancelled() => Err(MediaError::Cancelled),
            driven = timeout(self.limits.deadline, self.drive(&mut child, stdout, share, events, place)) => {
                driven.unwrap_or(Err(MediaError::Deadline(self.limits.deadline)))
            }
        };
        let Err(error) = driven else { return driven };
        if let Err(error) = child.kill().await {
            tracing::error!(%error, "ffmpeg could not be stopped");
        }
        // A segment cut short by a full disk is seen before ffmpeg's own complaint.
        let is_broken = matches!(error, MediaError::Broken(_));
        Err(if is_broken && self.disk_is_full() {
            MediaError::DiskFull
        } else {
            error
        })
    }

    fn disk_is_full(&self) -> bool {
        rustix::fs::statvfs(&self.work).is_ok_and(|disk| disk.f_bavail * disk.f_frsize < FULL_DISK_BYTES)
    }

    /// Follows one ffmpeg to its end.
    async fn drive(
        &self,
        child: &mut Child,
        mut stdout: tokio::io::BufReader<ChildStdout>,
        share: &[Rung],
        events: &mpsc::Sender<Event>,
        (pace, index): (&Pace, usize),
    ) -> Result<Vec<(Rung, Rendition)>, MediaError> {
        let rate = self.probe.ladder_sample_rate();
        let target = self.ladder.segment_seconds();
        let mut collectors: Vec<(Rung, Collector)> = share
            .iter()
            .map(|rung| (*rung, Collector::new(self.folder(*rung), rate, target)))
            .collect();

        let mut progress = ProgressReader::default();
        let mut piece = [0; 4096];
        let mut encoded = 0.0;
        let mut advanced = Instant::now();
        loop {
            let read = timeout_at(advanced + self.limits.stall, stdout.read(&mut piece)).await;
            let stalled = MediaError::Stalled {
                program: "ffmpeg",
                after: self.limits.stall,
            };
            let read = read
                .map_err(|_| stalled)?
                .map_err(MediaError::io("ffmpeg's progress could not be read"))?;
            if read == 0 {
                break;
            }
            let Some(seconds) = progress.feed(&piece[..read]) else {
                continue;
            };
            if seconds > encoded {
                (encoded, advanced) = (seconds, Instant::now());
            }
            if encoded > self.limits.max_duration.as_secs_f64() + PADDING_SECONDS {
                return Err(Refusal::TooLong(self.limits.max_duration).into());
            }
            let mut waited = false;
            for (rung, collector) in &mut collectors {
                waited |= tell(child, events, Event::Progress { rung: *rung, seconds }).await?;
                for segment in collector.collect().await? {
                    waited |= tell(child, events, Event::Segment { rung: *rung, segment }).await?;
                }
            }
            if waited {
                advanced = Instant::now();
            }
            if pace.advance(index, encoded) {
                child.pause();
                pace.wait(index).await;
                child.resume();
                advanced = Instant::now();
            }
        }

        pace.end(index);
        let ended = timeout(EXIT_GRACE, child.wait()).await;
        let ended = ended.map_err(|_| MediaError::Stalled {
            program: "ffmpeg",
            after: EXIT_GRACE,
        })?;
        let ended = ended.map_err(MediaError::io("ffmpeg's end could not be awaited"))?;
        if !ended.status.success() {
            return Err(failure(ended, &self.input));
        }
        if !ended.stderr.is_empty() {
            tracing::debug!(stderr = ended.stderr, "ffmpeg went on in spite of this");
        }
        let mut renditions = Vec::new();
        for (rung, mut collector) in collectors {
            for segment in collector.finish().await? {
                send(events, Event::Segment { rung, segment }).await?;
            }
            let removed = fs::remove_file(self.folder(rung).join(SCRATCH_PLAYLIST)).await;
            if removed.is_err_and(|error| error.kind() != io::ErrorKind::NotFound) {
                return Err(MediaError::Broken(format!(
                    "{rung} has a playlist that cannot be removed"
                )));
            }
            let rendition = Rendition {
                name: rung.to_string(),
                sample_rate: rate,
                segments: collector.into_segments(),
            };
            renditions.push((rung, rendition));
        }
        if renditions.iter().any(|(_, rendition)| rendition.segments.is_empty()) {
            // ffmpeg ends well even where nothing could be decoded.
            let was_expected = self.probe.duration_seconds.is_none_or(|claimed| claimed == 0.0);
            let is_empty = was_expected && ended.stderr.is_empty();
            return Err(if is_empty { Refusal::Empty } else { Refusal::Corrupt }.into());
        }
        Ok(renditions)
    }
}

/// Says something while ffmpeg works. A receiver that is behind stops it meanwhile: it would go on until the pipe of its
/// progress was full, which takes half a minute and a hundred segments. The answer is whether it had to wait.
async fn tell(child: &Child, events: &mpsc::Sender<Event>, event: Event) -> Result<bool, MediaError> {
    let event = match events.try_send(event) {
        Ok(()) => return Ok(false),
        Err(TrySendError::Closed(_)) => return Err(MediaError::Cancelled),
        Err(TrySendError::Full(event)) => event,
    };
    child.pause();
    let sent = send(events, event).await;
    child.resume();
    sent.map(|()| true)
}

async fn send(events: &mpsc::Sender<Event>, event: Event) -> Result<(), MediaError> {
    events.send(event).await.map_err(|_| MediaError::Cancelled)
}

/// The signals of a decoder that a file has crashed.
const CRASHES: [i32; 5] = [libc::SIGSEGV, libc::SIGABRT, libc::SIGFPE, libc::SIGILL, libc::SIGBUS];

/// Why ffmpeg failed, from its status and from what it printed.
fn failure(ended: Ended, input: &Path) -> MediaError {
    use std::os::unix::process::ExitStatusExt;

    let complaint = ended.complaint(input);
    if ["No space left on device", "Disk quota exceeded"]
        .iter()
        .any(|words| complaint.contains(words))
    {
        return MediaError::DiskFull;
    }
    // A file that crashes the decoder will do so again. Any other signal came from outside.
    let crashed = ended.status.signal().is_some_and(|signal| CRASHES.contains(&signal));
    if crashed || (ended.status.code().is_some() && !is_our_fault(&complaint)) {
        tracing::debug!(status = %ended.status, complaint, "ffmpeg refused the input");
        return Refusal::Corrupt.into();
    }
    ended.unexpected("ffmpeg")
}
