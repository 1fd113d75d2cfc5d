//! What was done, what became of it, and what broke.

use std::{collections::BTreeMap, time::Duration};

use domain::UploadState;

use crate::attack::Attack;

pub(crate) fn print(attack: &Attack, seed: u64) -> anyhow::Result<()> {
    println!("\n| fault | rounds | hit |\n|---|---:|---:|");
    for (fault, (rounds, hits)) in &attack.hits {
        println!("| {fault} | {rounds} | {hits} |");
    }
    let mut ends: BTreeMap<String, usize> = BTreeMap::new();
    for followed in &attack.ended {
        let end = match (&followed.upload.state, &followed.upload.failure) {
            (UploadState::Failed, Some(failure)) => format!("failed: {}", failure.code),
            (state, _) => state.to_string(),
        };
        *ends.entry(end).or_default() += 1;
    }
    println!("\n| uploads | |\n|---|---:|");
    for (end, count) in &ends {
        println!("| {end} | {count} |");
    }
    println!("\n| attempts | |\n|---|---:|");
    let sql = "SELECT outcome, count(*) FROM attempts GROUP BY outcome ORDER BY outcome";
    for row in attack.service.database.ask(sql)? {
        println!("| {} |", row.join(" | "));
    }
    let mut waits: Vec<Duration> = attack.ended.iter().map(|followed| followed.waited).collect();
    waits.sort_unstable();
    if let (Some(median), Some(longest)) = (waits.get(waits.len() / 2), waits.last()) {
        println!(
            "\nFrom complete to the end: median {:.1} s, longest {:.1} s.",
            median.as_secs_f64(),
            longest.as_secs_f64()
        );
    }
    println!(
        "{} URLs of superseded attempts still worked, and were used.",
        attack.late_writes
    );
    println!("Seed {seed}.");
    if attack.problems.is_empty() {
        println!("Everything held.");
    } else {
        println!("\nBROKEN:");
        for problem in &attack.problems {
            println!("- {problem}");
        }
    }
    Ok(())
}
