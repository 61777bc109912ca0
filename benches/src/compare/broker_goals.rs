//! The broker's goals, in figures.

use super::brokers::kind::Kind;
use super::brokers::loads::{
    ASYNC_EACH, ASYNC_PIPELINED, HOT, SENDS, SYNC_ALONE, SYNC_EACH, SYNC_PIPELINED,
};
use super::cells::Cells;
use super::goals::{Goal, Wanted};
use super::spread::Spread;
use crate::broker::figures::Figures;

/// Reads a figure.
type Figure = fn(&Figures) -> f64;

pub(super) fn of(brokers: &Cells<Kind, Figures>) -> Vec<Goal> {
    let own = |load, figure: Figure| brokers.figure(load, Kind::Tower, figure);
    let over = |load, figure: Figure| brokers.ratio(load, Kind::Tower, Kind::Apache, figure);
    let (most, least) = (Wanted::AtMost, Wanted::AtLeast);
    let processor: Figure = |one| one.outcome.server;
    let throughput: Figure = |one| one.outcome.per_second;
    let tail: Figure = |one| one.outcome.p999;
    let written: Figure = |one| one.written;
    let rows = [
        (
            "CPU per send over Apache's broker: 1 KiB, async, pipelined",
            over(ASYNC_PIPELINED, processor),
            most(0.2),
            "x",
        ),
        ("the same with 64 callers", over(ASYNC_EACH, processor), most(0.33), "x"),
        (
            "throughput of sends over Apache's broker: 1 KiB, async, pipelined",
            over(ASYNC_PIPELINED, throughput),
            least(2.5),
            "x",
        ),
        ("the same with 64 callers", over(ASYNC_EACH, throughput), least(2.5), "x"),
        (
            "throughput of sends over Apache's broker: 1 KiB, sync, 64 callers",
            over(SYNC_EACH, throughput),
            least(5.0),
            "x",
        ),
        ("the same with one caller", over(SYNC_ALONE, throughput), least(4.0), "x"),
        (
            "p99.9 of sends over Apache's broker: 1 KiB, async, 64 callers",
            over(ASYNC_EACH, tail),
            most(0.5),
            "x",
        ),
        ("the same with sync", over(SYNC_EACH, tail), most(0.5), "x"),
        (
            "bytes written per byte stored: 1 KiB, async, pipelined",
            own(ASYNC_PIPELINED, written),
            most(1.1),
            "",
        ),
        ("the same with sync", own(SYNC_PIPELINED, written), most(1.25), ""),
        (
            "consumption over Apache's broker: 1 KiB, just sent",
            over(HOT, throughput),
            least(3.0),
            "x",
        ),
        ("CPU per consumed message: 1 KiB, just sent", own(HOT, processor), most(1.0), " µs"),
        (
            "highest anonymous memory of the broker under all sends",
            memory(brokers),
            most(64.0),
            " MiB",
        ),
    ];
    let goal = |(what, figure, wanted, unit): (&str, _, _, _)| Goal {
        what: what.to_owned(),
        figure,
        wanted,
        unit,
    };
    rows.map(goal).into()
}

fn memory(brokers: &Cells<Kind, Figures>) -> Option<Spread> {
    let sends = SENDS.iter().flat_map(|load| brokers.rounds(load.key, Kind::Tower)).flatten();
    Spread::of(sends.map(|one| one.anonymous).reduce(f64::max).into_iter())
}
