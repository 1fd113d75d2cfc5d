//! What was measured, as Markdown.

use std::{collections::BTreeMap, fmt::Write};

use crate::KINDS;

/// Of the median of `SELECT 1`.
fn at_most(kind: &str) -> Option<f64> {
    match kind {
        "get" => Some(3.0),
        "list" | "search" => Some(6.0),
        _ => None,
    }
}

/// Milliseconds, by database and kind.
#[derive(Default)]
pub(crate) struct Table(BTreeMap<(&'static str, &'static str), Vec<Vec<f64>>>);

impl Table {
    pub(crate) fn add(&mut self, database: &'static str, kind: &'static str, times: Vec<f64>) {
        self.0.entry((database, kind)).or_default().push(times);
    }

    pub(crate) fn markdown(&self, rounds: usize, requests: usize) -> String {
        let mut text = format!(
            "A user with 10,000 uploads among 200,000; one request after the other, {rounds} rounds of {requests} of \
             each kind in turns; milliseconds. The ratio is the median of the rounds' own.\n\n\
             | database | request | p50 | p99 | p50 of `SELECT 1` |\n|---|---|---:|---:|---:|\n"
        );
        for database in self.databases() {
            for kind in KINDS {
                let all: Vec<f64> = self.rounds(database, kind).concat();
                let (half, most) = (quantile(&all, 0.5), quantile(&all, 0.99));
                let ratio = self.ratio(database, kind);
                let _ = writeln!(text, "| {database} | {kind} | {half:.3} | {most:.3} | {ratio:.2} |");
            }
        }
        text
    }

    pub(crate) fn unmet(&self) -> Vec<String> {
        let mut unmet = Vec::new();
        for database in self.databases() {
            for kind in KINDS {
                let ratio = self.ratio(database, kind);
                if at_most(kind).is_some_and(|most| ratio > most) {
                    unmet.push(format!("{database}, {kind}: {ratio:.2} times `SELECT 1`"));
                }
            }
        }
        unmet
    }

    fn databases(&self) -> Vec<&'static str> {
        let mut databases: Vec<_> = self.0.keys().map(|(database, _)| *database).collect();
        databases.dedup();
        databases
    }

    fn rounds(&self, database: &'static str, kind: &'static str) -> &[Vec<f64>] {
        self.0.get(&(database, kind)).map_or(&[], Vec::as_slice)
    }

    fn ratio(&self, database: &'static str, kind: &'static str) -> f64 {
        let bare = self.rounds(database, KINDS[0]);
        let ratios = self.rounds(database, kind).iter().zip(bare);
        let ratios: Vec<f64> = ratios
            .map(|(ours, bare)| quantile(ours, 0.5) / quantile(bare, 0.5))
            .collect();
        quantile(&ratios, 0.5)
    }
}

fn quantile(figures: &[f64], share: f64) -> f64 {
    let mut sorted = figures.to_vec();
    sorted.sort_by(f64::total_cmp);
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "an index of a short list"
    )]
    let index = ((sorted.len() - 1) as f64 * share).round() as usize;
    sorted[index]
}
