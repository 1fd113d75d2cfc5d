//! Sounds to package, made once and kept in `target/fixtures/inputs`; and decoding.

use std::{
    fs,
    hash::{DefaultHasher, Hash, Hasher},
    io::{self, Write},
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use super::run::{collect, run};

/// Something that `cargo xtask test` fetched.
pub(crate) fn fixture(name: &str) -> PathBuf {
    let path = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../../target/fixtures")).join(name);
    assert!(
        path.exists(),
        "{} is missing: run `cargo xtask test`, which fetches it",
        path.display()
    );
    path
}

/// Three seconds of music, as the arguments of ffmpeg say.
pub(crate) fn music(name: &str, arguments: &str) -> PathBuf {
    music_of(3.0, name, arguments)
}

/// Music as the arguments of ffmpeg say.
pub(crate) fn music_of(seconds: f64, name: &str, arguments: &str) -> PathBuf {
    let music = fixture("debian/usr/share/games/asc/music/frontiers.mp3");
    let seconds = seconds.to_string();
    let mut all = vec!["-ss", "20", "-t", &seconds, "-i", utf8(&music)];
    all.extend(arguments.split_whitespace());
    made(name, &all)
}

/// A file that ffmpeg makes with these arguments.
pub(crate) fn made(name: &str, arguments: &[&str]) -> PathBuf {
    cached(name, arguments, |path| {
        let mut ffmpeg = Command::new("ffmpeg");
        ffmpeg.args(["-nostdin", "-v", "error", "-y"]).args(arguments).arg(path);
        run(&mut ffmpeg).succeeded();
    })
}

/// A sentence at 22.05 kHz mono.
pub(crate) fn speech() -> PathBuf {
    let text = "Segue turns uploaded audio into adaptive streams. Listeners never hear where one piece ends, and \
                where the next begins.";
    cached("speech.wav", &[text], |path| {
        run(Command::new("espeak-ng").arg("-w").arg(path).arg(text)).succeeded();
    })
}

/// A file of this name, made by `make` unless it was made from the same recipe before.
fn cached(name: &str, recipe: &[&str], make: impl FnOnce(&Path)) -> PathBuf {
    let mut hasher = DefaultHasher::new();
    recipe.hash(&mut hasher);
    let folder = fixture("").join(format!("inputs/{:016x}", hasher.finish()));
    let path = folder.join(name);
    if !path.exists() {
        fs::create_dir_all(&folder).expect("the folder of inputs");
        // The name stays at the end, since ffmpeg chooses formats by the extension.
        let unfinished = tempfile::Builder::new()
            .suffix(name)
            .tempfile_in(&folder)
            .expect("a temporary file");
        make(unfinished.path());
        // Another test may have made the same file meanwhile, and be using it.
        if let Err(error) = unfinished.persist_noclobber(&path) {
            assert_eq!(error.error.kind(), io::ErrorKind::AlreadyExists, "{error}");
        }
    }
    path
}

/// Interleaved stereo samples at this rate, by ffmpeg.
pub(crate) fn decode(path: &Path, rate: u32) -> Vec<f32> {
    let mut bytes = Vec::new();
    stream(&mut decoder(path, rate), &mut bytes);
    let (floats, rest) = bytes.as_chunks::<4>();
    assert!(rest.is_empty());
    floats.iter().map(|bytes| f32::from_le_bytes(*bytes)).collect()
}

/// How many samples per channel ffmpeg decodes at this rate, whatever it thinks of the file.
pub(crate) fn count_samples(path: &Path, rate: u32) -> u64 {
    count_samples_and_complaints(path, rate).0
}

/// The same, with its errors and warnings.
pub(crate) fn count_samples_and_complaints(path: &Path, rate: u32) -> (u64, String) {
    let (bytes, complaints) = stream(&mut decoder(path, rate), &mut io::sink());
    (bytes / 8, complaints)
}

fn decoder(path: &Path, rate: u32) -> Command {
    let mut ffmpeg = Command::new("ffmpeg");
    ffmpeg.args(["-nostdin", "-v", "warning", "-i"]).arg(path);
    ffmpeg.args([
        "-map",
        "0:a:0",
        "-ac",
        "2",
        "-ar",
        &rate.to_string(),
        "-f",
        "f32le",
        "-",
    ]);
    ffmpeg
}

/// Lets a decoder write into a sink, since hours of samples fit in no memory. Returns the number of bytes, and what it
/// said on stderr.
pub(crate) fn stream(decoder: &mut Command, sink: &mut impl Write) -> (u64, String) {
    let mut child = decoder
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap_or_else(|error| panic!("cannot start {decoder:?}: {error}. Run `cargo xtask test`"));
    let complaints = collect(child.stderr.take().expect("piped"));
    let bytes = io::copy(&mut child.stdout.take().expect("piped"), sink).expect("the pipe is read");
    child.wait().expect("our child");
    (bytes, complaints.join().expect("the pipe is read"))
}

/// As text, for the argument lists of ffmpeg.
pub(crate) fn utf8(path: &Path) -> &str {
    path.to_str().expect("the path of the clone is UTF-8")
}
