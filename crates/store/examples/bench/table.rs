//! What was measured, and whether it is enough.

use std::fmt::Write as _;

use crate::{CLAIMERS, JOBS};

/// Ours against the bare loop.
const OF_BARE: f64 = 0.5;
/// Many jobs of many users against few of one.
const OF_FEW: f64 = 0.8;

/// One scenario on one database.
pub(crate) struct Row {
    database: &'static str,
    queued: usize,
    users: usize,
    /// Claims, finishes, first and second bare updates: seconds of each round.
    rounds: Vec<[f64; 4]>,
}

impl Row {
    pub(crate) fn new(database: &'static str, queued: usize, users: usize) -> Self {
        Self {
            database,
            queued,
            users,
            rounds: Vec::new(),
        }
    }

    pub(crate) fn add(&mut self, seconds: [f64; 4]) {
        self.rounds.push(seconds);
    }

    fn median(&self, of: impl Fn(&[f64; 4]) -> f64) -> f64 {
        let mut figures: Vec<f64> = self.rounds.iter().map(of).collect();
        figures.sort_by(f64::total_cmp);
        figures[figures.len() / 2]
    }

    fn rate(&self, seconds: impl Fn(&[f64; 4]) -> f64) -> f64 {
        JOBS as f64 / self.median(seconds)
    }

    /// Claims and finishes of the same jobs, a second.
    fn ours(&self) -> f64 {
        self.rate(|[claim, finish, ..]| claim + finish)
    }

    fn bare(&self) -> f64 {
        self.rate(|[.., first, second]| first + second)
    }

    /// Round by round, as each round's are neighbours in time.
    fn of_bare(&self) -> f64 {
        self.median(|[claim, finish, first, second]| (first + second) / (claim + finish))
    }

    fn is(&self, database: &str, queued: usize, users: usize) -> bool {
        self.database == database && self.queued == queued && self.users == users
    }
}

#[derive(Default)]
pub(crate) struct Table {
    pub(crate) rows: Vec<Row>,
}

impl Table {
    /// Each database, with the rate of 100,000 queued by 1,000 users over that of 1,000 by one.
    fn of_few(&self) -> Vec<(&'static str, f64)> {
        let few = self.rows.iter().filter(|row| row.queued == 1_000 && row.users == 1);
        few.filter_map(|few| {
            let many = self.rows.iter().find(|row| row.is(few.database, 100_000, 1_000))?;
            Some((few.database, many.ours() / few.ours()))
        })
        .collect()
    }

    pub(crate) fn unmet(&self) -> Vec<String> {
        let slow = self.rows.iter().filter(|row| row.of_bare() < OF_BARE);
        let mut unmet: Vec<_> = slow
            .map(|row| {
                format!(
                    "{}, {} queued by {}: {:.2} of the bare loop",
                    row.database,
                    row.queued,
                    row.users,
                    row.of_bare()
                )
            })
            .collect();
        let slower = self.of_few().into_iter().filter(|(_, ratio)| *ratio < OF_FEW);
        unmet.extend(slower.map(|(database, ratio)| format!("{database}: {ratio:.2} with many against few")));
        unmet
    }

    pub(crate) fn markdown(&self, rounds: usize) -> String {
        let mut text = format!(
            "{CLAIMERS} claimers, then {CLAIMERS} finishers; medians of {rounds} rounds of {JOBS} jobs each, ours and the \
             bare loop (two one-row UPDATEs by primary key, each durable) in turns. Between claims and finishes the \
             attempts are started, which is not timed.\n\n\
             | database | queued | users | claims/s | finishes/s | claims + finishes/s | bare pairs/s | of bare |\n\
             |---|---:|---:|---:|---:|---:|---:|---:|\n"
        );
        for row in &self.rows {
            let claims = row.rate(|seconds| seconds[0]);
            let finishes = row.rate(|seconds| seconds[1]);
            let _ = writeln!(
                text,
                "| {} | {} | {} | {claims:.0} | {finishes:.0} | {:.0} | {:.0} | {:.2} |",
                row.database,
                row.queued,
                row.users,
                row.ours(),
                row.bare(),
                row.of_bare(),
            );
        }
        for (database, ratio) in self.of_few() {
            let _ = writeln!(
                text,
                "\n{database}: 100,000 queued by 1,000 users go at {ratio:.2} of the rate of 1,000 by one."
            );
        }
        let unmet = self.unmet();
        let verdict = if unmet.is_empty() {
            "all met".into()
        } else {
            format!("NOT met: {}", unmet.join("; "))
        };
        let _ = writeln!(
            text,
            "\nTargets (at least {OF_BARE} of the bare loop, at least {OF_FEW} with many): {verdict}."
        );
        text
    }
}
