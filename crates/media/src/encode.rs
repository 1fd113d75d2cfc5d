//! The ladder, encoded: over several ffmpeg processes, each segment announced as it is finished.

use std::{path::PathBuf, sync::Arc, time::Duration};

use domain::{Ladder, Rung};
use hls::{Rendition, Segment};
use tokio::{fs, sync::mpsc, task::JoinSet};
use tokio_util::sync::CancellationToken;
use tracing::Instrument;

use crate::{
    error::MediaError,
    pace::{Pace, cores},
    probe::regular_file,
    probe_json::Probe,
    sandbox::Sandbox,
    tools::Tools,
};

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
            let process = async move {
                let encoded = encode.run_process(&share, &events, &cancel, (&pace, index)).await;
                pace.end(index);
                encoded
            };
            // Whose encode it is stands in the caller's span.
            processes.spawn(process.in_current_span());
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

    pub(crate) fn folder(&self, rung: Rung) -> PathBuf {
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
