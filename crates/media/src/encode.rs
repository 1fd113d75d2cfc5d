//! The ladder, encoded: over several ffmpeg processes, each segment announced as it is finished.

use std::{
    io,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use domain::{Ladder, Rung};
use hls::{Rendition, Segment};
use tokio::{
    fs,
    io::AsyncReadExt,
    process::ChildStdout,
    sync::mpsc,
    task::JoinSet,
    time::{Instant, timeout, timeout_at},
};
use tokio_util::sync::CancellationToken;

use crate::{
    arguments::{self, SCRATCH_PLAYLIST},
    child::{Child, Ended, is_our_fault},
    error::{MediaError, Refusal},
    pace::{Pace, cores},
    probe::regular_file,
    probe_json::Probe,
    progress::ProgressReader,
    renditions::Collector,
    sandbox::Sandbox,
    tools::Tools,
};

/// How long a child that has closed its output may take to end.
const EXIT_GRACE: Duration = Duration::from_secs(10);

/// With less than this left, a broken segment is the disk's fault.
const FULL_DISK_BYTES: u64 = 1 << 20;
/// Encoder delay and padding make a rendition this much longer than its source, in seconds.
const PADDING_SECONDS: f64 = 0.1;

/// When an encode is given up.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// The longest recording that is taken. Measured on what was encoded, never on what a header claims.
    pub max_duration: Duration,
    /// The longest that the whole encode may take.
    pub deadline: Duration,
    /// The longest that no progress may be made.
    pub stall: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Limits {
            max_duration: Duration::from_hours(12),
            deadline: Duration::from_hours(6),
            stall: Duration::from_mins(1),
        }
    }
}

/// What happens while a ladder is being encoded.
#[derive(Debug, Clone, PartialEq)]
pub enum Event {
    /// A rendition has been encoded up to here.
    Progress {
        /// Which one.
        rung: Rung,
        /// Seconds of audio, from its start.
        seconds: f64,
    },
    /// A segment is final and will not be touched again; the receiver may upload and remove it.
    Segment {
        /// Of which rendition.
        rung: Rung,
        /// Its name in the rendition's folder, its size and its length.
        segment: Segment,
    },
}

/// One ladder to encode.
#[derive(Debug, Clone)]
pub struct Encode {
    /// The ffmpeg to use.
    pub tools: Tools,
    /// What holds it.
    pub sandbox: Sandbox,
    /// The file to encode.
    pub input: PathBuf,
    /// What [`crate::probe`] said of it.
    pub probe: Probe,
    /// An existing folder; each rendition gets a folder of its own in it, named after its rung.
    pub work: PathBuf,
    /// What to make.
    pub ladder: Ladder,
    /// The most ffmpeg processes to run at once. ffmpeg before 7 encodes all outputs of a process on one core, so
    /// [`crate::default_processes`] is what keeps all cores busy.
    pub processes: usize,
    /// When to give up.
    pub limits: Limits,
}

impl Encode {
    /// Encodes the ladder and returns its renditions as measured. Events come through `events`; a receiver that is
    /// slow slows ffmpeg down, and one that goes away cancels.
    ///
    /// On any error, and on `cancel`, all ffmpeg processes have ended and the renditions' folders are removed by the
    /// time this returns. A dropped future still kills the processes, but leaves the folders.
    pub async fn run(
        mut self,
        events: mpsc::Sender<Event>,
        cancel: &CancellationToken,
    ) -> Result<Vec<Rendition>, MediaError> {
        self.input = regular_file(&self.input)?;
        self.work = self
            .work
            .canonicalize()
            .map_err(MediaError::io("the work directory cannot be opened"))?;
        let encode = Arc::new(self);
        encode.make_folders().await?;
        let result = encode.run_all(events, cancel).await;
        if result.is_err() {
            encode.remove_folders(encode.ladder.rungs()).await;
        }
        result
    }

    async fn make_folders(&self) -> Result<(), MediaError> {
        for (index, rung) in self.ladder.rungs().iter().enumerate() {
            if let Err(error) = fs::create_dir(self.folder(*rung)).await {
                // Not the one that is in the way: it is not ours.
                self.remove_folders(&self.ladder.rungs()[..index]).await;
                return Err(MediaError::io(format!("the folder {rung} cannot be made"))(error));
            }
        }
        Ok(())
    }

    /// On the way out with an error, which matters more than what goes wrong here.
    async fn remove_folders(&self, rungs: &[Rung]) {
        for rung in rungs {
            if let Err(error) = fs::remove_dir_all(self.folder(*rung)).await {
                tracing::warn!(%error, %rung, "a rendition's folder could not be removed");
            }
        }
    }

