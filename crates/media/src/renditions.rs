//! The segments of one rendition, picked up as ffmpeg finishes them.

use std::{io, path::PathBuf};

use hls::{Segment, mpegts};
use tokio::{fs, io::AsyncWriteExt};

use crate::error::MediaError;

/// A last segment shorter than this is merged into the one before.
const RUNT_SECONDS: f64 = 0.5;
/// ffmpeg, and so the players that are built on it, takes a file of 4 packets for something else, and doubts one of 10.
const FEWEST_PACKETS: u64 = 11;
const NULL_PACKET: [u8; 188] = {
    let mut packet = [0xff; 188];
    (packet[0], packet[1], packet[2], packet[3]) = (0x47, 0x1f, 0xff, 0x10);
    packet
};
/// Far more than 30 seconds at 320k; a file beyond it is no segment.
const LARGEST_SEGMENT: u64 = 16 << 20;

/// Follows the folder that ffmpeg writes one rendition into.
pub(crate) struct Collector {
    folder: PathBuf,
    sample_rate: u32,
    target_seconds: u32,
    /// The number of the segment that comes next.
    next: usize,
    /// The newest segment, kept back until the next one is known to be no runt.
    held: Option<Segment>,
    runt_seen: bool,
    announced: Vec<Segment>,
}

impl Collector {
    pub(crate) fn new(folder: PathBuf, sample_rate: u32, target_seconds: u32) -> Self {
        Collector {
            folder,
            sample_rate,
            target_seconds,
            next: 0,
            held: None,
            runt_seen: false,
            announced: Vec::new(),
        }
    }

    /// Measures what has been finished since the last call and returns the segments that are final. ffmpeg renames a
    /// segment to its name when it is whole, so what has the name is finished.
    pub(crate) async fn collect(&mut self) -> Result<Vec<Segment>, MediaError> {
        let mut ready = Vec::new();
        while let Some(segment) = self.measure(self.next).await? {
            self.next += 1;
            if self.runt_seen {
                return Err(MediaError::Broken(format!(
                    "{} follows a segment under 0.5 s",
                    segment.name
                )));
            }
            self.runt_seen = segment.seconds(self.sample_rate) < RUNT_SECONDS;
            if let Some(held) = self.held.take() {
                if self.runt_seen && self.fits(&held, &segment) {
                    self.held = Some(self.merge(held, segment).await?);
                    continue;
                }
                ready.push(held);
            }
            self.held = Some(segment);
        }
        self.announced.extend(ready.iter().cloned());
        Ok(ready)
    }

    /// After ffmpeg has ended: what was finished last, the held-back segment included.
    pub(crate) async fn finish(&mut self) -> Result<Vec<Segment>, MediaError> {
        let mut ready = self.collect().await?;
        if let Some(held) = self.held.take() {
            let last = self.pad(held).await?;
            self.announced.push(last.clone());
            ready.push(last);
        }
        Ok(ready)
    }

    /// Fills a tiny segment up with null packets (ISO/IEC 13818-1, 2.4.1), so that players know it for what it is.
    async fn pad(&self, segment: Segment) -> Result<Segment, MediaError> {
        let missing = FEWEST_PACKETS.saturating_sub(segment.bytes.div_ceil(NULL_PACKET.len() as u64));
        let padding = NULL_PACKET.repeat(usize::try_from(missing).unwrap_or_default());
        let padded = self.append(&segment.name, &padding).await;
        padded.map_err(MediaError::io(format!("{} could not be padded", segment.name)))?;
        Ok(Segment {
            bytes: segment.bytes + padding.len() as u64,
            ..segment
        })
    }

    async fn append(&self, name: &str, bytes: &[u8]) -> io::Result<()> {
        let mut file = fs::OpenOptions::new().append(true).open(self.folder.join(name)).await?;
        file.write_all(bytes).await?;
        file.flush().await
    }

    /// All segments that were announced, in order.
    pub(crate) fn into_segments(self) -> Vec<Segment> {
        self.announced
    }

    /// Whether the two together still round to the target duration.
    fn fits(&self, held: &Segment, runt: &Segment) -> bool {
        let together = held.seconds(self.sample_rate) + runt.seconds(self.sample_rate);
        together.round() <= f64::from(self.target_seconds)
    }

    /// Transport streams join by concatenation; ffmpeg's continuity counters run on from one segment into the next.
    async fn merge(&self, held: Segment, runt: Segment) -> Result<Segment, MediaError> {
        let runt_path = self.folder.join(&runt.name);
        let append = async {
            let bytes = fs::read(&runt_path).await?;
            self.append(&held.name, &bytes).await?;
            fs::remove_file(&runt_path).await
        };
        append
            .await
            .map_err(MediaError::io(format!("{} could not be merged", runt.name)))?;
        Ok(Segment {
            name: held.name,
            bytes: held.bytes + runt.bytes,
            frames: held.frames + runt.frames,
        })
    }

    async fn measure(&self, number: usize) -> Result<Option<Segment>, MediaError> {
        let name = format!("segment_{number:03}.ts");
        let path = self.folder.join(&name);
        let bytes = match fs::metadata(&path).await {
            // What ffmpeg makes of an input without a single sample.
            Ok(metadata) if metadata.len() == 0 => return Ok(None),
            Ok(metadata) if metadata.len() > LARGEST_SEGMENT => {
                return Err(MediaError::Broken(format!("{name} has {} bytes", metadata.len())));
            }
            Ok(_) => fs::read(&path).await,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => Err(error),
        };
        let bytes = bytes.map_err(MediaError::io(format!("{name} could not be read")))?;
        let measured = mpegts::measure(&bytes).map_err(|error| MediaError::Broken(format!("{name}: {error}")))?;
        let (rate, channels, object_type) = (measured.sample_rate, measured.channels, measured.object_type);
        if (rate, channels, object_type) != (self.sample_rate, 2, 2) {
            let found = format!("{name} is AAC object type {object_type} at {rate} Hz with {channels} channels");
            return Err(MediaError::Broken(found));
        }
        Ok(Some(Segment {
            name,
            bytes: bytes.len() as u64,
            frames: measured.frames,
        }))
    }
}
