//! Files made to have something else read. Each is first shown to work on an ffmpeg that nobody restrains.

use std::{
    fs,
    io::ErrorKind,
    net::TcpListener,
    path::{Path, PathBuf},
    process::Command,
    time::Duration,
};

use rustix::fs::inotify::{self, CreateFlags, WatchFlags};
use rustix::{fd::OwnedFd, io::Errno};

use crate::support::{
    judge::good,
    run::{Running, package, run, segue},
    scratch::Scratch,
    sound::{fixture, made, music, utf8},
    wait::eventually,
};

/// A sound that nobody was allowed to read, and the kernel's watch on it.
struct Canary {
    watch: OwnedFd,
}

impl Canary {
    /// A file that is what its extension says, so that an attack that works finds what it looks for.
    fn put(path: &Path) -> Self {
        let name = path.file_name().expect("a name").to_string_lossy();
        let sound_or_picture = if name.ends_with("png") {
            picture()
        } else {
            music(&name, "-ar 44100")
        };
        fs::copy(sound_or_picture, path).expect("the canary is put");
        let watch = inotify::init(CreateFlags::NONBLOCK).expect("inotify");
        inotify::add_watch(&watch, path, WatchFlags::OPEN | WatchFlags::ACCESS).expect("a watch");
        Self { watch }
    }

    /// Whether anybody has opened it since this was last asked.
    fn was_opened(&self) -> bool {
        let mut events = [0; 4096];
        match rustix::io::read(&self.watch, &mut events) {
            Ok(bytes) => bytes > 0,
            Err(Errno::AGAIN) => false,
            Err(error) => panic!("{error}"),
        }
    }
}

fn picture() -> PathBuf {
    made(
        "picture.png",
        &["-f", "lavfi", "-i", "testsrc2=s=640x480", "-frames:v", "1"],
    )
}

/// ffmpeg as anybody might call it, and of a version that is known to fall for these.
fn unrestrained_ffmpeg(input: &Path) -> Command {
    let mut ffmpeg = Command::new(fixture("ffmpeg7/ffmpeg"));
    ffmpeg.args(["-nostdin", "-v", "quiet", "-t", "1"]);
    ffmpeg
        .args(["-protocol_whitelist", "file,http,tcp,concat,subfile", "-i"])
        .arg(input);
    ffmpeg.args(["-f", "null", "-"]);
    ffmpeg
}

fn is_refused(input: &Path, scratch: &Scratch) {
    let tree = scratch.path("tree");
    let finished = run(&mut package(input, &tree));
    assert_eq!(finished.code, Some(3), "{finished:?}");
    assert_eq!(finished.stderr.lines().count(), 1, "{finished:?}");
    assert!(!tree.exists());
    let inspected = run(segue().arg("inspect").arg(input));
    assert_eq!(inspected.code, Some(3), "{inspected:?}");
}

/// An attack with this content, named as it would be among friends and as an upload.
fn names(name: &str, content: &str, scratch: &Scratch) -> [PathBuf; 2] {
    [name, "song.mp3"].map(|name| scratch.file(name, content))
}

fn leaves_the_canary_alone(canary: &str, name: &str, content: &str) {
    let scratch = Scratch::new();
    let canary = Canary::put(&scratch.path(canary));
    let attacks = names(name, content, &scratch);
    run(&mut unrestrained_ffmpeg(&attacks[0]));
    assert!(canary.was_opened(), "the attack does not work at all");

    for attack in attacks {
        is_refused(&attack, &scratch);
        assert!(!canary.was_opened(), "the canary was opened by {}", attack.display());
    }
}

