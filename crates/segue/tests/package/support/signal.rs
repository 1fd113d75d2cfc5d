//! Comparing what was decoded with what was encoded.

/// The samples that the encoder puts in front.
pub(crate) const DELAY: usize = 1024;
const LAGS: std::ops::RangeInclusive<usize> = 0..=2 * DELAY;
const WINDOW: usize = 8192;
const BLOCK: usize = 256;

/// The left channel of interleaved stereo.
pub(crate) fn left(stereo: &[f32]) -> Vec<f32> {
    stereo.iter().copied().step_by(2).collect()
}

/// The largest absolute sample.
pub(crate) fn peak(samples: &[f32]) -> f32 {
    samples.iter().fold(0.0, |peak, sample| peak.max(sample.abs()))
}

/// By how many samples what was decoded runs behind the source around a position: where the normalised
/// cross-correlation is largest, and how large it is there.
pub(crate) fn lag(source: &[f32], decoded: &[f32], position: usize) -> (usize, f32) {
    let window = &source[position..position + WINDOW];
    let correlation = |lag: usize| {
        let other = &decoded[position + lag..position + lag + WINDOW];
        dot(window, other) / (dot(window, window) * dot(other, other)).sqrt()
    };
    let correlations = LAGS.map(|lag| (lag, correlation(lag)));
    correlations.max_by(|a, b| a.1.total_cmp(&b.1)).expect("there are lags")
}

/// How much worse the decoded sound is near boundaries than anywhere else: the largest energy of the residual in a
/// block near a boundary over the largest elsewhere. About 1 or less where nothing happens at boundaries, for a source
/// that is the same all the time.
pub(crate) fn spike(source: &[f32], decoded: &[f32], boundaries: &[u64]) -> f32 {
    let residual: Vec<f32> = source.iter().zip(&decoded[DELAY..]).map(|(a, b)| a - b).collect();
    let (mut near, mut elsewhere) = (0_f32, 0_f32);
    // The encoder swings in and out at the ends of the source.
    let blocks = residual.chunks_exact(BLOCK).enumerate();
    for (index, block) in blocks.skip(32).take((residual.len() / BLOCK).saturating_sub(64)) {
        let position = index * BLOCK + DELAY;
        let is_near = boundaries
            .iter()
            .any(|boundary| (position as u64).abs_diff(*boundary) <= 2 * DELAY as u64);
        let worst = if is_near { &mut near } else { &mut elsewhere };
        *worst = worst.max(dot(block, block));
    }
    near / elsewhere
}

fn dot(a: &[f32], b: &[f32]) -> f32 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}
