//! Every kind of input that a correct tree must come out of.

use std::{
    ffi::OsStr,
    fs,
    os::unix::ffi::OsStrExt,
    path::{Path, PathBuf},
};

use crate::support::{
    judge::good,
    run::{package, run, segue},
    scratch::Scratch,
    signal::peak,
    sound::{decode, made, music, utf8},
    tree::Tree,
};

fn becomes_a_tree(source: &Path, rate: u32) -> Tree {
    let scratch = Scratch::new();
    let tree = scratch.path("tree");
    run(&mut package(source, &tree)).succeeded();
    good(&tree, source, rate)
}

/// One test per line: the name of the file, the sample rate that its tree must have, and how ffmpeg makes the file out
/// of three seconds of music.
macro_rules! become_trees {
    ($($test:ident: $name:literal at $rate:literal from $arguments:expr;)*) => {$(
        #[test]
        fn $test() {
            becomes_a_tree(&music($name, $arguments), $rate);
        }
    )*};
}

const PICTURES: &str = "-f lavfi -i testsrc2=s=128x96:r=10:d=3 -map 1:v -map 0:a -c:v libx264 -pix_fmt yuv420p";

become_trees! {
    mp3_of_constant_rate: "cbr.mp3" at 44_100 from "-ar 44100 -c:a libmp3lame -b:a 128k";
    mp3_of_variable_rate_without_a_header: "vbr.mp3" at 48_000 from "-ar 48000 -c:a libmp3lame -q:a 2 -write_xing 0";
    mp3_at_22_05_khz: "half.mp3" at 44_100 from "-ar 22050 -c:a libmp3lame";
    mp3_with_both_kinds_of_id3: "tags.mp3" at 44_100 from "-ar 44100 -metadata title=Señor -write_id3v1 1";

    wav_of_8_bits: "8-bit.wav" at 44_100 from "-ar 44100 -c:a pcm_u8";
    wav_of_16_bits: "16-bit.wav" at 44_100 from "-ar 44100 -c:a pcm_s16le";
    wav_of_24_bits: "24-bit.wav" at 48_000 from "-ar 48000 -c:a pcm_s24le";
    wav_of_32_bits: "32-bit.wav" at 48_000 from "-ar 48000 -c:a pcm_s32le";
    wav_of_floats: "float.wav" at 48_000 from "-ar 48000 -c:a pcm_f32le";
    wav_of_doubles: "double.wav" at 44_100 from "-ar 44100 -c:a pcm_f64le";
    wav_at_8_khz: "wav.wav" at 48_000 from "-ar 8000";
    wav_at_11_025_khz: "wav.wav" at 44_100 from "-ar 11025";
    wav_at_16_khz: "wav.wav" at 48_000 from "-ar 16000";
    wav_at_22_05_khz: "wav.wav" at 44_100 from "-ar 22050";
    wav_at_32_khz: "wav.wav" at 48_000 from "-ar 32000";
    wav_at_88_2_khz: "wav.wav" at 44_100 from "-ar 88200";
    wav_at_96_khz: "wav.wav" at 48_000 from "-ar 96000";
    wav_at_176_4_khz: "wav.wav" at 44_100 from "-ar 176400";
    wav_at_192_khz: "wav.wav" at 48_000 from "-ar 192000";
    wav_as_rf64: "rf64.wav" at 44_100 from "-ar 44100 -rf64 always";
    wave_64: "wave.w64" at 44_100 from "-ar 44100";

    flac: "music.flac" at 44_100 from "-ar 44100";
    flac_of_24_bits_at_96_khz: "fine.flac" at 48_000 from "-ar 96000 -sample_fmt s32 -bits_per_raw_sample 24";
    vorbis: "music.ogg" at 44_100 from "-ar 44100 -c:a libvorbis";
    opus: "music.opus" at 48_000 from "-ar 48000 -c:a libopus";
    flac_in_ogg: "music.oga" at 44_100 from "-ar 44100 -c:a flac";
    aac_in_m4a: "streamable.m4a" at 44_100 from "-ar 44100 -c:a aac -movflags faststart";
    aac_in_m4a_with_moov_at_the_end: "music.m4a" at 48_000 from "-ar 48000 -c:a aac";
    aac_in_fragments: "fragmented.m4a" at 44_100 from "-ar 44100 -c:a aac -movflags frag_keyframe+empty_moov";
    aac_by_itself: "music.aac" at 44_100 from "-ar 44100 -c:a aac";
    alac: "lossless.m4a" at 44_100 from "-ar 44100 -c:a alac";
    aiff: "music.aiff" at 44_100 from "-ar 44100";
    caf: "music.caf" at 48_000 from "-ar 48000";
    wma: "music.wma" at 44_100 from "-ar 44100 -c:a wmav2";
    ac3: "music.ac3" at 48_000 from "-ar 48000 -c:a ac3";
    mka: "music.mka" at 44_100 from "-ar 44100 -c:a flac";
    webm: "music.webm" at 48_000 from "-ar 48000 -c:a libopus";

    video_in_mp4: "video.mp4" at 44_100 from &format!("{PICTURES} -ar 44100 -c:a aac");
    video_in_mkv: "video.mkv" at 48_000 from &format!("{PICTURES} -ar 48000 -c:a libvorbis");

    mono: "mono.wav" at 44_100 from "-ar 44100 -ac 1";
}

#[test]
fn mp3_with_a_huge_cover() {
    becomes_a_tree(&mp3_with_cover("2000x2000"), 44_100);
}

#[test]
fn mp3_with_a_corrupt_cover() {
    let scratch = Scratch::new();
    let mut bytes = fs::read(mp3_with_cover("300x300")).expect("the file is there");
    let pixels = position(&bytes, b"IDAT") + 4;
    bytes[pixels..pixels + 20_000].fill(0xAA);
    becomes_a_tree(&scratch.file("corrupt-cover.mp3", bytes), 44_100);
}