fn leaves_the_socket_alone(name: &str, content: impl Fn(&str) -> String) {
    let scratch = Scratch::new();
    let listener = TcpListener::bind("127.0.0.1:0").expect("a socket");
    listener.set_nonblocking(true).expect("a socket that does not wait");
    let url = format!("http://{}/sound.ts", listener.local_addr().expect("bound"));
    let was_touched = || match listener.accept() {
        Ok(_) => true,
        Err(error) if error.kind() == ErrorKind::WouldBlock => false,
        Err(error) => panic!("{error}"),
    };
    let attacks = names(name, &content(&url), &scratch);
    let unrestrained = Running::start(&mut unrestrained_ffmpeg(&attacks[0]));
    eventually("an unrestrained ffmpeg to connect", Duration::from_secs(30), || {
        was_touched().then_some(())
    });
    drop(unrestrained);
    while was_touched() {}

    for attack in attacks {
        is_refused(&attack, &scratch);
        assert!(!was_touched(), "the socket was touched by {}", attack.display());
    }
}

fn hls(uri: &str) -> String {
    format!("#EXTM3U\n#EXT-X-TARGETDURATION:3\n#EXTINF:3,\n{uri}\n#EXT-X-ENDLIST\n")
}

fn dash(uri: &str) -> String {
    format!(
        r#"<?xml version="1.0"?>
<MPD xmlns="urn:mpeg:dash:schema:mpd:2011" profiles="urn:mpeg:dash:profile:isoff-on-demand:2011" type="static" mediaPresentationDuration="PT3S">
 <Period><AdaptationSet mimeType="audio/mp4"><Representation id="1" bandwidth="128000">
  <BaseURL>{uri}</BaseURL>
 </Representation></AdaptationSet></Period>
</MPD>
"#
    )
}

#[test]
fn a_playlist_naming_a_file() {
    leaves_the_canary_alone("canary.ts", "song.m3u8", &hls("canary.ts"));
}

#[test]
fn a_playlist_naming_a_url() {
    leaves_the_socket_alone("song.m3u8", hls);
}

#[test]
fn a_concat_script_naming_a_file() {
    leaves_the_canary_alone("canary.wav", "song.ffconcat", "ffconcat version 1.0\nfile canary.wav\n");
}

#[test]
fn a_dash_manifest_naming_a_file() {
    leaves_the_canary_alone("canary.m4a", "song.mpd", &dash("canary.m4a"));
}

#[test]
fn a_dash_manifest_naming_a_url() {
    leaves_the_socket_alone("song.mpd", dash);
}

/// ffmpeg takes a picture's name for a pattern and opens what it matches.
#[test]
fn a_picture_whose_name_is_a_pattern() {
    leaves_the_canary_alone("cover-000.png", "cover-%03d.png", "no picture");
}

/// An unrestrained ffmpeg would bind the port and wait for packets.
#[test]
fn a_session_description() {
    let scratch = Scratch::new();
    let sdp = "v=0\no=- 0 0 IN IP4 127.0.0.1\ns=song\nc=IN IP4 127.0.0.1\nt=0 0\nm=audio 5004 RTP/AVP 0\n";
    is_refused(&scratch.file("song.mp3", sdp), &scratch);
}

/// Names that are no files but that ffmpeg knows how to open.
#[test]
fn inputs_that_are_ffmpegs_own_protocols() {
    let scratch = Scratch::new();
    let canary = Canary::put(&scratch.path("canary.wav"));
    for name in [
        "concat:canary.wav",
        "subfile,,start,0,end,0,,:canary.wav",
        "file:canary.wav",
    ] {
        let mut bare = unrestrained_ffmpeg(Path::new(name));
        run(bare.current_dir(scratch.folder()));
        assert!(canary.was_opened(), "{name} does not work at all");

        let mut command = segue();
        command
            .current_dir(scratch.folder())
            .args(["package", name, "-o", "tree"]);
        let finished = run(&mut command);
        assert_eq!(finished.code, Some(3), "{finished:?}");
        assert!(!canary.was_opened(), "{name}: the canary was opened");
        assert_eq!(scratch.names(), ["canary.wav"]);
    }
}

