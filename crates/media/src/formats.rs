//! The closed lists of what ffmpeg may open. What is not here is refused before a byte of it is decoded.
//!
//! Playlists (`hls`, `dash`, `concat`), session descriptions and image sequences name other files; leaving their
//! demuxers out is what keeps an `.mp3` that is really an m3u8 from reading them.

/// How the formats are named to an uploader.
pub(crate) const FOR_PEOPLE: &str =
    "MP3, WAV, FLAC, AAC, M4A, Ogg, Opus, AIFF, CAF, WMA, AC-3, and the audio of MP4, MOV, MKV, WebM and AVI files";

/// ffmpeg's demuxers (`-format_whitelist`).
pub(crate) const DEMUXERS: &str = "aac,ac3,aiff,asf,avi,caf,eac3,flac,matroska,mov,mp3,ogg,w64,wav";

/// ffmpeg's decoders (`-codec_whitelist`). No video: a cover image is never decoded.
pub(crate) const DECODERS: &str = "aac,aac_fixed,aac_latm,ac3,ac3_fixed,alac,eac3,flac,mp1,mp1float,mp2,mp2float,mp3,\
     mp3float,opus,libopus,vorbis,libvorbis,speex,libspeex,wavpack,tta,wmav1,wmav2,wmapro,wmalossless,wmavoice,\
     adpcm_ima_qt,adpcm_ima_wav,adpcm_ms,pcm_alaw,pcm_mulaw,pcm_u8,pcm_s8,pcm_s16le,pcm_s16be,pcm_s24le,pcm_s24be,\
     pcm_s32le,pcm_s32be,pcm_s64le,pcm_s64be,pcm_f32le,pcm_f32be,pcm_f64le,pcm_f64be";

/// More than any recording has; ffmpeg stops demuxing with an error past it (`-max_streams`).
pub(crate) const MAX_STREAMS: &str = "64";

/// Whether a codec, by the name that ffprobe gives it, has a decoder on the list.
pub(crate) fn decodes(codec: &str) -> bool {
    DECODERS.split(',').any(|decoder| decoder == codec)
}

/// The arguments that hold ffprobe and ffmpeg to these lists. They belong before the input.
pub(crate) const GUARDS: [&str; 8] = [
    "-protocol_whitelist",
    "file",
    "-format_whitelist",
    DEMUXERS,
    "-codec_whitelist",
    DECODERS,
    "-max_streams",
    MAX_STREAMS,
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_demuxer_on_the_list_opens_other_files() {
        for indirect in [
            "hls", "dash", "concat", "sdp", "rtsp", "image2", "imf", "tee", "lavfi", "mpegts",
        ] {
            assert!(!DEMUXERS.split(',').any(|demuxer| demuxer == indirect), "{indirect}");
        }
    }

    #[test]
    fn the_lists_hold_no_white_space() {
        assert!(!DEMUXERS.contains(' ') && !DECODERS.contains(' '));
    }

    #[test]
    fn codecs_are_looked_up_whole() {
        assert!(decodes("flac"));
        assert!(!decodes("fla"));
        assert!(!decodes("png"));
        assert!(!decodes(""));
    }
}
