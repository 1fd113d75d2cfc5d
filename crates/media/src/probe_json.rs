//! ffprobe's JSON to a typed probe, or a typed refusal.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::{
    error::{MediaError, Refusal},
    formats,
};

/// The longest tag that is kept, in characters. Lyrics and encoder logs are not titles.
const TAG_CHARS: usize = 512;
/// The longest name of a container, codec or layout, in characters. ffmpeg's own are far shorter.
const NAME_CHARS: usize = 64;
/// How much is kept of what is wrong with an answer, in characters: it may quote all of it.
const COMPLAINT_CHARS: usize = 200;
/// Past this many channels no downmix is defined.
const MAX_CHANNELS: u32 = 8;

/// What an input is, as far as its headers tell.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Probe {
    /// ffmpeg's name of the container format: `mp3`, `wav`, `mov`, `matroska`, …
    pub container: String,
    /// ffmpeg's name of the audio codec: `mp3`, `flac`, `pcm_s16le`, …
    pub codec: String,
    /// In Hz.
    pub sample_rate: u32,
    /// How many channels the audio has.
    pub channels: u32,
    /// ffmpeg's name of the channel layout, where the file states one: `stereo`, `5.1(side)`, …
    pub channel_layout: Option<String>,
    /// In seconds, as the header claims it: good for a progress bar, never for a limit.
    pub duration_seconds: Option<f64>,
    /// In bits per second, of the audio stream or else of the whole file.
    pub bit_rate: Option<u64>,
    /// What the file says of itself.
    pub tags: Tags,
    /// Whether a cover image is embedded.
    pub has_cover: bool,
}

/// What a file says of itself. Control characters are dropped, and each tag is cut at 512 characters.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[expect(missing_docs, reason = "the names are the documentation")]
pub struct Tags {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub artist: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub album: Option<String>,
}

impl Probe {
    /// The sample rate of the whole ladder: 44.1 kHz for its family, 48 kHz for everything else.
    #[must_use]
    pub fn ladder_sample_rate(&self) -> u32 {
        match self.sample_rate {
            11_025 | 22_050 | 44_100 | 88_200 | 176_400 => 44_100,
            _ => 48_000,
        }
    }
}

/// What [`parse`] reads of ffprobe's answer, and so what ffprobe is asked to print.
pub(crate) const ENTRIES: &str = "format=format_name,duration,bit_rate:stream=codec_type,codec_name,codec_tag_string,\
     sample_rate,channels,channel_layout,duration,bit_rate:stream_disposition=attached_pic:packet=codec_type\
     :packet_side_data";

/// What is asked for besides, unless it turns out to be megabytes.
pub(crate) const TAG_ENTRIES: &str = ":format_tags=title,artist,album:stream_tags=title,artist,album";

#[derive(Deserialize)]
struct Answer {
    #[serde(default)]
    format: Format,
    #[serde(default)]
    streams: Vec<Stream>,
    #[serde(default)]
    packets: Vec<Packet>,
}

#[derive(Deserialize, Default)]
struct Format {
    #[serde(default, rename = "format_name")]
    name: String,
    duration: Option<String>,
    bit_rate: Option<String>,
    #[serde(default)]
    tags: BTreeMap<String, String>,
}

#[derive(Deserialize)]
struct Stream {
    #[serde(default)]
    codec_type: String,
    #[serde(default)]
    codec_name: String,
    #[serde(default)]
    codec_tag_string: String,
    sample_rate: Option<String>,
    #[serde(default)]
    channels: u32,
    channel_layout: Option<String>,
    duration: Option<String>,
    bit_rate: Option<String>,
    #[serde(default)]
    disposition: Disposition,
    #[serde(default)]
    tags: BTreeMap<String, String>,
}

#[derive(Deserialize, Default)]
struct Disposition {
    #[serde(default)]
    attached_pic: u8,
}

#[derive(Deserialize)]
struct Packet {
    #[serde(default)]
    side_data_list: Vec<SideData>,
}

#[derive(Deserialize)]
struct SideData {
    #[serde(default)]
    side_data_type: String,
}

/// Reads ffprobe's answer.
pub(crate) fn parse(json: &[u8]) -> Result<Probe, MediaError> {
    let unreadable = |error: serde_json::Error| MediaError::Answer(cut(&error.to_string(), COMPLAINT_CHARS));
    Ok(judge(&serde_json::from_slice(json).map_err(unreadable)?)?)
}

