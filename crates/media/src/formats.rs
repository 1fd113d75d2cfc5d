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

/// What else may lie beside the audio, or in its place. ffprobe opens a decoder for every stream and gives up on the
/// whole file where it may not, so it may open these; the list above still keeps it from feeding them a single packet.
/// What is not here at all is refused.
const PROBED_VIDEO: &str = "png,mjpeg,jpegls,bmp,gif,tiff,webp,h264,hevc,av1,libdav1d,libaom-av1,vp8,vp9,libvpx-vp9,\
     mpeg1video,mpeg2video,mpeg4,msmpeg4,msmpeg4v1,msmpeg4v2,wmv1,wmv2,wmv3,vc1,h263,h263p,theora,prores,dvvideo,\
     cinepak,svq1,svq3,ffv1,huffyuv,rawvideo,flv,indeo3,indeo5,utvideo";
const PROBED_SUBTITLES: &str = "ssa,ass,dvbsub,dvdsub,pgssub,mov_text,srt,subrip,text,webvtt,cc_dec";
const PROBED_AUDIO: &str = "dca,mlp,truehd,amrnb,amrwb,libopencore_amrnb,libopencore_amrwb,gsm,gsm_ms,libgsm,libgsm_ms,\
     qdm2,qdmc,mace3,mace6,atrac1,atrac3,atrac3p,cook,ape,mpc7,mpc8,tak,als,truespeech,g722,g726,nellymoser,adpcm_yamaha,\
     adpcm_swf,adpcm_g722,adpcm_g726,dvaudio,pcm_bluray,pcm_dvd,pcm_s24daud,pcm_vidc";

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

/// What ffprobe needs besides [`GUARDS`], and after them. An option for one type of stream overrides the general one
/// where ffprobe opens decoders, but not where libavformat probes with them.
pub(crate) fn probe_guards() -> [String; 6] {
    let audio = format!("{DECODERS},{PROBED_AUDIO}");
    let of_type = ["-codec_whitelist:a", "-codec_whitelist:v", "-codec_whitelist:s"].map(String::from);
    let [a, v, s] = of_type;
    [a, audio, v, PROBED_VIDEO.into(), s, PROBED_SUBTITLES.into()]
}

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
