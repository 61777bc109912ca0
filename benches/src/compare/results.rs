//! The measured figures.

use super::kind::Kind;
use super::spread::Spread;
use crate::idle::Growth;
use crate::outcome::Outcome;
use std::collections::BTreeMap;
use std::time::Duration;

/// Reads a figure of an outcome.
pub(super) type Figure = fn(&Outcome) -> f64;

/// All results. Errors are texts, because they are only shown.
#[derive(Debug, Default)]
pub(super) struct Results {
    /// The outcome of each round, by load and server.
    cells: BTreeMap<(&'static str, Kind), Vec<Result<Outcome, String>>>,
    pub(super) idle: Vec<(Kind, Result<Growth, String>)>,
    /// The processor time of clean builds.
    pub(super) builds: Vec<(Kind, Result<Duration, String>)>,
}

impl Results {
    pub(super) fn add(&mut self, shape: &'static str, kind: Kind, one: Result<Outcome, String>) {
        self.cells.entry((shape, kind)).or_default().push(one);
    }

    /// Returns the outcome of each round. It is empty if the load does not apply to this server.
    pub(super) fn rounds(&self, shape: &'static str, kind: Kind) -> &[Result<Outcome, String>] {
        self.cells.get(&(shape, kind)).map(Vec::as_slice).unwrap_or_default()
    }

    /// Returns the error of the last round that failed.
    pub(super) fn failure(&self, shape: &'static str, kind: Kind) -> Option<&str> {
        self.rounds(shape, kind).iter().rev().find_map(|round| round.as_ref().err()).map(|e| &**e)
    }

    pub(super) fn figure(&self, shape: &'static str, kind: Kind, figure: Figure) -> Option<Spread> {
        Spread::of(self.rounds(shape, kind).iter().flatten().map(figure))
    }

    /// Returns the figure of `kind` divided by that of `over`, in each round.
    pub(super) fn ratio(
        &self,
        shape: &'static str,
        kind: Kind,
        over: Kind,
        figure: Figure,
    ) -> Option<Spread> {
        self.ratio_of((shape, kind), (shape, over), figure)
    }

    /// Returns the figure of one load and server divided by that of another, in each round.
    pub(super) fn ratio_of(
        &self,
        one: (&'static str, Kind),
        over: (&'static str, Kind),
        figure: Figure,
    ) -> Option<Spread> {
        let pairs = self.rounds(one.0, one.1).iter().zip(self.rounds(over.0, over.1));
        let both = pairs.filter_map(|(a, b)| Some((a.as_ref().ok()?, b.as_ref().ok()?)));
        Spread::of(both.map(|(a, b)| figure(a) / figure(b)))
    }

    /// Returns how many processors were busy with other things during the measurements.
    pub(super) fn others(&self) -> Option<Spread> {
        Spread::of(self.cells.values().flatten().flatten().map(|outcome| outcome.others))
    }

    pub(super) fn growth(&self, kind: Kind) -> Option<&Growth> {
        self.idle.iter().find(|(of, _)| *of == kind)?.1.as_ref().ok()
    }

    pub(super) fn build(&self, kind: Kind) -> Option<Duration> {
        self.builds.iter().find(|(of, _)| *of == kind)?.1.as_ref().ok().copied()
    }
}