/// A movie may say that its samples lie in another file.
#[test]
fn a_movie_whose_samples_lie_elsewhere() {
    let scratch = Scratch::new();
    let canary = Canary::put(&scratch.path("canary.wav"));
    let whole = music("whole.mov", "-ar 44100 -c:a pcm_s16le");
    let attack = scratch.file(
        "song.mov",
        refer_to(&fs::read(whole).expect("the file is there"), "canary.wav"),
    );
    let mut ffmpeg = Command::new(fixture("ffmpeg7/ffmpeg"));
    ffmpeg
        .args(["-nostdin", "-v", "quiet", "-enable_drefs", "1", "-i"])
        .arg(&attack);
    run(ffmpeg.args(["-t", "1", "-f", "null", "-"]));
    assert!(canary.was_opened(), "the attack does not work at all");

    run(&mut package(&attack, &scratch.path("tree")));
    assert!(!canary.was_opened(), "the canary was opened");
}

/// Replaces the data reference "in this file" by a Macintosh alias to another file in the same folder.
fn refer_to(movie: &[u8], file: &str) -> Vec<u8> {
    let mut path = format!("/{file}").into_bytes();
    let length = u16::try_from(path.len()).expect("a short name");
    path.resize(path.len().next_multiple_of(2), 0);

    let mut alias = vec![0; 4 + 10 + 28 + 12 + 64 + 16];
    // The level to go up from and down to: the folder of the movie itself.
    alias.extend([0, 1, 0, 1]);
    alias.extend([0; 16]);
    alias.extend(2_u16.to_be_bytes());
    alias.extend(length.to_be_bytes());
    alias.extend(&path);
    alias.extend([0xFF, 0xFF, 0, 0]);
    alias.resize(alias.len().max(200), 0);

    let position = |name: &[u8]| {
        let windows = movie.windows(4).enumerate();
        let found: Vec<_> = windows
            .filter(|(_, window)| *window == name)
            .map(|(at, _)| at)
            .collect();
        *found.last().expect("the atom is in the movie")
    };
    let reference = position(b"url ") - 4;
    let size = u32::try_from(alias.len() + 8).expect("small");
    let grown = size - 12;
    let mut attack = movie[..reference].to_vec();
    attack.extend(size.to_be_bytes());
    attack.extend(b"alis");
    attack.extend(&alias);
    attack.extend(&movie[reference + 12..]);
    for name in [b"moov", b"trak", b"mdia", b"minf", b"dinf", b"dref"] {
        let at = position(name) - 4;
        let old = u32::from_be_bytes(attack[at..at + 4].try_into().expect("four bytes"));
        attack[at..at + 4].copy_from_slice(&(old + grown).to_be_bytes());
    }
    attack
}

#[test]
fn a_cover_that_unpacks_to_most_of_a_gigabyte() {
    let bomb = mp3_with_a_bomb_for_a_cover();
    let mut ffmpeg = unrestrained_ffmpeg(&bomb);
    let unrestrained = run(ffmpeg.arg("-vn"));
    assert!(
        unrestrained.peak_mib > 300,
        "the attack does not work at all: {} MiB",
        unrestrained.peak_mib
    );

    let scratch = Scratch::new();
    let tree = scratch.path("tree");
    let finished = run(&mut package(&bomb, &tree)).succeeded();
    assert!(finished.peak_mib < 300, "{} MiB", finished.peak_mib);
    good(&tree, &bomb, 44_100);
}

fn mp3_with_a_bomb_for_a_cover() -> PathBuf {
    let black = [
        "-f",
        "lavfi",
        "-i",
        "color=black:s=16000x16000,format=rgb24",
        "-frames:v",
        "1",
    ];
    let cover = made("bomb.png", &black);
    let cover = utf8(&cover);
    music(
        "bomb.mp3",
        &format!("-i {cover} -map 0:a -map 1:v -ar 44100 -c:v copy -disposition:v attached_pic"),
    )
}
