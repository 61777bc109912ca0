//! The library's goals, in figures.

use super::broker_goals;
use super::kind::Kind;
use super::results::{Figure, Results};
use super::shapes::{BINARY, CALLERS, CALLS_BEFORE, CALLS_ONE_THREAD, JSON, LARGE};
use super::spread::Spread;

/// A goal, and the measured figure.
#[derive(Debug)]
pub(super) struct Goal {
    pub(super) what: String,
    /// `None` if it was not measured.
    pub(super) figure: Option<Spread>,
    pub(super) wanted: Wanted,
    pub(super) unit: &'static str,
}

#[derive(Clone, Copy, Debug)]
pub(super) enum Wanted {
    AtMost(f64),
    AtLeast(f64),
}

impl Goal {
    /// Whether the median meets the goal; `None` if it was not measured.
    pub(super) fn is_met(&self) -> Option<bool> {
        let median = self.figure?.median;
        Some(match self.wanted {
            Wanted::AtMost(limit) => median <= limit,
            Wanted::AtLeast(limit) => median >= limit,
        })
    }
}

pub(super) fn of(results: &Results) -> Vec<Goal> {
    let mut goals = Vec::new();
    let mut add = |what: &str, figure, wanted, unit| {
        goals.push(Goal { what: what.to_owned(), figure, wanted, unit });
    };
    let over_bare =
        |shape, figure: Figure| results.echoes.ratio(shape, Kind::Tower, Kind::Bare, figure);
    let times_faster = |peer| results.echoes.ratio(JSON, Kind::Tower, peer, |one| one.per_second);
    let (most, least) = (Wanted::AtMost, Wanted::AtLeast);

    let what = "CPU per request with a hook over the bare limit: 128 B pipelined, JSON headers";
    add(what, over_bare(JSON, |one| one.server), most(1.75), "x");
    let what = "CPU per request with a hook over the bare limit: 128 B pipelined, binary headers";
    add(what, over_bare(BINARY, |one| one.server), most(1.45), "x");
    for (peer, wanted) in [(Kind::Remoting, 10.0), (Kind::Transport, 25.0), (Kind::Java, 10.0)] {
        let what = format!("throughput over {}: 128 B pipelined, JSON headers", peer.name());
        add(&what, times_faster(peer), least(wanted), "x");
    }
    let what = "p50 over the bare limit: 64 connections, one request in flight on each";
    add(what, over_bare(CALLERS, |one| one.p50), most(1.15), "x");
    let what = "CPU per byte over the bare limit: 4 MiB bodies";
    add(what, over_bare(LARGE, |one| one.server), most(1.3), "x");
    let (now, before) = ((CALLS_ONE_THREAD, Kind::Bare), (CALLS_BEFORE, Kind::Bare));
    let what = "CPU per call of the client over that of an earlier revision: one thread";
    add(what, results.echoes.ratio_of(now, before, |one| one.client), most(0.65), "x");
    for (what, figure, wanted, unit) in memory(results) {
        add(&what, figure, wanted, unit);
    }
    let layers = results.echoes.ratio(JSON, Kind::Tower, Kind::TowerNolayers, |one| one.server);
    let what =
        "CPU per request with all default layers and a hook over that without layers: JSON headers";
    add(what, layers, most(1.1), "x");
    for peer in [Kind::Remoting, Kind::Transport] {
        let both = results.build(Kind::Tower).zip(results.build(peer));
        let ratio = both.map(|(ours, theirs)| ours.as_secs_f64() / theirs.as_secs_f64());
        let what = format!("CPU of a clean release build over that of {}", peer.name());
        add(&what, Spread::of(ratio.into_iter()), most(0.1), "x");
    }
    goals.extend(broker_goals::of(&results.brokers));
    goals
}

type Row = (String, Option<Spread>, Wanted, &'static str);

/// Goals for idle connections: the memory of one, and that more of them need no more each.
fn memory(results: &Results) -> [Row; 2] {
    let steps = results.growth(Kind::Tower).map(|growth| growth.steps.as_slice());
    let (first, last) = match steps {
        Some([first, .., last]) => (Some(*first), Some(*last)),
        _ => (None, None),
    };
    let one = |figure: Option<f64>| Spread::of(figure.into_iter());
    let count = |step: Option<(usize, f64)>, wanted| step.map_or(wanted, |(count, _)| count);
    let more = first.zip(last).map(|((_, before), (_, after))| after / before);
    [
        (
            format!("memory per idle connection, {} of them", count(first, 10_000)),
            one(first.map(|(_, bytes)| bytes / 1024.0)),
            Wanted::AtMost(2.8),
            " KiB",
        ),
        (
            // One percent of tolerance, since memory is allocated in chunks.
            format!("the same with {} of them, relative to that", count(last, 20_000)),
            one(more),
            Wanted::AtMost(1.01),
            "x",
        ),
    ]
}
