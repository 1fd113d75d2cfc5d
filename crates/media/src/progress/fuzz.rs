//! What an ffmpeg that a hostile file has turned might print.

use proptest::{prelude::*, sample::Index};

use super::*;
use crate::hostile::damaged;

/// As ffmpeg 5.1 prints it.
const REAL: &str = "\
bitrate=N/A
total_size=N/A
out_time_us=-23219
out_time_ms=-23219
out_time=-00:00:00.023219
dup_frames=0
drop_frames=0
speed=N/A
progress=continue
bitrate=N/A
total_size=N/A
out_time_us=14512472
out_time_ms=14512472
out_time=00:00:14.512472
dup_frames=0
drop_frames=0
speed=  29x
progress=continue
bitrate=N/A
total_size=N/A
out_time_us=30000000
out_time_ms=30000000
out_time=00:00:30.000000
dup_frames=0
drop_frames=0
speed=29.6x
progress=end
";

/// All times that come of `output`, read in these pieces.
fn times(pieces: &[&[u8]]) -> Result<Vec<f64>, TestCaseError> {
    let mut reader = ProgressReader::default();
    let mut times = Vec::new();
    for piece in pieces {
        times.extend(reader.feed(piece));
        prop_assert!(reader.line.len() <= LONGEST_LINE);
    }
    Ok(times)
}

/// What is no property.
mod plain {
    use super::*;

    #[test]
    fn the_example_is_read() {
        let lines: Vec<&[u8]> = REAL.as_bytes().split_inclusive(|&byte| byte == b'\n').collect();
        assert_eq!(times(&lines).unwrap(), [0.0, 14.512_472, 30.0]);
    }
}

proptest! {
    #[test]
    fn time_runs_forward_and_ends_the_same_however_the_pieces_come(
        output in damaged(REAL),
        cuts in prop::collection::vec(any::<Index>(), 0..20),
    ) {
        let mut cuts: Vec<usize> = cuts.iter().map(|cut| cut.index(output.len() + 1)).collect();
        cuts.extend([0, output.len()]);
        cuts.sort_unstable();
        let pieces: Vec<&[u8]> = cuts.windows(2).map(|pair| &output[pair[0]..pair[1]]).collect();
        let lines: Vec<&[u8]> = output.split_inclusive(|&byte| byte == b'\n').collect();

        let all = times(&lines)?;
        prop_assert!(all.iter().all(|seconds| seconds.is_finite() && seconds.is_sign_positive()), "{all:?}");
        prop_assert!(all.is_sorted(), "{all:?}");
        let some = times(&pieces)?;
        prop_assert!(some.iter().all(|seconds| all.contains(seconds)), "{some:?} of {all:?}");
        prop_assert_eq!(some.last(), all.last());
        let at_once = times(&[&output])?;
        prop_assert_eq!(at_once.last(), all.last());
        // Whoever keeps a time of a child adds to it and takes it for a `Duration`.
        if let Some(last) = all.last() {
            prop_assert!(std::time::Duration::try_from_secs_f64(*last).is_ok());
        }
    }
}
