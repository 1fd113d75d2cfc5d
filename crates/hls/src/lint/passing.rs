//! The lint for whoever cannot keep a tree until it is whole: segments first, one by one, and the playlists at the end.

use std::collections::BTreeMap;

use super::{
    findings::Findings,
    ladder::{Files, lint_files},
    media::Media,
    report::Report,
    segments::Inspection,
};

/// A tree whose segments are looked at as they are finished, and may be gone by the time its playlists exist.
#[derive(Default)]
pub struct PassingLint {
    findings: Findings,
    /// By the folder of the rendition, ending in a slash.
    renditions: BTreeMap<String, Inspection>,
}

impl PassingLint {
    /// Looks at the segment of `rendition` that comes next in playing order: `64k` and `segment_000.ts`. A few numbers
    /// are kept of it.
    pub fn segment(&mut self, rendition: &str, name: &str, bytes: &[u8]) {
        let folder = format!("{rendition}/");
        let path = format!("{folder}{name}");
        let inspection = self.renditions.entry(folder).or_default();
        inspection.look(&path, name, Some(bytes), &mut self.findings);
    }

    /// The same report as [`lint`](super::lint) of the whole tree, given its playlists. `read` is asked for no segment.
    pub fn finish<E>(self, read: impl FnMut(&str) -> Result<Option<Vec<u8>>, E>) -> Result<Report, E> {
        let PassingLint { findings, renditions } = self;
        lint_files(&mut Passed { read, renditions }, findings)
    }
}

struct Passed<R> {
    read: R,
    renditions: BTreeMap<String, Inspection>,
}

impl<E, R: FnMut(&str) -> Result<Option<Vec<u8>>, E>> Files for Passed<R> {
    type Error = E;

    fn playlist(&mut self, path: &str) -> Result<Option<Vec<u8>>, E> {
        (self.read)(path)
    }

    fn segments(
        &mut self,
        folder: &str,
        playlist: &str,
        media: &Media<'_>,
        findings: &mut Findings,
    ) -> Result<Inspection, E> {
        let inspection = self.renditions.remove(folder).unwrap_or_default();
        Ok(inspection.in_order_of(playlist, media, findings))
    }
}
