//! What ffmpeg is told.

use domain::Rung;
use tokio::process::Command;

use crate::{encode::Encode, formats, probe::url, probe_json::Probe};

/// ffmpeg's own playlist, which it insists on writing and nobody reads.
pub(crate) const SCRATCH_PLAYLIST: &str = "ffmpeg.m3u8";

/// One ffmpeg that decodes the input once and encodes the rungs of its share.
pub(crate) fn command(encode: &Encode, share: &[Rung]) -> Command {
    let mut command = Command::new(&encode.tools.ffmpeg);
    // Names within the work directory are relative to it, so that no `%` in its own name becomes a pattern.
    command.current_dir(&encode.work);
    command.args([
        "-nostdin",
        "-hide_banner",
        "-v",
        "error",
        "-nostats",
        "-stats_period",
        "0.1",
        "-progress",
        "pipe:1",
    ]);
    command.args(["-filter_complex_threads", "1"]).args(formats::GUARDS);
    command
        .args(["-threads", "1", "-vn", "-sn", "-dn", "-i"])
        .arg(url(&encode.input));
    command.arg("-filter_complex").arg(filter(&encode.probe, share.len()));
    let segment_seconds = encode.ladder.segment_seconds().to_string();
    for (index, rung) in share.iter().enumerate() {
        command.args(["-map", &format!("[r{index}]"), "-map_metadata", "-1"]);
        command.args(["-c:a", "aac", "-b:a", &rung.bits_per_second().to_string()]);
        command.args([
            "-f",
            "hls",
            "-hls_segment_type",
            "mpegts",
            "-hls_time",
            &segment_seconds,
        ]);
        // A segment gets its name when it is whole. The playlist is not used, and rewritten for every segment.
        command.args([
            "-hls_flags",
            "temp_file",
            "-hls_list_size",
            "1",
            "-hls_segment_filename",
        ]);
        command
            .arg(format!("{rung}/segment_%03d.ts"))
            .arg(format!("{rung}/{SCRATCH_PLAYLIST}"));
    }
    command
}

/// Any input to stereo at the ladder's rate, decoded and resampled once for all rungs of a process.
fn filter(probe: &Probe, outputs: usize) -> String {
    // ffmpeg turns mono into stereo 3 dB quieter; a mono source is to sound as loud as it is.
    let mono = if probe.channels == 1 {
        "pan=stereo|c0=c0|c1=c0,"
    } else {
        ""
    };
    let rate = probe.ladder_sample_rate();
    let pads = (0..outputs).fold(String::new(), |pads, index| pads + &format!("[r{index}]"));
    // `rematrix_maxval` scales a downmix so that it cannot clip; without it only integer formats are scaled.
    // The timestamps are dropped and counted anew from the samples: gaps, jumps and concatenated files would
    // otherwise break the continuity of the stream. (`N/SR/TB` restarts when the input changes in midstream.)
    format!(
        "[0:a:0]{mono}aresample={rate}:rematrix_maxval=1.0,\
         aformat=sample_fmts=fltp:sample_rates={rate}:channel_layouts=stereo,asetpts=NAN,asplit={outputs}{pads}"
    )
}
