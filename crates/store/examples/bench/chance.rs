//! Random enough for a benchmark, and the same in every run.

use std::sync::atomic::{AtomicU64, Ordering};

static NEXT: AtomicU64 = AtomicU64::new(1);

/// splitmix64.
pub(crate) fn number() -> u64 {
    let mut number = NEXT.fetch_add(0x9e37_79b9_7f4a_7c15, Ordering::Relaxed);
    number = (number ^ (number >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    number = (number ^ (number >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    number ^ (number >> 31)
}

pub(crate) fn bytes(count: usize) -> Vec<u8> {
    (0..count.div_ceil(8))
        .flat_map(|_| number().to_le_bytes())
        .take(count)
        .collect()
}
