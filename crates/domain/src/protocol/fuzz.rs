//! What a worker may send and a server may answer, made of anything; and anything sent as one of these.

use std::fmt::Debug;

use proptest::{prelude::*, sample::select};
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::*;
use crate::hostile::damaged;

static MESSAGES: [&str; 11] = [
    r#"{"worker_id":"worker-1","execution":"segue-worker-abc/7"}"#,
    r#"{"upload":"018bcfe5-6801-7000-8000-000000000000","attempt":2,"spec":{"ladder":{"rungs":["64k","128k"],
        "segment_seconds":6},"max_duration_seconds":43200},"source":{"url":"http://localhost/s?X-Amz-Signature=abc",
        "etag":"\"9b2cf535f27731c974343645a3985328\"","size":5000000,"source_type":"mp3"},"lease_seconds":60,
        "deadline_seconds":21600}"#,
    r#"{"worker_id":"worker-1","progress":{"64k":12.5,"128k":0,"320k":1e3}}"#,
    r#"{"worker_id":"worker-1","progress":{"64k":12.5},"duration_seconds":180.25}"#,
    r#"{"order":"continue","lease_seconds":60}"#,
    r#"{"worker_id":"worker-1","files":[{"file":"64k/segment_000.ts","size":50000},
        {"file":"master.m3u8","size":400}]}"#,
    r#"{"puts":[{"file":"64k/segment_000.ts","url":"http://localhost/p?X-Amz-Signature=abc","headers":
        {"content-type":"video/mp2t","content-length":"50000"}}],"expires_in_seconds":900}"#,
    r#"{"worker_id":"worker-1","outcome":"ready","report":{"duration_seconds":11.5,"codec":"flac","title":"Frontiers",
        "artist":null,"album":"A","renditions":[{"rung":"64k","segments":2,"bandwidth":80000,"average_bandwidth":79999},
        {"rung":"128k","segments":2,"bandwidth":150000,"average_bandwidth":149999}]}}"#,
    r#"{"worker_id":"worker-1","outcome":"failed","failure":{"code":"corrupt","message":"damaged","retryable":false}}"#,
    r#"{"worker_id":"worker-1","outcome":"handed_back"}"#,
    r#"{"job":"018bcfe5-6801-7000-8000-000000000000","job_secret":"abcdefghijklmnopqrstuvwxyz012345"}"#,
];

/// What reads as a message is written as the same message.
fn survives<T: Serialize + DeserializeOwned + Debug>(json: &[u8]) -> Result<(), TestCaseError> {
    let Ok(message) = serde_json::from_slice::<T>(json) else {
        return Ok(());
    };
    let written = serde_json::to_value(&message).unwrap();
    let again: T = serde_json::from_str(&written.to_string()).map_err(|error| {
        let why = format!("{message:?} is not read again: {error}");
        TestCaseError::fail(why)
    })?;
    let rewritten = serde_json::to_value(&again).unwrap();
    prop_assert!(is_alike(&written, &rewritten), "{written} became {rewritten}");
    Ok(())
}

/// Equal, but for the last bit of a fraction, which a decimal may lose.
fn is_alike(one: &Value, other: &Value) -> bool {
    match (one, other) {
        (Value::Array(one), Value::Array(other)) => {
            one.len() == other.len() && one.iter().zip(other).all(|(one, other)| is_alike(one, other))
        }
        (Value::Object(one), Value::Object(other)) => {
            one.len() == other.len()
                && one
                    .iter()
                    .all(|(name, value)| other.get(name).is_some_and(|other| is_alike(value, other)))
        }
        (Value::Number(one), Value::Number(other)) if one.is_f64() && other.is_f64() => {
            let (one, other) = (one.as_f64().unwrap(), other.as_f64().unwrap());
            (one - other).abs() <= one.abs() * 1e-15
        }
        _ => one == other,
    }
}

fn text() -> impl Strategy<Value = String> {
    damaged("Frontiers").prop_map(|bytes| String::from_utf8_lossy(&bytes).into_owned())
}

fn rendition() -> impl Strategy<Value = RenditionReport> {
    let segments = prop_oneof![0..200_u32, 99_990..100_010_u32, any::<u32>()];
    let rung = select(vec!["64k", "128k", "192k", "256k"]);
    (rung, segments, any::<u64>(), any::<u64>()).prop_map(|(rung, segments, bandwidth, average_bandwidth)| {
        RenditionReport {
            rung: rung.parse().unwrap(),
            segments,
            bandwidth,
            average_bandwidth,
        }
    })
}

fn report() -> impl Strategy<Value = Report> {
    let names = (text(), prop::option::of(text()), prop::option::of(text()));
    let milliseconds = prop_oneof![0..20_000_u32, any::<u32>()];
    let renditions = prop::collection::vec(rendition(), 0..9);
    (names, milliseconds, renditions).prop_map(|((codec, title, artist), milliseconds, renditions)| Report {
        duration_seconds: f64::from(milliseconds) / 1_000.0,
        codec,
        album: title.clone(),
        title,
        artist,
        renditions,
    })
}

fn spec() -> PackageSpec {
    PackageSpec {
        ladder: Ladder::default(),
        max_duration_seconds: 43_200,
    }
}