    async fn run_all(
        self: &Arc<Self>,
        events: mpsc::Sender<Event>,
        cancel: &CancellationToken,
    ) -> Result<Vec<Rendition>, MediaError> {
        // One process that fails takes the others down with it.
        let cancel = cancel.child_token();
        let mut processes = JoinSet::new();
        let shares = deal(self.ladder.rungs(), self.processes);
        let pace = Arc::new(Pace::new(shares.len(), cores()));
        for (index, share) in shares.into_iter().enumerate() {
            let (encode, events, cancel) = (Arc::clone(self), events.clone(), cancel.clone());
            let pace = Arc::clone(&pace);
            processes.spawn(async move {
                let encoded = encode.run_one(&share, &events, &cancel, (&pace, index)).await;
                pace.end(index);
                encoded
            });
        }
        let mut renditions = Vec::new();
        let mut failure = None;
        while let Some(joined) = processes.join_next().await {
            let ended = joined.unwrap_or_else(|error| Err(MediaError::Broken(error.to_string())));
            match ended {
                Ok(encoded) => renditions.extend(encoded),
                Err(error) => {
                    cancel.cancel();
                    failure.get_or_insert(error);
                }
            }
        }
        if let Some(error) = failure {
            return Err(error);
        }
        renditions.sort_by_key(|(rung, _)| *rung);
        let renditions: Vec<Rendition> = renditions.into_iter().map(|(_, rendition)| rendition).collect();
        check_alignment(&renditions)?;
        Ok(renditions)
    }

    async fn run_one(
        &self,
        share: &[Rung],
        events: &mpsc::Sender<Event>,
        cancel: &CancellationToken,
        place: (&Pace, usize),
    ) -> Result<Vec<(Rung, Rendition)>, MediaError> {
        // A few threads besides the encoding one do little.
        let cpu = self.limits.deadline * 2;
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
            for (rung, collector) in &mut collectors {
                send(events, Event::Progress { rung: *rung, seconds }).await?;
                for segment in collector.collect().await? {
                    send(events, Event::Segment { rung: *rung, segment }).await?;
                }
            }
            if pace.advance(index, encoded) {
                child.pause();
                pace.wait(index).await;
                child.resume();
                advanced = Instant::now();
            }
        }

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

    fn folder(&self, rung: Rung) -> PathBuf {
        self.work.join(rung.to_string())
    }
}

/// The rungs dealt out over the processes, the highest first, each to the process with the least to do so far.
fn deal(rungs: &[Rung], processes: usize) -> Vec<Vec<Rung>> {
    let mut shares = vec![Vec::new(); processes.clamp(1, rungs.len())];
    for rung in rungs.iter().rev() {
        let load = |share: &Vec<Rung>| share.iter().map(|rung| rung.bits_per_second()).sum::<u32>();
        if let Some(least) = shares.iter_mut().min_by_key(|share| load(share)) {
            least.push(*rung);
        }
    }
    shares
}

async fn send(events: &mpsc::Sender<Event>, event: Event) -> Result<(), MediaError> {
    events.send(event).await.map_err(|_| MediaError::Cancelled)
}

/// hls.js lays frames end to end when it switches, so renditions that differ would repeat or skip audio.
fn check_alignment(renditions: &[Rendition]) -> Result<(), MediaError> {
    for pair in renditions.windows(2) {
        let frames = |rendition: &Rendition| -> Vec<u64> { rendition.segments.iter().map(|it| it.frames).collect() };
        if frames(&pair[0]) != frames(&pair[1]) {
            return Err(MediaError::Broken(format!(
                "{} and {} do not align",
                pair[0].name, pair[1].name
            )));
        }
    }
    Ok(())
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rungs_are_dealt_by_what_they_cost() {
        let dealt = |processes| -> Vec<String> {
            let shares = deal(Ladder::default().rungs(), processes);
            let names = |share: Vec<Rung>| share.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ");
            shares.into_iter().map(names).collect()
        };
        assert_eq!(dealt(0), ["256k 192k 128k 64k"]);
        assert_eq!(dealt(1), ["256k 192k 128k 64k"]);
        assert_eq!(dealt(2), ["256k 64k", "192k 128k"]);
        assert_eq!(dealt(3), ["256k", "192k", "128k 64k"]);
        assert_eq!(dealt(9), ["256k", "192k", "128k", "64k"]);
    }
}
