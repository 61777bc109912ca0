//! Writes the brokers' tables.

use super::brokers::kind::Kind;
use super::brokers::loads::{CALLERS, COLD, Flush, HOT, SENDS, Sends};
use super::cells::Cells;
use crate::broker::figures::Figures;
use std::fmt::{self, Write};

/// A column: its title, the digits after the decimal point, and how to get its figure.
type Column = (&'static str, usize, fn(&Figures) -> f64);

const SEND_COLUMNS: [Column; 8] = [
    ("sends/s", 0, |one| one.outcome.per_second),
    ("server CPU µs/send", 2, |one| one.outcome.server),
    ("load CPU µs/send", 2, |one| one.outcome.client),
    ("p50 µs", 1, |one| one.outcome.p50),
    ("p99 µs", 1, |one| one.outcome.p99),
    ("p99.9 µs", 1, |one| one.outcome.p999),
    ("bytes written per byte stored", 2, |one| one.written),
    ("anonymous memory MiB", 1, |one| one.anonymous),
];

const PULL_COLUMNS: [Column; 5] = [
    ("messages/s", 0, |one| one.outcome.per_second),
    ("server CPU µs/message", 3, |one| one.outcome.server),
    ("load CPU µs/message", 3, |one| one.outcome.client),
    ("p50 of a pull µs", 1, |one| one.outcome.p50),
    ("bytes read from the disk per byte of messages", 2, |one| one.read),
];

const READING: &str = "\
CPU includes what the broker does after the last response, until it is idle. *Bytes written* are those that the broker wrote to \
files, from the kernel's count for its process; for mapped files, which Apache's broker has, the kernel counts a whole block of \
pages when one byte of it is written. *Bytes stored* are the messages' records in RocketMQ's format, as a consumer gets them. \
*Anonymous memory* is the highest resident memory without mapped files.";

pub(super) fn write(out: &mut String, brokers: &Cells<Kind, Figures>) -> fmt::Result {
    if brokers.all().next().is_none() {
        return Ok(());
    }
    writeln!(out, "\n## Brokers\n\n{READING}")?;
    for flush in [Flush::Async, Flush::Sync] {
        for callers in CALLERS {
            let is_one =
                |load: &&Sends| load.flush == flush && (load.connections, load.depth) == callers;
            let loads = SENDS.iter().filter(is_one).map(|load| (bytes(load.body), load.key));
            table(out, &title(flush, callers), "body", &SEND_COLUMNS, loads.collect(), brokers)?;
        }
    }
    let loads = vec![("just sent".to_owned(), HOT), ("from the disk".to_owned(), COLD)];
    let title = "Consumption: 1 KiB, 8 queues, a connection for each, 32 messages a pull";
    table(out, title, "messages", &PULL_COLUMNS, loads, brokers)
}

fn title(flush: Flush, (connections, depth): (usize, u32)) -> String {
    let plural = |count: usize| if count == 1 { "" } else { "s" };
    let s = plural(connections);
    format!("Sends, {}: {connections} connection{s}, {depth} in flight on each", flush.key())
}

fn bytes(length: usize) -> String {
    match length {
        1024.. => format!("{} KiB", length / 1024),
        _ => format!("{length} B"),
    }
}

fn table(
    out: &mut String,
    title: &str,
    first: &str,
    columns: &[Column],
    mut loads: Vec<(String, &'static str)>,
    brokers: &Cells<Kind, Figures>,
) -> fmt::Result {
    loads.retain(|(_, load)| Kind::ALL.iter().any(|kind| !brokers.rounds(load, *kind).is_empty()));
    if loads.is_empty() {
        return Ok(());
    }
    write!(out, "\n### {title}\n\n| {first} | broker |")?;
    columns.iter().try_for_each(|(title, ..)| write!(out, " {title} |"))?;
    writeln!(out, " throughput over Apache's | CPU over Apache's |")?;
    writeln!(out, "|---|---|{}", "---:|".repeat(columns.len() + 2))?;
    for (name, load) in loads {
        for kind in Kind::ALL {
            if !brokers.rounds(load, kind).is_empty() {
                row(out, &name, load, kind, columns, brokers)?;
            }
        }
    }
    Ok(())
}

fn row(
    out: &mut String,
    name: &str,
    load: &'static str,
    kind: Kind,
    columns: &[Column],
    brokers: &Cells<Kind, Figures>,
) -> fmt::Result {
    write!(out, "| {name} | {} |", kind.name())?;
    let figures = columns
        .iter()
        .map(|(_, digits, figure)| brokers.figure(load, kind, figure).map(|f| f.show(*digits, "")));
    let over = |figure: fn(&Figures) -> f64| {
        brokers.ratio(load, kind, Kind::Apache, figure).map(|ratio| ratio.show(2, "x"))
    };
    let ratios = [over(|one| one.outcome.per_second), over(|one| one.outcome.server)];
    for figure in figures.chain(ratios) {
        write!(out, " {} |", figure.unwrap_or_default())?;
    }
    writeln!(out)?;
    if let Some((failed, error)) = brokers.failure(load, kind) {
        let rounds = brokers.rounds(load, kind).len();
        writeln!(out, "| | failed in {failed} of {rounds} rounds: {error} |")?;
    }
    Ok(())
}