fn judge(answer: &Answer) -> Result<Probe, Refusal> {
    let audio = answer
        .streams
        .iter()
        .find(|stream| stream.codec_type == "audio")
        .ok_or(Refusal::NoAudioStream)?;
    let encrypted_packet = |packet: &Packet| packet.side_data_list.iter().any(SideData::is_encryption);
    // FairPlay and common encryption keep these tags where ffmpeg does not look behind them.
    if matches!(audio.codec_tag_string.as_str(), "drms" | "enca") || answer.packets.iter().any(encrypted_packet) {
        return Err(Refusal::Encrypted);
    }
    if !formats::decodes(&audio.codec_name) {
        let codec = match cut(&audio.codec_name, NAME_CHARS) {
            name if name.is_empty() => "an unknown codec".into(),
            name => name,
        };
        return Err(Refusal::Unsupported(format!(
            "its audio is in {codec}, which Segue does not decode"
        )));
    }
    if audio.channels > MAX_CHANNELS {
        return Err(Refusal::Unsupported(format!(
            "it has {} channels, more than the 8 that fit",
            audio.channels
        )));
    }
    let sample_rate = number(audio.sample_rate.as_ref())
        .filter(|rate| *rate > 0)
        .ok_or(Refusal::Corrupt)?;
    if audio.channels == 0 {
        return Err(Refusal::Corrupt);
    }
    let layout = audio.channel_layout.as_ref().map(|layout| cut(layout, NAME_CHARS));
    let tags = |wanted: &str| tag(&answer.format.tags, wanted).or_else(|| tag(&audio.tags, wanted));
    Ok(Probe {
        container: cut(answer.format.name.split(',').next().unwrap_or_default(), NAME_CHARS),
        codec: audio.codec_name.clone(),
        sample_rate,
        channels: audio.channels,
        channel_layout: layout.filter(|layout| layout != "unknown"),
        duration_seconds: duration(audio.duration.as_ref()).or_else(|| duration(answer.format.duration.as_ref())),
        bit_rate: number(audio.bit_rate.as_ref()).or_else(|| number(answer.format.bit_rate.as_ref())),
        tags: Tags {
            title: tags("title"),
            artist: tags("artist"),
            album: tags("album"),
        },
        has_cover: answer.streams.iter().any(|stream| stream.disposition.attached_pic == 1),
    })
}

impl SideData {
    fn is_encryption(&self) -> bool {
        self.side_data_type.starts_with("Encryption")
    }
}

/// ffprobe writes numbers as strings, and `N/A` for those it does not know.
fn number<N: std::str::FromStr>(text: Option<&String>) -> Option<N> {
    text?.parse().ok()
}

fn duration(text: Option<&String>) -> Option<f64> {
    let seconds: f64 = number(text)?;
    // `abs`, since there is a negative zero.
    (seconds.is_finite() && seconds >= 0.0).then(|| seconds.abs())
}

/// Control characters, and those that break a line of text or turn its direction around.
fn is_disruptive(c: char) -> bool {
    let is_bidi = matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    c.is_control() || is_bidi || matches!(c, '\u{2028}' | '\u{2029}')
}

/// So much of a text from outside, in one line.
fn cut(text: &str, longest: usize) -> String {
    text.chars().filter(|c| !is_disruptive(*c)).take(longest).collect()
}

/// Vorbis comments come in capitals, ID3 in small letters. A file may have both; the first that says something counts.
fn tag(tags: &BTreeMap<String, String>, wanted: &str) -> Option<String> {
    let spellings = tags.iter().filter(|(name, _)| name.eq_ignore_ascii_case(wanted));
    let mut clean = spellings.map(|(_, value)| cut(value, TAG_CHARS).trim().to_owned());
    clean.find(|value| !value.is_empty())
}

#[cfg(test)]
mod fuzz;

#[cfg(test)]
mod tests {
    use super::*;

