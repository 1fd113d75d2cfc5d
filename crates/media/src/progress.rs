//! What ffmpeg prints with `-progress`: blocks of `key=value` lines, each ended by `progress=…`.

/// Longer than any line that matters; what is cut off is not one of them.
const LONGEST_LINE: usize = 128;

/// Reads the output of one ffmpeg, in pieces as they come, and keeps the time that it has encoded up to.
#[derive(Debug, Default)]
pub(crate) struct ProgressReader {
    line: Vec<u8>,
    microseconds: u64,
}

impl ProgressReader {
    /// Takes the next piece. If a block ended in it: how many seconds of audio have been encoded so far.
    pub(crate) fn feed(&mut self, piece: &[u8]) -> Option<f64> {
        let mut seconds = None;
        for &byte in piece {
            if byte == b'\n' {
                seconds = self.end_line().or(seconds);
                self.line.clear();
            } else if self.line.len() < LONGEST_LINE {
                self.line.push(byte);
            }
        }
        seconds
    }

    fn end_line(&mut self) -> Option<f64> {
        let (key, value) = std::str::from_utf8(&self.line).ok()?.trim().split_once('=')?;
        match key {
            // `N/A` before the first packet, and negative while the encoder's delay is being filled.
            "out_time_us" => {
                self.microseconds = self.microseconds.max(value.parse().unwrap_or(0));
                None
            }
            "progress" => Some(self.microseconds as f64 / 1e6),
            _ => None,
        }
    }
}

#[cfg(test)]
mod fuzz;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_block_yields_its_time() {
        let mut reader = ProgressReader::default();
        let block = b"bitrate=N/A\nout_time_us=1500000\nout_time_ms=1500000\nout_time=00:00:01.500000\nspeed=28.5x\n";
        assert_eq!(reader.feed(block), None);
        assert_eq!(reader.feed(b"progress=continue\n"), Some(1.5));
        assert_eq!(reader.feed(b"out_time_us=2000000\nprogress=end\n"), Some(2.0));
    }

    #[test]
    fn lines_may_come_in_any_pieces() {
        let mut reader = ProgressReader::default();
        let times: Vec<f64> = b"out_time_us=1500000\nprogress=continue\n"
            .chunks(1)
            .filter_map(|piece| reader.feed(piece))
            .collect();
        assert_eq!(times, [1.5]);
    }

    #[test]
    fn times_that_are_unknown_or_negative_are_zero() {
        let mut reader = ProgressReader::default();
        assert_eq!(reader.feed(b"out_time_us=N/A\nprogress=continue\n"), Some(0.0));
        assert_eq!(reader.feed(b"out_time_us=-23219\nprogress=continue\n"), Some(0.0));
    }

    #[test]
    fn time_never_runs_backwards() {
        let mut reader = ProgressReader::default();
        reader.feed(b"out_time_us=5000000\nprogress=continue\n");
        assert_eq!(reader.feed(b"out_time_us=1\nprogress=continue\n"), Some(5.0));
    }

    #[test]
    fn what_is_not_progress_is_passed_over_and_takes_no_memory() {
        let mut reader = ProgressReader::default();
        assert_eq!(reader.feed(b"hello\n=\nout_time_us\nprogress\n\xff=1\n"), None);
        for _ in 0..1000 {
            reader.feed(&[b'x'; 4096]);
        }
        assert_eq!(reader.line.len(), LONGEST_LINE);
        assert_eq!(reader.feed(b"\nprogress=end\n"), Some(0.0));
    }
}
