use std::{path::Path, process::Command};

/// A WAV file: two tones that drift, so that no two seconds are alike. 48 kHz stereo of 24 bits is 288 KB a second.
pub(crate) fn tone(path: &Path, seconds: u32) {
    let source = "aevalsrc=0.4*sin(2*PI*(220+t)*t)|0.4*sin(2*PI*(330+2*t)*t):s=48000";
    let output = Command::new("ffmpeg")
        .args([
            "-nostdin",
            "-v",
            "error",
            "-f",
            "lavfi",
            "-i",
            source,
            "-t",
            &seconds.to_string(),
        ])
        .args([
            "-c:a",
            "pcm_s24le",
            "-metadata",
            "title=Drift",
            "-metadata",
            "artist=Two Tones",
        ])
        .arg(path)
        .output()
        .unwrap();
    assert!(output.status.success(), "{output:?}");
}

/// How long what a URL plays is, by decoding all of it.
pub(crate) fn decoded_seconds(url: &str) -> f64 {
    let output = Command::new("ffmpeg")
        .args([
            "-nostdin", "-v", "warning", "-i", url, "-map", "0:a:0", "-f", "s16le", "-ac", "1", "-ar", "8000", "-",
        ])
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert!(output.stderr.is_empty(), "{}", String::from_utf8_lossy(&output.stderr));
    output.stdout.len() as f64 / 2.0 / 8000.0
}
