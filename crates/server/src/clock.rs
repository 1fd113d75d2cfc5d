//! Time and chance, as everything in the server takes them: so that a test can set both.

use std::{
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
    time::{SystemTime, UNIX_EPOCH},
};

use domain::{Secret, Timestamp, TreeName};

/// What time it is. Several servers may share a database, and leases are compared between them, so this is this machine's
/// clock put right by the database's (see [`Clock::follow`]). Clones agree.
#[derive(Debug, Clone, Default)]
pub struct Clock {
    drift_millis: Arc<AtomicI64>,
    fixed: Option<Arc<AtomicI64>>,
}

impl Clock {
    /// One that stands still until it is told otherwise.
    #[must_use]
    pub fn fixed(at: Timestamp) -> Self {
        Self {
            drift_millis: Arc::default(),
            fixed: Some(Arc::new(AtomicI64::new(at.as_millis()))),
        }
    }

    /// Moves a fixed clock. A running one takes no notice.
    pub fn set(&self, at: Timestamp) {
        if let Some(fixed) = &self.fixed {
            fixed.store(at.as_millis(), Ordering::Relaxed);
        }
    }

    /// Now.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        Timestamp::from_millis(self.own_millis().saturating_add(self.drift_millis()))
    }

    /// The database's clock says `now`; from here on this one follows it.
    pub fn follow(&self, now: Timestamp) {
        let drift = now.as_millis().saturating_sub(self.own_millis());
        self.drift_millis.store(drift, Ordering::Relaxed);
    }

    /// By how many milliseconds this machine's own clock is behind the database's, or, if negative, ahead of it.
    #[must_use]
    pub fn drift_millis(&self) -> i64 {
        self.drift_millis.load(Ordering::Relaxed)
    }

    fn own_millis(&self) -> i64 {
        match &self.fixed {
            Some(fixed) => fixed.load(Ordering::Relaxed),
            None => machine_millis(),
        }
    }
}

#[expect(clippy::disallowed_methods, reason = "this is where the clock comes from")]
fn machine_millis() -> i64 {
    let since_epoch = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since_epoch.as_millis()).unwrap_or(i64::MAX)
}

/// Random bytes that nobody can guess.
///
/// # Panics
///
/// Where the system has no source of them, since every secret would be a guess.
#[must_use]
pub fn random(count: usize) -> Vec<u8> {
    let mut bytes = vec![0; count];
    fill(&mut bytes);
    bytes
}

/// The same, for ids.
#[must_use]
pub fn random_array<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    fill(&mut bytes);
    bytes
}

#[expect(clippy::expect_used, reason = "going on without randomness would give secrets away")]
fn fill(bytes: &mut [u8]) {
    getrandom::fill(bytes).expect("the system gives random bytes");
}

/// A new secret.
#[must_use]
pub fn new_secret() -> Secret {
    Secret::generate(random)
}

/// The name of a new tree.
#[must_use]
pub(crate) fn new_tree() -> TreeName {
    TreeName::generate(random)
}
