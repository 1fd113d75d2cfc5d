//! From measured renditions to the text of their playlists.

use std::io;

use m3u8_rs::{ExtTag, MasterPlaylist, MediaPlaylist, MediaPlaylistType, MediaSegment, VariantStream};

use crate::rendition::Rendition;

pub use domain::{MASTER, MEDIA_PLAYLIST};

/// Three is the first version with fractions in EXTINF (RFC 8216, 7), and nothing here needs a later one. The master
/// repeats it: a client may refuse a master before it ever sees the media playlists.
const VERSION: usize = 3;

/// AAC-LC: MPEG-4 audio (40), audio object type 2 (RFC 6381, 3.3).
const CODECS: &str = "mp4a.40.2";

/// The finished media playlist of `rendition` (RFC 8216, 4.3.3), for segments that were cut at `target_seconds`.
///
/// The rendition must hold at least one segment, and each must round to at most `target_seconds`; the lint says so
/// where it does not.
#[must_use]
pub fn media_playlist(rendition: &Rendition, target_seconds: u32) -> String {
    let mut segments: Vec<MediaSegment> = rendition
        .segments
        .iter()
        .map(|segment| MediaSegment {
            uri: segment.name.clone(),
            duration: printed_seconds(segment.seconds(rendition.sample_rate)),
            ..MediaSegment::default()
        })
        .collect();
    if let Some(first) = segments.first_mut() {
        // m3u8-rs leaves out a media sequence of zero, which RFC 8216 allows and some players and validators do not.
        first.unknown_tags.push(ExtTag {
            tag: "X-MEDIA-SEQUENCE".into(),
            rest: Some("0".into()),
        });
    }
    let playlist = MediaPlaylist {
        version: Some(VERSION),
        target_duration: u64::from(target_seconds),
        playlist_type: Some(MediaPlaylistType::Vod),
        segments,
        end_list: true,
        ..MediaPlaylist::default()
    };
    written(|text| playlist.write_to(text))
}

/// The multivariant playlist over `renditions` (RFC 8216, 4.3.4), lowest measured bandwidth first: that is what a
/// constrained client should start with. Each is found at `{name}/playlist.m3u8`.
#[must_use]
pub fn master_playlist(renditions: &[Rendition], target_seconds: u32) -> String {
    let mut variants: Vec<VariantStream> = renditions
        .iter()
        .map(|rendition| VariantStream {
            uri: format!("{}/{MEDIA_PLAYLIST}", rendition.name),
            bandwidth: rendition.peak_bandwidth(target_seconds),
            average_bandwidth: Some(rendition.average_bandwidth()),
            codecs: Some(CODECS.into()),
            ..VariantStream::default()
        })
        .collect();
    // Silence takes as little at 256k as at 64k, so the order of the ladder need not be that of what was measured.
    variants.sort_by_key(|variant| variant.bandwidth);
    let playlist = MasterPlaylist {
        version: Some(VERSION),
        // Every AAC frame decodes by itself. Said once here, it holds for all media playlists (RFC 8216, 4.3.5.1).
        independent_segments: true,
        variants,
        ..MasterPlaylist::default()
    };
    written(|text| playlist.write_to(text))
}

/// m3u8-rs prints an f32 in its shortest form: at 6 seconds that is exact to half a microsecond, so 6000 segments
/// drift by less than 3 ms, an eighth of a frame.
#[expect(
    clippy::cast_possible_truncation,
    reason = "the type of m3u8-rs's field; the loss is bounded above"
)]
fn printed_seconds(seconds: f64) -> f32 {
    seconds as f32
}

