//! The worker protocol: what goes between a worker and the server, as JSON.
//!
//! Every call carries `x-worker-secret` and `x-job-secret`; a pool's claim carries `x-pool-secret`. The job's id is in
//! the path. Unknown fields are ignored, so that either side may be the newer one.

use std::collections::BTreeMap;

use serde::{Deserialize, Deserializer, Serialize};

use crate::{Failure, JobId, Ladder, Rung, Secret, SourceType, TreeFile, UploadId, object_key::MAX_SEGMENT};

/// Header of the secret that all workers of a deployment share.
pub const WORKER_SECRET: &str = "x-worker-secret";
/// Header of the secret of one attempt.
pub const JOB_SECRET: &str = "x-job-secret";
/// Header of the secret of a pool that pulls.
pub const POOL_SECRET: &str = "x-pool-secret";

/// How many files one grant may name.
pub const MOST_GRANTED: usize = 100;
/// The largest file of a tree, in bytes: 30 s at 320 kb/s and its container, twice over.
pub const LARGEST_FILE: u64 = 4 << 20;
/// The longest recording that is believed, in seconds: as many segments as there are names for, of 30 s each.
pub const LONGEST_RECORDING: f64 = 3e6;

/// What a worker process calls itself: drawn once at its start, so that the server tells two of them apart.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct WorkerId(String);

/// Not a worker's id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a worker's id is 8 to 64 letters, digits, `-` and `_`")]
pub struct BadWorkerId;

impl WorkerId {
    /// Its text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for WorkerId {
    type Error = BadWorkerId;

    fn try_from(text: String) -> Result<Self, BadWorkerId> {
        let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
        if (8..=64).contains(&text.len()) && text.bytes().all(is_plain) {
            Ok(Self(text))
        } else {
            Err(BadWorkerId)
        }
    }
}

impl From<WorkerId> for String {
    fn from(id: WorkerId) -> Self {
        id.0
    }
}

/// `start`: a worker takes up the attempt. Repeating it with the same id is harmless.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Start {
    /// Who calls.
    pub worker_id: WorkerId,
    /// What the platform calls this execution, where it says so.
    #[serde(default)]
    pub execution: Option<String>,
}

/// The answer to `start`.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Started {
    /// The upload that it is about, so that one id follows it through all logs.
    pub upload: UploadId,
    /// Which try this is, from 1.
    pub attempt: u32,
    /// What to make.
    pub spec: PackageSpec,
    /// Where to get the source.
    pub source: Source,
    /// How long to live without an answer, in seconds.
    pub lease_seconds: u32,
    /// How long the whole attempt may take, in seconds.
    pub deadline_seconds: u32,
}

/// What a `package` job is to make. Stored with the job, so that a change of settings changes no job that waits.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PackageSpec {
    /// The renditions, and the length of segments.
    pub ladder: Ladder,
    /// The longest recording to take, in seconds.
    pub max_duration_seconds: u32,
}

/// A source, as a worker may read it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Source {
    /// A presigned GET. It is a secret.
    pub url: Secret,
    /// The `ETag` that the object had when its upload was complete; sent as `If-Match`.
    pub etag: String,
    /// In bytes.
    pub size: u64,
    /// What its name claims that it is.
    pub source_type: SourceType,
}

/// `heartbeat`, every 5 s.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Heartbeat {
    /// Who calls.
    pub worker_id: WorkerId,
    /// How much of each rendition is encoded, in seconds of audio.
    #[serde(default)]
    pub progress: BTreeMap<Rung, f64>,
    /// How long the recording is, in seconds, from when the probe has found out. Its header claims it, so it is good for a
    /// progress bar and never for a limit; what no recording has is read as nothing, since a wrong claim is no reason to
    /// stop.
    #[serde(default, deserialize_with = "plausible")]
    pub duration_seconds: Option<f64>,
}