/// A report that says of four rungs what it said of one, and so has a chance to pass.
fn for_the_ladder(mut report: Report) -> Report {
    if let Some(first) = report.renditions.first().cloned() {
        let of_rung = |rung: &Rung| RenditionReport {
            rung: *rung,
            average_bandwidth: first.average_bandwidth.min(first.bandwidth),
            ..first.clone()
        };
        report.renditions = spec().ladder.rungs().iter().map(of_rung).collect();
    }
    report
}

proptest! {
    #[test]
    fn no_message_is_read_as_another_than_was_written(json in select(&MESSAGES[..]).prop_flat_map(damaged)) {
        survives::<Start>(&json)?;
        survives::<Started>(&json)?;
        survives::<PackageSpec>(&json)?;
        survives::<Heartbeat>(&json)?;
        survives::<Order>(&json)?;
        survives::<Grant>(&json)?;
        survives::<Granted>(&json)?;
        survives::<Finish>(&json)?;
        survives::<Claimed>(&json)?;
        if let Ok(heartbeat) = serde_json::from_slice::<Heartbeat>(&json) {
            prop_assert!(heartbeat.progress.values().all(|seconds| seconds.is_finite()));
            let duration = heartbeat.duration_seconds;
            prop_assert!(duration.is_none_or(|seconds| seconds > 0.0 && seconds <= LONGEST_RECORDING), "{duration:?}");
        }
        if let Ok(Finish { outcome: Outcome::Ready { report }, .. }) = serde_json::from_slice(&json) {
            prop_assert!(report.duration_seconds.is_finite());
        }
    }

    #[test]
    fn outcomes_survive_the_way(report in report(), code in text(), message in text(), retryable in any::<bool>()) {
        let failure = Failure { code, message, retryable };
        for outcome in [Outcome::Ready { report }, Outcome::Failed { failure }, Outcome::HandedBack, Outcome::Unheard] {
            let finish = Finish { worker_id: String::from("worker-1").try_into().unwrap(), outcome };
            let json = serde_json::to_string(&finish).unwrap();
            prop_assert!(!json.contains(['\n', '\r']), "one line: {json}");
            let read: Finish = serde_json::from_str(&json).unwrap();
            prop_assert_eq!(read.outcome, finish.outcome);
        }
    }

    #[test]
    fn a_report_that_fits_names_files_that_a_tree_may_hold(
        report in prop_oneof![report(), report().prop_map(for_the_ladder)],
    ) {
        if report.check(&spec()).is_ok() {
            prop_assert!(report.duration_seconds > 0.0 && report.duration_seconds.is_finite());
            for rendition in &report.renditions {
                let last = TreeFile::Segment(rendition.rung, rendition.segments - 1);
                prop_assert_eq!(last.to_string().parse(), Ok(last));
            }
        }
    }

    #[test]
    fn no_message_shows_a_secret(secret in "[!-~]{12,60}") {
        let shown = |message: &dyn Debug| format!("{message:?} {message:#?}").contains(&*secret);
        let secret = Secret::new(&*secret);
        let source = Source {
            url: secret.clone(),
            etag: "e".into(),
            size: 1,
            source_type: "mp3".parse().unwrap(),
        };
        let upload = "018bcfe5-6801-7000-8000-000000000000";
        let started = Started {
            upload: upload.parse().unwrap(),
            attempt: 1,
            spec: spec(),
            source,
            lease_seconds: 60,
            deadline_seconds: 60,
        };
        let put = PresignedPut { file: TreeFile::Master, url: secret.clone(), headers: BTreeMap::new() };
        let granted = Granted { puts: vec![put], expires_in_seconds: 60 };
        let claimed = Claimed { job: upload.parse().unwrap(), job_secret: secret.clone() };
        prop_assert!(!shown(&started) && !shown(&granted) && !shown(&claimed) && !shown(&secret.hash()));
        // It does travel, or there would be nothing to hide.
        let read: Claimed = serde_json::from_str(&serde_json::to_string(&claimed).unwrap()).unwrap();
        prop_assert_eq!(read.job_secret.reveal(), secret.reveal());
    }

    #[test]
    fn a_failure_is_what_the_database_takes(code in text(), message in text(), tries in any::<u32>()) {
        let failure = Failure::transient(&code, &message);
        for failure in [&failure, &failure.after_tries(tries)] {
            prop_assert!(failure.code.len() <= 64 && failure.message.len() <= 500);
            prop_assert!(!failure.code.contains('\0') && !failure.message.contains('\0'));
        }
        // What was cut once is not cut again.
        prop_assert_eq!(Failure::transient(&failure.code, &failure.message), failure);
    }

    #[test]
    fn folded_names_have_an_end_and_one_line(name in text()) {
        let (title, search) = (crate::title_key(&name), crate::search_key([&*name, &*name]));
        prop_assert!(title.len() <= 2_000 && search.len() <= 2_000);
        prop_assert!(!title.contains(char::is_control), "{:?}", title);
        prop_assert!(search.lines().count() <= 2);
        if let Some(pattern) = crate::search_pattern(&name) {
            prop_assert!(pattern.len() <= 4_002 && !pattern.contains(char::is_control), "{:?}", pattern);
        }
    }
}
