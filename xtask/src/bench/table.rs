//! What was measured, against the targets, as Markdown for `docs/performance.md`.

use std::fmt::Write;

use anyhow::Result;

/// Of the floor: encoding alone, on all cores.
const MAX_OF_FLOOR: f64 = 1.08;
/// Of four ffmpeg runs, one after the other.
const MAX_OF_FOUR: f64 = 0.53;
const MAX_PEAK_MIB: f64 = 48.0;
/// Memory is "the same" for all lengths within this much, which page-cache and allocator noise stay below.
const MAX_SPREAD_MIB: f64 = 4.0;

/// Wall seconds per round, except the floor, which is CPU seconds per core.
pub(super) struct Times {
    pub(super) name: String,
    pub(super) ours: Vec<f64>,
    pub(super) four_in_a_row: Vec<f64>,
    pub(super) floor: Vec<f64>,
}

impl Times {
    pub(super) fn of(format: &str, seconds: u32) -> Self {
        Self {
            name: format!("{seconds} s {format}"),
            ours: Vec::new(),
            four_in_a_row: Vec::new(),
            floor: Vec::new(),
        }
    }

    fn of_floor(&self) -> f64 {
        median_ratio(&self.ours, &self.floor)
    }

    fn of_four(&self) -> f64 {
        median_ratio(&self.ours, &self.four_in_a_row)
    }
}

/// The peak of our own process, in MiB, by the length of the input in seconds.
#[derive(Default)]
pub(super) struct Memory(Vec<(u32, f64)>);

impl Memory {
    pub(super) fn add(&mut self, seconds: u32, kib: u64) {
        self.0.push((seconds, kib as f64 / 1024.0));
    }

    fn peak(&self) -> f64 {
        self.0.iter().map(|(_, mib)| *mib).fold(0.0, f64::max)
    }

    fn spread(&self) -> f64 {
        self.peak() - self.0.iter().map(|(_, mib)| *mib).fold(f64::INFINITY, f64::min)
    }
}

pub(super) fn markdown(times: &[Times], memory: &Memory, rounds: u32, cores: usize) -> Result<String> {
    let mut text = String::new();
    writeln!(
        text,
        "Seconds on {cores} cores: median of {rounds} rounds (least..most). Ratios are medians of those of each round.\n"
    )?;
    writeln!(
        text,
        "| input | ours | four ffmpeg runs in a row | floor | ours / floor | ours / four |"
    )?;
    writeln!(text, "|---|---:|---:|---:|---:|---:|")?;
    for times in times {
        let Times {
            name,
            ours,
            four_in_a_row,
            floor,
        } = times;
        let (ours, four, floor) = (cell(ours), cell(four_in_a_row), cell(floor));
        let (of_floor, of_four) = (times.of_floor(), times.of_four());
        writeln!(
            text,
            "| {name} | {ours} | {four} | {floor} | {of_floor:.3} | {of_four:.3} |"
        )?;
    }
    writeln!(text, "\n| input | peak of our own process, MiB |\n|---|---:|")?;
    for (seconds, mib) in &memory.0 {
        writeln!(text, "| {seconds} s flac | {mib:.1} |")?;
    }
    writeln!(text, "\n| target | |\n|---|---|")?;
    for (target, is_met) in targets(times, memory) {
        writeln!(text, "| {target} | {} |", if is_met { "met" } else { "not met" })?;
    }
    Ok(text)
}

/// The targets that were missed.
pub(super) fn unmet(times: &[Times], memory: &Memory) -> Vec<String> {
    let targets = targets(times, memory).into_iter();
    targets
        .filter(|(_, is_met)| !is_met)
        .map(|(target, _)| target)
        .collect()
}

fn targets(times: &[Times], memory: &Memory) -> Vec<(String, bool)> {
    let mut targets = Vec::new();
    for times in times {
        let name = &times.name;
        targets.push((
            format!("{name}: at most {MAX_OF_FLOOR} of the floor"),
            times.of_floor() <= MAX_OF_FLOOR,
        ));
        targets.push((
            format!("{name}: at most {MAX_OF_FOUR} of four runs in a row"),
            times.of_four() <= MAX_OF_FOUR,
        ));
    }
    targets.push((
        format!("memory: at most {MAX_PEAK_MIB} MiB"),
        memory.peak() <= MAX_PEAK_MIB,
    ));
    let same = format!("memory: the same for all lengths, within {MAX_SPREAD_MIB} MiB");
    targets.push((same, memory.spread() <= MAX_SPREAD_MIB));
    targets
}

fn cell(seconds: &[f64]) -> String {
    let least = seconds.iter().copied().fold(f64::INFINITY, f64::min);
    let most = seconds.iter().copied().fold(0.0, f64::max);
    format!("{:.2} ({least:.2}..{most:.2})", median(seconds))
}

/// Of the rounds' own ratios: a machine that is slower for a while is so for all that a round measures.
fn median_ratio(ours: &[f64], other: &[f64]) -> f64 {
    let ratios: Vec<f64> = ours.iter().zip(other).map(|(ours, other)| ours / other).collect();
    median(&ratios)
}

fn median(seconds: &[f64]) -> f64 {
    let mut sorted = seconds.to_vec();
    sorted.sort_by(f64::total_cmp);
    let middle = sorted.len() / 2;
    if sorted.len() % 2 == 1 {
        sorted[middle]
    } else {
        f64::midpoint(sorted[middle - 1], sorted[middle])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn times(ours: f64) -> Times {
        Times {
            ours: vec![ours, 1.0, 100.0],
            four_in_a_row: vec![80.0; 3],
            floor: vec![38.0; 3],
            ..Times::of("wav", 600)
        }
    }

    fn memory(mib: [u64; 2]) -> Memory {
        let mut memory = Memory::default();
        memory.add(10, mib[0] * 1024);
        memory.add(600, mib[1] * 1024);
        memory
    }

    #[test]
    fn the_median_is_what_counts() {
        assert!(unmet(&[times(40.0)], &memory([30, 31])).is_empty());
    }

    #[test]
    fn a_round_on_a_slow_machine_is_compared_with_itself() {
        assert!((median_ratio(&[10.0, 30.0, 11.0], &[10.0, 30.0, 10.0]) - 1.0).abs() < 1e-9);
    }

    #[test]
    fn a_missed_target_is_named() {
        let slow = unmet(&[times(42.0)], &memory([30, 31]));
        assert_eq!(slow, ["600 s wav: at most 1.08 of the floor"]);
        assert_eq!(unmet(&[times(43.0)], &memory([30, 31])).len(), 2);
        assert_eq!(
            unmet(&[times(40.0)], &memory([30, 40])),
            ["memory: the same for all lengths, within 4 MiB"]
        );
        assert_eq!(unmet(&[times(40.0)], &memory([49, 50])), ["memory: at most 48 MiB"]);
    }

    #[test]
    fn the_table_says_both_figures_and_verdicts() {
        let text = markdown(&[times(42.0)], &memory([30, 31]), 3, 2).unwrap();
        assert!(text.contains(
            "| 600 s wav | 42.00 (1.00..100.00) | 80.00 (80.00..80.00) | 38.00 (38.00..38.00) | 1.105 | 0.525 |"
        ));
        assert!(text.contains("| 600 s wav: at most 1.08 of the floor | not met |"));
        assert!(text.contains("| memory: at most 48 MiB | met |"));
    }
}
