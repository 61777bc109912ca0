//! What was measured.

use super::kind::Kind;
use super::spread::Spread;
use crate::idle::Growth;
use crate::outcome::Outcome;
use std::collections::BTreeMap;
use std::time::Duration;

/// Reads a figure of an outcome.
pub(super) type Figure = fn(&Outcome) -> f64;

/// Errors are texts: all that is done with them is to show them.
#[derive(Debug, Default)]
pub(super) struct Results {
    /// By load and server; what came of each round.
    cells: BTreeMap<(&'static str, Kind), Vec<Result<Outcome, String>>>,
    pub(super) idle: Vec<(Kind, Result<Growth, String>)>,
    /// What clean builds took.
    pub(super) builds: Vec<(Kind, Result<Duration, String>)>,
}

impl Results {
    pub(super) fn add(&mut self, shape: &'static str, kind: Kind, one: Result<Outcome, String>) {
        self.cells.entry((shape, kind)).or_default().push(one);
    }

    /// What came of each round; nothing if the load was not for this server.
    pub(super) fn rounds(&self, shape: &'static str, kind: Kind) -> &[Result<Outcome, String>] {
        self.cells.get(&(shape, kind)).map(Vec::as_slice).unwrap_or_default()
    }

    /// Why a round failed, the last one that did.
    pub(super) fn failure(&self, shape: &'static str, kind: Kind) -> Option<&str> {
        self.rounds(shape, kind).iter().rev().find_map(|round| round.as_ref().err()).map(|e| &**e)
    }

    pub(super) fn figure(&self, shape: &'static str, kind: Kind, figure: Figure) -> Option<Spread> {
        Spread::of(self.rounds(shape, kind).iter().flatten().map(figure))
    }

    /// How many times the figure of `over` that of `kind` is, in each round.
    pub(super) fn ratio(
        &self,
        shape: &'static str,
        kind: Kind,
        over: Kind,
        figure: Figure,
    ) -> Option<Spread> {
        let pairs = self.rounds(shape, kind).iter().zip(self.rounds(shape, over));
        let both = pairs.filter_map(|(a, b)| Some((a.as_ref().ok()?, b.as_ref().ok()?)));
        Spread::of(both.map(|(a, b)| figure(a) / figure(b)))
    }

    /// How much of the machine was busy with other things while it was measured.
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