fn plausible<'de, D: Deserializer<'de>>(from: D) -> Result<Option<f64>, D::Error> {
    let seconds = Option::<f64>::deserialize(from)?;
    Ok(seconds.filter(|seconds| *seconds > 0.0 && *seconds <= LONGEST_RECORDING))
}

/// The answer to `heartbeat`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "order")]
pub enum Order {
    /// Go on, for at least this long.
    Continue {
        /// The new lease, in seconds from when the answer arrives.
        lease_seconds: u32,
    },
    /// The job was called off: end the children and exit.
    Stop,
}

/// `grant`: the worker asks for URLs to PUT files of its tree to.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Grant {
    /// Who calls.
    pub worker_id: WorkerId,
    /// At most [`MOST_GRANTED`].
    pub files: Vec<FileToPut>,
}

/// A file that a worker is about to PUT.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileToPut {
    /// Its name in the tree.
    pub file: TreeFile,
    /// Its length in bytes, which the signature binds.
    pub size: u64,
}

/// The answer to `grant`, in the order of the question.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Granted {
    /// One for each file.
    pub puts: Vec<PresignedPut>,
    /// How long they work, in seconds.
    pub expires_in_seconds: u32,
}

/// A presigned PUT.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct PresignedPut {
    /// For this file.
    pub file: TreeFile,
    /// It is a secret.
    pub url: Secret,
    /// Headers that the signature binds; send each as it is.
    pub headers: BTreeMap<String, String>,
}

/// `finish`: the attempt is over. Repeating it is harmless.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Finish {
    /// Who calls.
    pub worker_id: WorkerId,
    /// How it ended.
    #[serde(flatten)]
    pub outcome: Outcome,
}

/// How an attempt ended, as its worker says.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "outcome")]
pub enum Outcome {
    /// The whole tree is in the bucket.
    Ready {
        /// What it holds.
        report: Report,
    },
    /// It is not, and why.
    Failed {
        /// Permanent, or worth another attempt.
        failure: Failure,
    },
    /// The worker was told to go (SIGTERM). Costs the job nothing.
    HandedBack,
    /// The worker heard nothing for a whole lease, and stopped. Costs the job a try unless that was our fault, which the
    /// server knows.
    Unheard,
}

/// What a tree holds and what the probe found.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Report {
    /// Length of the stream in seconds.
    pub duration_seconds: f64,
    /// ffprobe's name of the source's codec.
    pub codec: String,
    /// Of the source, if it has one.
    #[serde(default)]
    pub title: Option<String>,
    /// Of the source, if it has one.
    #[serde(default)]
    pub artist: Option<String>,
    /// Of the source, if it has one.
    #[serde(default)]
    pub album: Option<String>,
    /// One for each rung, ascending.
    pub renditions: Vec<RenditionReport>,
}

/// One rendition, as measured.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RenditionReport {
    /// Which.
    pub rung: Rung,
    /// Its segments: 0 to this, exclusive.
    pub segments: u32,
    /// `BANDWIDTH`, in bits per second.
    pub bandwidth: u64,
    /// `AVERAGE-BANDWIDTH`, in bits per second.
    pub average_bandwidth: u64,
}

