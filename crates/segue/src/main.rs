//! Segue: turns audio files into adaptive-bitrate HLS.

fn main() {}
