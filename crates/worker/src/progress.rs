//! How far the work is, as probe and encoder tell and the heartbeat reports.

use std::{
    collections::BTreeMap,
    sync::{Mutex, MutexGuard, PoisonError},
};

use domain::Rung;

#[derive(Default)]
pub(crate) struct Progress(Mutex<Reached>);

/// In seconds of audio.
#[derive(Clone, Default)]
pub(crate) struct Reached {
    /// Of each rendition.
    pub(crate) encoded: BTreeMap<Rung, f64>,
    /// Of the recording, as its header claims.
    pub(crate) duration: Option<f64>,
}

impl Progress {
    pub(crate) fn note(&self, rung: Rung, seconds: f64) {
        self.lock().encoded.insert(rung, seconds);
    }

    pub(crate) fn note_duration(&self, seconds: Option<f64>) {
        self.lock().duration = seconds;
    }

    pub(crate) fn reached(&self) -> Reached {
        self.lock().clone()
    }

    fn lock(&self) -> MutexGuard<'_, Reached> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