/// A report that no honest worker sends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the report does not fit the job: {0}")]
pub struct BadReport(&'static str);

impl Report {
    /// Whether it describes what the spec asked for.
    pub fn check(&self, spec: &PackageSpec) -> Result<(), BadReport> {
        let rungs = self.renditions.iter().map(|rendition| rendition.rung);
        if !rungs.eq(spec.ladder.rungs().iter().copied()) {
            return Err(BadReport("other renditions than were asked for"));
        }
        let segments = self.renditions.first().map_or(0, |rendition| rendition.segments);
        if segments == 0 || self.renditions.iter().any(|rendition| rendition.segments != segments) {
            return Err(BadReport("renditions have the same number of segments, at least one"));
        }
        if segments - 1 > MAX_SEGMENT {
            return Err(BadReport("more segments than there are names for"));
        }
        let longest = f64::from(segments) * f64::from(spec.ladder.segment_seconds()) * 1.5;
        if !(self.duration_seconds > 0.0 && self.duration_seconds <= longest) {
            return Err(BadReport("the duration is not that of so many segments"));
        }
        let is_measured = |rendition: &RenditionReport| {
            0 < rendition.average_bandwidth && rendition.average_bandwidth <= rendition.bandwidth
        };
        if !self.renditions.iter().all(is_measured) {
            return Err(BadReport("the average bandwidth is not between 0 and the peak"));
        }
        Ok(())
    }

    /// The names of all files of the tree that it describes; the master comes last.
    pub fn files(&self) -> impl Iterator<Item = TreeFile> {
        let of_rendition = |rendition: &RenditionReport| {
            let rung = rendition.rung;
            let segments = (0..rendition.segments).map(move |index| TreeFile::Segment(rung, index));
            segments.chain([TreeFile::Playlist(rung)])
        };
        self.renditions.iter().flat_map(of_rendition).chain([TreeFile::Master])
    }
}

/// The answer to a pool's claim: a job to work on.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Claimed {
    /// Which.
    pub job: JobId,
    /// The attempt's secret.
    pub job_secret: Secret,
}

#[cfg(test)]
mod fuzz;

#[cfg(test)]
mod tests {
    use super::*;

    fn spec() -> PackageSpec {
        PackageSpec {
            ladder: "64k,128k".parse().unwrap(),
            max_duration_seconds: 43_200,
        }
    }

    fn report() -> Report {
        let rendition = |rung: &str, bandwidth| RenditionReport {
            rung: rung.parse().unwrap(),
            segments: 2,
            bandwidth,
            average_bandwidth: bandwidth - 1,
        };
        Report {
            duration_seconds: 11.5,
            codec: "flac".into(),
            title: Some("Frontiers".into()),
            artist: None,
            album: None,
            renditions: vec![rendition("64k", 80_000), rendition("128k", 150_000)],
        }
    }

    #[test]
    fn a_finish_is_one_flat_object() {
        let finish = Finish {
            worker_id: String::from("worker-1").try_into().unwrap(),
            outcome: Outcome::HandedBack,
        };
        let json = serde_json::to_string(&finish).unwrap();
        assert_eq!(json, r#"{"worker_id":"worker-1","outcome":"handed_back"}"#);
        let failed = r#"{"worker_id":"worker-1","outcome":"failed","new_field":1,
            "failure":{"code":"corrupt","message":"damaged","retryable":false}}"#;
        let finish: Finish = serde_json::from_str(failed).unwrap();
        let failure = Failure::permanent("corrupt", "damaged");
        assert_eq!(finish.outcome, Outcome::Failed { failure });
    }

