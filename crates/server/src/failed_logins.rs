//! Wrong passwords, counted by address: nobody may go on guessing.

use std::{
    collections::VecDeque,
    hash::{BuildHasher, RandomState},
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use domain::{Timestamp, email_key};

use crate::Problem;

/// So many wrong passwords for one address,
const MOST: usize = 10;
/// in this time.
const WINDOW: Duration = Duration::from_mins(15);
/// The oldest give way to new ones. Checking that many passwords takes minutes.
const REMEMBERED: usize = 10_000;

/// The last failures on this server, whether or not there is such an account.
#[derive(Default)]
pub(crate) struct FailedLogins {
    hasher: RandomState,
    /// Oldest first. Hashes, because what people type into the field for the address may be their password.
    failures: Mutex<VecDeque<(Timestamp, u64)>>,
}

impl FailedLogins {
    /// Whether another try is allowed.
    pub(crate) fn check(&self, now: Timestamp, address: &str) -> Result<(), Problem> {
        let address = self.hash(address);
        let failures = self.failures();
        let recent = |(at, failed): &&(Timestamp, u64)| *failed == address && now.since(*at) < WINDOW;
        let Some((at, _)) = failures.iter().rev().filter(recent).nth(MOST - 1) else {
            return Ok(());
        };
        let wait = WINDOW.saturating_sub(now.since(*at)).as_secs() + 1;
        let detail = "too many wrong passwords for this address; try again later";
        Err(Problem::too_many_requests(detail, wait))
    }

    /// A password was wrong.
    pub(crate) fn note(&self, now: Timestamp, address: &str) {
        let address = self.hash(address);
        let mut failures = self.failures();
        while failures.len() >= REMEMBERED || failures.front().is_some_and(|(at, _)| now.since(*at) >= WINDOW) {
            failures.pop_front();
        }
        failures.push_back((now, address));
    }

    /// A password was right.
    pub(crate) fn forget(&self, address: &str) {
        let address = self.hash(address);
        self.failures().retain(|(_, failed)| *failed != address);
    }

    fn hash(&self, address: &str) -> u64 {
        self.hasher.hash_one(email_key(address))
    }

    fn failures(&self) -> MutexGuard<'_, VecDeque<(Timestamp, u64)>> {
        self.failures.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