#[expect(clippy::expect_used, reason = "neither can fail, as their texts prove")]
fn written(write: impl FnOnce(&mut Vec<u8>) -> io::Result<()>) -> String {
    let mut text = Vec::new();
    write(&mut text).expect("writing to memory cannot fail");
    String::from_utf8(text).expect("made of strings and numbers only, so it is UTF-8")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rendition::{SAMPLES_PER_FRAME, Segment};

    fn rendition(name: &str, sample_rate: u32, segments: &[(u64, u64)]) -> Rendition {
        let segments = segments.iter().enumerate().map(|(index, &(frames, bytes))| Segment {
            name: format!("segment_{index:03}.ts"),
            bytes,
            frames,
        });
        Rendition {
            name: name.into(),
            sample_rate,
            segments: segments.collect(),
        }
    }

    fn printed(playlist: &str) -> Vec<f64> {
        let values = playlist.lines().filter_map(|line| line.strip_prefix("#EXTINF:"));
        values
            .map(|value| value.trim_end_matches(',').parse().unwrap())
            .collect()
    }

    #[test]
    fn a_media_playlist_is_written_whole() {
        let rendition = rendition("64k", 44_100, &[(259, 56_588), (258, 56_212), (70, 15_416)]);
        let expected = "\
#EXTM3U
#EXT-X-VERSION:3
#EXT-X-TARGETDURATION:6
#EXT-X-PLAYLIST-TYPE:VOD
#EXT-X-MEDIA-SEQUENCE:0
#EXTINF:6.0139685,
segment_000.ts
#EXTINF:5.9907484,
segment_001.ts
#EXTINF:1.6253968,
segment_002.ts
#EXT-X-ENDLIST
";
        assert_eq!(media_playlist(&rendition, 6), expected);
    }

    #[test]
    fn a_master_playlist_is_written_whole() {
        let renditions = [
            rendition("64k", 48_000, &[(282, 56_588), (281, 56_212)]),
            rendition("128k", 48_000, &[(282, 102_460), (281, 103_024)]),
        ];
        let expected = "\
#EXTM3U
#EXT-X-VERSION:3
#EXT-X-INDEPENDENT-SEGMENTS
#EXT-X-STREAM-INF:BANDWIDTH=75250,AVERAGE-BANDWIDTH=75134,CODECS=\"mp4a.40.2\"
64k/playlist.m3u8
#EXT-X-STREAM-INF:BANDWIDTH=137488,AVERAGE-BANDWIDTH=136868,CODECS=\"mp4a.40.2\"
128k/playlist.m3u8
";
        assert_eq!(master_playlist(&renditions, 6), expected);
    }

    #[test]
    fn the_lowest_measured_bandwidth_is_listed_first_whatever_the_rung() {
        let quiet = [
            rendition("64k", 48_000, &[(282, 9_400)]),
            rendition("128k", 48_000, &[(282, 9_399)]),
        ];
        let text = master_playlist(&quiet, 6);
        let uris: Vec<&str> = text.lines().filter(|line| !line.starts_with('#')).collect();
        assert_eq!(uris, ["128k/playlist.m3u8", "64k/playlist.m3u8"]);
    }

    #[test]
    fn ten_hours_of_printed_durations_stay_within_a_fraction_of_a_frame() {
        let segments: Vec<_> = (0..6000)
            .map(|index| (258 + u64::from(index % 5 < 2), 50_000))
            .collect();
        let rendition = rendition("64k", 44_100, &segments);
        let frame_seconds = SAMPLES_PER_FRAME as f64 / 44_100.0;
        let (mut printed_end, mut real_frames) = (0.0, 0);
        for (printed, segment) in printed(&media_playlist(&rendition, 6)).iter().zip(&rendition.segments) {
            printed_end += printed;
            real_frames += segment.frames;
            let real_end = real_frames as f64 * frame_seconds;
            assert!(
                (printed_end - real_end).abs() < frame_seconds / 8.0,
                "{printed_end} for {real_end}"
            );
        }
        assert_eq!(real_frames, 6000 * 258 + 2400);
    }

    #[test]
    fn the_longest_legal_segment_is_never_printed_past_its_target() {
        for sample_rate in [44_100, 48_000] {
            for target in 1..=30 {
                let limit = f64::from(target) + 0.5;
                let mut frames = u64::from(target) * u64::from(sample_rate) / SAMPLES_PER_FRAME;
                let next = |frames| (frames + 1) as f64 * SAMPLES_PER_FRAME as f64 / f64::from(sample_rate);
                while next(frames) < limit {
                    frames += 1;
                }
                let playlist = media_playlist(&rendition("64k", sample_rate, &[(frames, 1)]), target);
                let seconds = printed(&playlist)[0];
                assert!(
                    seconds < limit && seconds > limit - 0.03,
                    "{seconds} for {target} at {sample_rate}"
                );
            }
        }
    }

    #[test]
    fn whole_seconds_are_written_without_a_fraction() {
        // 375 frames are 8 seconds at 48 kHz. A whole number is a legal EXTINF in every version.
        let playlist = media_playlist(&rendition("64k", 48_000, &[(375, 1)]), 8);
        assert!(playlist.contains("\n#EXTINF:8,\n"));
    }
}
