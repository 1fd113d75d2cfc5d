//! How far each rendition is, as the encoder tells and the heartbeat reports.

use std::{
    collections::BTreeMap,
    sync::{Mutex, PoisonError},
};

use domain::Rung;

/// In seconds of audio.
#[derive(Default)]
pub(crate) struct Progress(Mutex<BTreeMap<Rung, f64>>);

impl Progress {
    pub(crate) fn note(&self, rung: Rung, seconds: f64) {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .insert(rung, seconds);
    }

    pub(crate) fn seconds(&self) -> BTreeMap<Rung, f64> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}
