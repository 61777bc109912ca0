//! The measured figures.

use super::brokers::kind::Kind as Broker;
use super::cells::Cells;
use super::kind::Kind;
use super::spread::Spread;
use crate::broker::figures::Figures;
use crate::idle::Growth;
use crate::outcome::Outcome;
use std::time::Duration;

/// Reads a figure of an outcome.
pub(super) type Figure = fn(&Outcome) -> f64;

/// All results. Errors are texts, because they are only shown.
#[derive(Debug, Default)]
pub(super) struct Results {
    /// Of the servers that answer every request with its body.
    pub(super) echoes: Cells<Kind, Outcome>,
    pub(super) idle: Vec<(Kind, Result<Growth, String>)>,
    /// The processor time of clean builds.
    pub(super) builds: Vec<(Kind, Result<Duration, String>)>,
    pub(super) brokers: Cells<Broker, Figures>,
}

impl Results {
    /// Returns how many processors were busy with other things during the measurements.
    pub(super) fn others(&self) -> Option<Spread> {
        let echoes = self.echoes.all().map(|outcome| outcome.others);
        Spread::of(echoes.chain(self.brokers.all().map(|figures| figures.outcome.others)))
    }

    pub(super) fn growth(&self, kind: Kind) -> Option<&Growth> {
        self.idle.iter().find(|(of, _)| *of == kind)?.1.as_ref().ok()
    }

    pub(super) fn build(&self, kind: Kind) -> Option<Duration> {
        self.builds.iter().find(|(of, _)| *of == kind)?.1.as_ref().ok().copied()
    }
}
