//! The probe with a real ffprobe, where the JSON alone does not decide.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test that cannot set itself up fails"
)]

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
    time::{Duration, Instant},
};

use media::{Enforcement, MediaError, Probe, Refusal, Sandbox, Tools};

async fn probe(input: &Path) -> Result<Probe, MediaError> {
    let sandbox = Sandbox::detect(Enforcement::BestEffort).unwrap();
    let tools = Tools::locate(None, None, std::env::var_os("PATH")).unwrap();
    media::probe(&tools, sandbox, input).await
}

#[track_caller]
fn refusal(result: Result<Probe, MediaError>) -> Refusal {
    match result {
        Err(MediaError::Refused(refusal)) => refusal,
        other => panic!("{other:?}"),
    }
}

/// Two seconds of a tone, made by ffmpeg with these further arguments.
fn tone(folder: &Path, name: &str, arguments: &[&str]) -> PathBuf {
    let path = folder.join(name);
    let made = Command::new("ffmpeg")
        .args(["-nostdin", "-v", "error", "-f", "lavfi", "-i", "sine=d=2"])
        .args(arguments)
        .arg(&path)
        .status();
    assert!(
        made.expect("ffmpeg is missing: run `cargo xtask test`, which installs it")
            .success()
    );
    path
}

#[tokio::test]
async fn a_file_is_described() {
    let folder = tempfile::tempdir().unwrap();
    let path = tone(
        folder.path(),
        "tone.flac",
        &["-ac", "1", "-metadata", "title=Tone", "-metadata", "artist=Nobody"],
    );
    let probe = probe(&path).await.unwrap();
    assert_eq!((probe.container.as_str(), probe.codec.as_str()), ("flac", "flac"));
    assert_eq!(
        (probe.sample_rate, probe.channels, probe.duration_seconds),
        (44_100, 1, Some(2.0))
    );
    assert_eq!(
        (probe.tags.title.as_deref(), probe.tags.artist.as_deref()),
        (Some("Tone"), Some("Nobody"))
    );
    assert!(!probe.has_cover);
}

#[tokio::test]
async fn the_name_of_a_file_decides_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let parent = folder.path().join("DRM protected stream, Permission denied");
    fs::create_dir(&parent).unwrap();
    for name in ["max_streams.mp3", "encrypted.mp3", "No space left on device.mp3"] {
        fs::write(parent.join(name), "hello").unwrap();
        assert_eq!(refusal(probe(&parent.join(name)).await), Refusal::NotAudio, "{name}");
    }
}

#[tokio::test]
async fn a_title_of_megabytes_costs_the_tags_and_not_the_file() {
    let folder = tempfile::tempdir().unwrap();
    let metadata = folder.path().join("metadata");
    fs::write(&metadata, format!(";FFMETADATA1\ntitle={}\n", "la ".repeat(1 << 20))).unwrap();
    let arguments = [
        "-f",
        "ffmetadata",
        "-i",
        metadata.to_str().unwrap(),
        "-map_metadata",
        "1",
    ];
    let path = tone(folder.path(), "opera.flac", &arguments);
    let started = Instant::now();
    let probe = probe(&path).await.unwrap();
    assert_eq!((probe.codec.as_str(), probe.tags.title), ("flac", None));
    assert!(started.elapsed() < Duration::from_secs(20));
}

#[tokio::test]
async fn a_process_with_many_open_files_can_probe() {
    let folder = tempfile::tempdir().unwrap();
    let path = tone(folder.path(), "tone.flac", &[]);
    // More than a child may have.
    let _open: Vec<_> = (0..100).map(|_| fs::File::open(&path).unwrap()).collect();
    assert_eq!(probe(&path).await.unwrap().codec, "flac");
}

#[tokio::test]
async fn windows_media_with_drm_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = tone(folder.path(), "tone.wma", &[]);
    fs::write(&path, with_content_encryption(&fs::read(&path).unwrap())).unwrap();
    assert_eq!(refusal(probe(&path).await), Refusal::Encrypted);
}

/// The file with a Content Encryption Object (ASF specification, 3.14) put first into its Header Object (3.1).
fn with_content_encryption(asf: &[u8]) -> Vec<u8> {
    const GUID: [u8; 16] = 0x6efc_55c9_a000_b7b4_11d2_bd23_2211_b3fb_u128.to_le_bytes();
    const HEADER: usize = 30;
    let mut fields = Vec::new();
    for field in [&b"secret"[..], b"DRM\0", b"key\0", b"url\0"] {
        fields.extend(u32::try_from(field.len()).unwrap().to_le_bytes());
        fields.extend(field);
    }
    let size = u64::try_from(16 + 8 + fields.len()).unwrap();
    let object = [&GUID[..], &size.to_le_bytes(), &fields].concat();

    let (header, rest) = asf.split_at(HEADER);
    let mut header = header.to_vec();
    let grown = u64::from_le_bytes(header[16..24].try_into().unwrap()) + size;
    header[16..24].copy_from_slice(&grown.to_le_bytes());
    let objects = u32::from_le_bytes(header[24..28].try_into().unwrap()) + 1;
    header[24..28].copy_from_slice(&objects.to_le_bytes());
    [&header, &object[..], rest].concat()
}
