//! ffprobe and ffmpeg as supervised, sandboxed child processes.