/// Of noise, which does not compress: 12 MB at 2000x2000.
fn mp3_with_cover(size: &str) -> PathBuf {
    let noise = format!("nullsrc=s={size},geq=random(1)*255:128:128,format=rgb24");
    let cover = made("cover.png", &["-f", "lavfi", "-i", &noise, "-frames:v", "1"]);
    let cover = utf8(&cover);
    music(
        "cover.mp3",
        &format!("-i {cover} -map 0:a -map 1:v -ar 44100 -c:v copy -disposition:v attached_pic"),
    )
}

/// Recorders that were cut off, or wrote to a pipe, leave such headers.
#[test]
fn wav_whose_header_lies_about_its_length() {
    let honest = music("16-bit.wav", "-ar 44100 -c:a pcm_s16le");
    let bytes = fs::read(&honest).expect("the file is there");
    for length in [0, 0xFFFF_FFFF, 0x7FFF_FF00_u32] {
        let scratch = Scratch::new();
        let mut lying = bytes.clone();
        let data = position(&bytes, b"data") + 4;
        lying[data..data + 4].copy_from_slice(&length.to_le_bytes());
        lying[4..8].copy_from_slice(&length.to_le_bytes());
        let tree = becomes_a_tree(&scratch.file("lying.wav", lying), 44_100);
        let seconds: f64 = tree.durations().iter().sum();
        assert!(
            (seconds - 3.0).abs() < 0.1,
            "{seconds} s where the header says {length} bytes"
        );
    }
}

fn position(bytes: &[u8], mark: &[u8]) -> usize {
    bytes
        .windows(mark.len())
        .position(|window| window == mark)
        .expect("the mark is in the file")
}

#[test]
fn mono_is_carried_in_both_channels_as_loud_as_it_was() {
    let tone = "sine=440:r=44100:d=3,volume=4";
    let tone = made("tone.wav", &["-f", "lavfi", "-i", tone, "-ac", "1"]);
    for (name, samples) in settled(&tone, 44_100) {
        // ffmpeg's sine has an amplitude of an eighth.
        assert!((peak(&samples) - 0.5).abs() < 0.03, "{name}: {}", peak(&samples));
        assert!(
            samples
                .as_chunks()
                .0
                .iter()
                .all(|[left, right]| (left - right).abs() < 0.02),
            "{name}"
        );
    }
}

/// The worst case for a downmix: all channels at full scale, in step.
#[test]
fn surround_at_full_scale_is_downmixed_without_clipping() {
    let channels = ["sin(2*PI*440*t)"; 6].join("|");
    let source = format!("aevalsrc={channels}:c=5.1:s=96000:d=3");
    let source = made("surround.wav", &["-f", "lavfi", "-i", &source, "-c:a", "pcm_s24le"]);
    for (name, samples) in settled(&source, 48_000) {
        assert!((0.5..1.05).contains(&peak(&samples)), "{name}: {}", peak(&samples));
    }
}

/// The decoded renditions of a tree from a steady tone, by name. Without the first half second, in which ffmpeg's
/// encoder overshoots, whatever the tone.
fn settled(source: &Path, rate: u32) -> Vec<(String, Vec<f32>)> {
    let scratch = Scratch::new();
    let tree = scratch.path("tree");
    run(&mut package(source, &tree)).succeeded();
    let renditions = good(&tree, source, rate).renditions.into_iter();
    renditions
        .map(|rendition| {
            let samples = decode(&rendition.playlist, rate);
            (
                rendition.name,
                samples[rate as usize..samples.len() - rate as usize].to_vec(),
            )
        })
        .collect()
}

/// In the folder of the input, as a user would name it there.
fn becomes_a_tree_by_the_name(name: &OsStr) {
    let honest = music("16-bit.wav", "-ar 44100 -c:a pcm_s16le");
    let scratch = Scratch::new();
    fs::copy(&honest, scratch.path(name)).expect("the file system takes the name");
    let mut command = segue();
    command
        .current_dir(scratch.folder())
        .args(["package", "-o", "tree", "--"])
        .arg(name);
    let finished = run(&mut command);
    assert_eq!(finished.code, Some(0), "{}: {finished:?}", name.display());
    good(&scratch.path("tree"), &honest, 44_100);
}

#[test]
fn names_that_look_like_options_urls_or_patterns() {
    for name in [
        "-i.mp3",
        "--help",
        "http:x.mp3",
        "seg_%03d.mp3",
        "a|b.mp3",
        "*.wav",
        "concat:a.wav",
        "a'b\"c;d.wav",
    ] {
        becomes_a_tree_by_the_name(OsStr::new(name));
    }
}

#[test]
fn names_that_are_no_text() {
    for name in [&b"line\nbreak.wav"[..], b"not-utf8-\xFF.wav", b" "] {
        becomes_a_tree_by_the_name(OsStr::from_bytes(name));
    }
}

/// The folder that the tree is made in is part of what ffmpeg is told.
#[test]
fn output_folders_that_look_like_patterns() {
    let source = music("16-bit.wav", "-ar 44100 -c:a pcm_s16le");
    for name in ["100%d", "%03d|x", "-o", "line\nbreak"] {
        let scratch = Scratch::new();
        let parent = scratch.path(name);
        fs::create_dir(&parent).expect("the file system takes the name");
        let mut command = segue();
        command
            .current_dir(&parent)
            .arg("package")
            .arg(&source)
            .arg(format!("--output={name}"));
        let finished = run(&mut command);
        assert_eq!(finished.code, Some(0), "{name}: {finished:?}");
        good(&parent.join(name), &source, 44_100);
    }
}
