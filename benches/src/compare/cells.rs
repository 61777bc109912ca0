//! The figures of each load, server and round.

use super::spread::Spread;
use std::collections::BTreeMap;

/// What was measured in each round, by load and server. Errors are texts, because they are only
/// shown.
#[derive(Debug)]
pub(super) struct Cells<K, T>(BTreeMap<(&'static str, K), Vec<Result<T, String>>>);

impl<K, T> Default for Cells<K, T> {
    fn default() -> Self {
        Self(BTreeMap::new())
    }
}

impl<K: Copy + Ord, T> Cells<K, T> {
    pub(super) fn add(&mut self, load: &'static str, kind: K, one: Result<T, String>) {
        self.0.entry((load, kind)).or_default().push(one);
    }

    /// Returns what was measured in each round. It is empty if the load does not apply to this server.
    pub(super) fn rounds(&self, load: &'static str, kind: K) -> &[Result<T, String>] {
        self.0.get(&(load, kind)).map(Vec::as_slice).unwrap_or_default()
    }

    /// Returns everything that was measured.
    pub(super) fn all(&self) -> impl Iterator<Item = &T> {
        self.0.values().flatten().flatten()
    }

    /// Returns how many rounds failed, and the error of the last one.
    pub(super) fn failure(&self, load: &'static str, kind: K) -> Option<(usize, &str)> {
        let errors = self.rounds(load, kind).iter().filter_map(|round| round.as_ref().err());
        errors.clone().next_back().map(|last| (errors.count(), last.as_str()))
    }

    pub(super) fn figure(
        &self,
        load: &'static str,
        kind: K,
        figure: impl Fn(&T) -> f64,
    ) -> Option<Spread> {
        Spread::of(self.rounds(load, kind).iter().flatten().map(figure))
    }

    /// Returns the figure of `kind` divided by that of `over`, in each round.
    pub(super) fn ratio(
        &self,
        load: &'static str,
        kind: K,
        over: K,
        figure: impl Fn(&T) -> f64,
    ) -> Option<Spread> {
        self.ratio_of((load, kind), (load, over), figure)
    }

    /// Returns the figure of one load and server divided by that of another, in each round.
    pub(super) fn ratio_of(
        &self,
        one: (&'static str, K),
        over: (&'static str, K),
        figure: impl Fn(&T) -> f64,
    ) -> Option<Spread> {
        let pairs = self.rounds(one.0, one.1).iter().zip(self.rounds(over.0, over.1));
        let both = pairs.filter_map(|(a, b)| Some((a.as_ref().ok()?, b.as_ref().ok()?)));
        Spread::of(both.map(|(a, b)| figure(a) / figure(b)))
    }
}