    #[test]
    fn messages_survive_the_way() {
        let outcome = Outcome::Ready { report: report() };
        let json = serde_json::to_string(&outcome).unwrap();
        assert_eq!(serde_json::from_str::<Outcome>(&json).unwrap(), outcome);
        let json = serde_json::to_string(&spec()).unwrap();
        assert_eq!(
            json,
            r#"{"ladder":{"rungs":["64k","128k"],"segment_seconds":6},"max_duration_seconds":43200}"#
        );
        assert_eq!(serde_json::from_str::<PackageSpec>(&json).unwrap(), spec());
        let heartbeat = r#"{"worker_id":"worker-1","progress":{"64k":12.5}}"#;
        let heartbeat: Heartbeat = serde_json::from_str(heartbeat).unwrap();
        assert_eq!(serde_json::to_string(&heartbeat.progress).unwrap(), r#"{"64k":12.5}"#);
        assert_eq!(heartbeat.duration_seconds, None, "an older worker does not say");
        let order = serde_json::to_string(&Order::Continue { lease_seconds: 60 }).unwrap();
        assert_eq!(order, r#"{"order":"continue","lease_seconds":60}"#);
    }

    #[test]
    fn hostile_messages_are_refused() {
        for bad in [
            r#"{"worker_id":"x"}"#,
            r#"{"worker_id":"../../../etc"}"#,
            r#"{"worker_id":"worker-1","progress":{"64":1}}"#,
            r#"{"worker_id":"worker-1","progress":{"64k":"1"}}"#,
            r#"{"worker_id":"worker-1","duration_seconds":"1"}"#,
        ] {
            assert!(serde_json::from_str::<Heartbeat>(bad).is_err(), "{bad}");
        }
        for bad in [
            "../master.m3u8",
            "/master.m3u8",
            "64k/../master.m3u8",
            "65k/segment_1.ts",
            ".segue",
        ] {
            let json = format!(r#"{{"worker_id":"worker-1","files":[{{"file":"{bad}","size":1}}]}}"#);
            assert!(serde_json::from_str::<Grant>(&json).is_err(), "{bad}");
        }
        let ladder = r#"{"ladder":{"rungs":["128k","64k"],"segment_seconds":6},"max_duration_seconds":1}"#;
        assert!(serde_json::from_str::<PackageSpec>(ladder).is_err());
    }

    #[test]
    fn a_duration_that_no_recording_has_is_none() {
        let duration = |seconds: &str| {
            let json = format!(r#"{{"worker_id":"worker-1","duration_seconds":{seconds}}}"#);
            serde_json::from_str::<Heartbeat>(&json).unwrap().duration_seconds
        };
        assert_eq!(duration("180.5"), Some(180.5));
        assert_eq!(duration("3000000"), Some(LONGEST_RECORDING));
        for odd in ["null", "0", "-0.0", "-1", "3000001", "1e300"] {
            assert_eq!(duration(odd), None, "{odd}");
        }
    }

    #[test]
    fn a_report_fits_its_spec_or_is_refused() {
        assert_eq!(report().check(&spec()), Ok(()));
        let damaged = |damage: fn(&mut Report)| {
            let mut report = report();
            damage(&mut report);
            report.check(&spec())
        };
        assert!(damaged(|report| report.renditions.truncate(1)).is_err());
        assert!(damaged(|report| report.renditions.swap(0, 1)).is_err());
        assert!(damaged(|report| report.renditions[0].segments = 3).is_err());
        assert!(damaged(|report| report.renditions.iter_mut().for_each(|r| r.segments = 0)).is_err());
        let of_segments = |segments| {
            let mut report = report();
            report.renditions.iter_mut().for_each(|r| r.segments = segments);
            report.check(&spec())
        };
        assert!(of_segments(MAX_SEGMENT + 1).is_ok());
        assert!(of_segments(MAX_SEGMENT + 2).is_err() && of_segments(u32::MAX).is_err());
        assert!(damaged(|report| report.duration_seconds = f64::NAN).is_err());
        assert!(damaged(|report| report.duration_seconds = 1e9).is_err());
        assert!(damaged(|report| report.renditions[1].average_bandwidth = 0).is_err());
        assert!(damaged(|report| report.renditions[1].average_bandwidth = 1_000_000).is_err());
    }

    #[test]
    fn a_report_names_every_file_of_its_tree() {
        let files: Vec<_> = report().files().map(String::from).collect();
        assert_eq!(
            files,
            [
                "64k/segment_000.ts",
                "64k/segment_001.ts",
                "64k/playlist.m3u8",
                "128k/segment_000.ts",
                "128k/segment_001.ts",
                "128k/playlist.m3u8",
                "master.m3u8"
            ]
        );
    }

    #[test]
    fn messages_show_no_secret() {
        let source = Source {
            url: Secret::new("http://localhost/source?X-Amz-Signature=abc"),
            etag: "e".into(),
            size: 1,
            source_type: "mp3".parse().unwrap(),
        };
        assert!(!format!("{source:?}").contains("Signature"));
    }
}
