//! HLS playlists: measured segments in, m3u8 text out; and the conformance lint. No I/O.