    fn stream(fields: &str) -> String {
        format!(r#"{{"streams":[{{"codec_type":"audio",{fields}}}],"format":{{"format_name":"mp3"}}}}"#)
    }

    fn refusal(json: &str) -> Refusal {
        match parse(json.as_bytes()) {
            Err(MediaError::Refused(refusal)) => refusal,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn an_mp3_with_a_cover_is_read_whole() {
        let json = r#"{
            "packets": [{"codec_type": "audio"}],
            "streams": [
                {"codec_type": "video", "codec_name": "png", "disposition": {"attached_pic": 1}},
                {"codec_type": "audio", "codec_name": "mp3", "codec_tag_string": "[0][0][0][0]",
                 "sample_rate": "22050", "channels": 2, "channel_layout": "stereo", "duration": "440.776900",
                 "bit_rate": "80000", "disposition": {"attached_pic": 0}, "tags": {"ARTIST": " Mona\u0000\u202e "}}
            ],
            "format": {"format_name": "mp3", "duration": "441.0", "bit_rate": "81000",
                       "tags": {"title": "Frontiers", "album": "\n"}}
        }"#;
        let expected = Probe {
            container: "mp3".into(),
            codec: "mp3".into(),
            sample_rate: 22_050,
            channels: 2,
            channel_layout: Some("stereo".into()),
            duration_seconds: Some(440.7769),
            bit_rate: Some(80_000),
            tags: Tags {
                title: Some("Frontiers".into()),
                artist: Some("Mona".into()),
                album: None,
            },
            has_cover: true,
        };
        assert_eq!(parse(json.as_bytes()).unwrap(), expected);
    }

    #[test]
    fn what_a_header_does_not_know_is_none() {
        let json = stream(
            r#""codec_name":"flac","sample_rate":"96000","channels":6,"channel_layout":"unknown","duration":"N/A""#,
        );
        let probe = parse(json.as_bytes()).unwrap();
        assert_eq!(
            (probe.duration_seconds, probe.bit_rate, probe.channel_layout),
            (None, None, None)
        );
        assert_eq!(probe.tags, Tags::default());
        for no_duration in ["-1", "-0.001", "inf", "-inf", "NaN", "1e999", ""] {
            assert_eq!(duration(Some(&no_duration.into())), None, "{no_duration}");
        }
        assert!(duration(Some(&"-0".into())).is_some_and(f64::is_sign_positive));
    }

    #[test]
    fn the_44_1_family_stays_and_the_rest_goes_to_48_khz() {
        let rate = |sample_rate: u32| {
            let json = stream(&format!(
                r#""codec_name":"flac","sample_rate":"{sample_rate}","channels":1"#
            ));
            parse(json.as_bytes()).unwrap().ladder_sample_rate()
        };
        assert_eq!([11_025, 22_050, 44_100, 88_200, 176_400].map(rate), [44_100; 5]);
        assert_eq!(
            [8_000, 16_000, 32_000, 48_000, 96_000, 192_000, 12_345].map(rate),
            [48_000; 7]
        );
    }

    #[test]
    fn a_file_without_audio_is_refused() {
        let video = r#"{"streams":[{"codec_type":"video","codec_name":"h264"}],"format":{}}"#;
        assert_eq!(refusal(video), Refusal::NoAudioStream);
        assert_eq!(refusal("{}"), Refusal::NoAudioStream);
    }

    #[test]
    fn protected_audio_is_refused() {
        let fairplay = stream(r#""codec_name":"aac","codec_tag_string":"drms","sample_rate":"44100","channels":2"#);
        assert_eq!(refusal(&fairplay), Refusal::Encrypted);
        let cenc = r#"{"packets":[{"side_data_list":[{"side_data_type":"Encryption info"}]}],
            "streams":[{"codec_type":"audio","codec_name":"aac","sample_rate":"44100","channels":2}]}"#;
        assert_eq!(refusal(cenc), Refusal::Encrypted);
    }

    #[test]
    fn codecs_and_channels_that_are_not_taken_are_named() {
        let midi = stream(r#""codec_name":"gsm","sample_rate":"8000","channels":1"#);
        assert!(
            parse(midi.as_bytes())
                .unwrap_err()
                .to_string()
                .starts_with("its audio is in gsm")
        );
        let array = stream(r#""codec_name":"flac","sample_rate":"48000","channels":9"#);
        assert!(
            parse(array.as_bytes())
                .unwrap_err()
                .to_string()
                .starts_with("it has 9 channels")
        );
    }

    #[test]
    fn headers_without_a_rate_or_channels_are_corrupt() {
        for fields in [
            r#""codec_name":"mp3","channels":2"#,
            r#""codec_name":"mp3","sample_rate":"0","channels":2"#,
            r#""codec_name":"mp3","sample_rate":"44100""#,
        ] {
            assert_eq!(refusal(&stream(fields)), Refusal::Corrupt, "{fields}");
        }
    }

    #[test]
    fn an_answer_that_is_no_answer_is_not_held_against_the_file() {
        for answer in ["", "[1]", "{\"streams\": 7}"] {
            assert!(
                matches!(parse(answer.as_bytes()), Err(MediaError::Answer(_))),
                "{answer}"
            );
        }
    }

    #[test]
    fn of_two_spellings_of_a_tag_the_first_that_says_something_counts() {
        let tags = |tags: &str| {
            let json = format!(
                r#"{{"streams":[{{"codec_type":"audio","codec_name":"flac","sample_rate":"44100","channels":2}}],
                    "format":{{"tags":{{{tags}}}}}}}"#
            );
            parse(json.as_bytes()).unwrap().tags.title
        };
        // In whatever order, and every time.
        for _ in 0..20 {
            assert_eq!(tags(r#""title":"small","TITLE":"capital""#).unwrap(), "capital");
            assert_eq!(tags(r#""TITLE":"capital","title":"small""#).unwrap(), "capital");
            assert_eq!(tags(r#""title":"small","TITLE":"\u2028 ""#).unwrap(), "small");
        }
    }

    #[test]
    fn what_is_said_of_a_bad_answer_is_one_short_line() {
        let message = |json: &str| parse(json.as_bytes()).unwrap_err().to_string();
        let unreadable = message(&format!(r#"{{"streams":"{}"}}"#, "a\\n".repeat(100_000)));
        assert!(
            unreadable.starts_with("ffprobe answered what") && unreadable.len() < 300,
            "{unreadable}"
        );
        let codec = message(&stream(&format!(r#""codec_name":"{}""#, "a\\n".repeat(100_000))));
        assert!(
            codec.starts_with("its audio is in aaaa") && codec.len() < 200,
            "{codec}"
        );
    }

    #[test]
    fn long_tags_are_cut_between_characters() {
        let tags = BTreeMap::from([("TITLE".to_owned(), "é".repeat(1000))]);
        assert_eq!(tag(&tags, "title").map(|title| title.chars().count()), Some(TAG_CHARS));
    }
}
