//! Writes RESULTS.md.

use super::Options;
use super::broker_report;
use super::goals::{self, Goal, Wanted};
use super::kind::Kind;
use super::machine::Machine;
use super::results::{Figure, Results};
use super::shapes::{LARGE, LARGE_BODY, SHAPES, Shape};
use crate::outcome::Outcome;
use std::fmt::{self, Write};

/// A column: its title, the digits after the decimal point, and how to get its figure.
type Column = (&'static str, usize, Figure);

const COLUMNS: [Column; 7] = [
    ("requests/s", 0, |one| one.per_second),
    ("server CPU µs/request", 3, |one| one.server),
    ("load CPU µs/request", 3, |one| one.client),
    ("p50 µs", 1, |one| one.p50),
    ("p99 µs", 1, |one| one.p99),
    ("p99.9 µs", 1, |one| one.p999),
    ("memory MiB", 1, |one| one.memory),
];

const READING: &str = "\
A figure is the median of all rounds, with the lowest and the highest in brackets. Rounds interleave the servers, and a ratio is \
taken within a round. The load shares the processors with the server, and sends a new request only after a response: both of \
them limit requests/s. CPU per request is the server's own, from the scheduler's clock of its process, and is the most reliable \
figure. *Bare limit* is a server on tokio that turns requests into responses in its read buffer, without decoding them.

![Throughput and CPU per request of each server](results.svg)
";

pub(super) fn write(
    options: &Options,
    machine: &Machine,
    results: &Results,
) -> Result<String, fmt::Error> {
    let mut out = String::from("# Results\n\nWritten by `benches/run`: do not edit.\n\n");
    about(&mut out, options, machine, results)?;
    writeln!(out, "\n{READING}")?;
    writeln!(out, "## Goals\n\n| | figure | goal | met |\n|---|---:|---:|---|")?;
    goals::of(results).iter().try_for_each(|goal| goal_row(&mut out, goal))?;
    for shape in SHAPES {
        table(&mut out, &shape, results)?;
    }
    idle(&mut out, results)?;
    broker_report::write(&mut out, &results.brokers)?;
    builds(&mut out, results)?;
    Ok(out)
}

fn about(out: &mut String, options: &Options, machine: &Machine, results: &Results) -> fmt::Result {
    let Machine { date, processor, cores, kernel, rustc, java } = machine;
    writeln!(out, "| | |\n|---|---|")?;
    writeln!(out, "| date | {date} |")?;
    writeln!(out, "| processor | {processor}, {cores} cores |")?;
    writeln!(out, "| Linux | {kernel} |")?;
    writeln!(out, "| Rust | {rustc} |")?;
    writeln!(out, "| Java | {java} |")?;
    let Options { rounds, seconds, broker_rounds, broker_seconds, .. } = options;
    writeln!(out, "| rounds | {rounds} of {seconds} s per load and server |")?;
    writeln!(
        out,
        "| rounds of sends to brokers | {broker_rounds} of at most {broker_seconds} s per load and broker |"
    )?;
    if let Some(others) = results.others() {
        writeln!(out, "| processors busy with other things meanwhile | {} |", others.show(2, ""))?;
    }
    Ok(())
}

fn goal_row(out: &mut String, goal: &Goal) -> fmt::Result {
    let unit = goal.unit;
    let figure = goal.figure.map_or("not measured".to_owned(), |figure| figure.show(2, unit));
    let wanted = match goal.wanted {
        Wanted::AtMost(limit) => format!("≤ {limit}{unit}"),
        Wanted::AtLeast(limit) => format!("≥ {limit}{unit}"),
    };
    let met = match goal.is_met() {
        Some(true) => "yes",
        Some(false) => "**no**",
        None => "",
    };
    writeln!(out, "| {} | {figure} | {wanted} | {met} |", goal.what)
}

fn table(out: &mut String, shape: &Shape, results: &Results) -> fmt::Result {
    let measured = |kind: &Kind| !results.echoes.rounds(shape.key, *kind).is_empty();
    let kinds: Vec<Kind> = Kind::ALL.into_iter().filter(measured).collect();
    if kinds.is_empty() {
        return Ok(());
    }
    write!(out, "\n## {}\n\n| server |", shape.title)?;
    COLUMNS.iter().try_for_each(|(title, ..)| write!(out, " {title} |"))?;
    write!(out, " CPU over the bare limit |")?;
    if shape.key == LARGE {
        write!(out, " server CPU ns/byte |")?;
    }
    write!(out, "\n|---|{}", "---:|".repeat(COLUMNS.len() + 1))?;
    writeln!(out, "{}", if shape.key == LARGE { "---:|" } else { "" })?;
    for kind in kinds {
        row(out, shape, kind, results)?;
    }
    Ok(())
}

fn row(out: &mut String, shape: &Shape, kind: Kind, results: &Results) -> fmt::Result {
    write!(out, "| {} |", kind.name())?;
    for (_, digits, figure) in COLUMNS {
        match results.echoes.figure(shape.key, kind, figure) {
            Some(figure) => write!(out, " {} |", figure.show(digits, ""))?,
            None => write!(out, " |")?,
        }
    }
    match results.echoes.ratio(shape.key, kind, Kind::Bare, |one| one.server) {
        Some(ratio) => write!(out, " {} |", ratio.show(2, "x"))?,
        None => write!(out, " |")?,
    }
    if shape.key == LARGE {
        match results.echoes.figure(shape.key, kind, nanos_per_byte) {
            Some(figure) => write!(out, " {} |", figure.show(3, ""))?,
            None => write!(out, " |")?,
        }
    }
    writeln!(out)?;
    if let Some((failed, error)) = results.echoes.failure(shape.key, kind) {
        let rounds = results.echoes.rounds(shape.key, kind).len();
        writeln!(out, "| | failed in {failed} of {rounds} rounds: {error} |")?;
    }
    Ok(())
}

fn nanos_per_byte(one: &Outcome) -> f64 {
    one.server * 1e3 / LARGE_BODY as f64
}

fn idle(out: &mut String, results: &Results) -> fmt::Result {
    if results.idle.is_empty() {
        return Ok(());
    }
    writeln!(
        out,
        "\n## Idle connections\n\nEach connection made one request and was then idle. *Bytes each* is the server's additional memory \
        per connection. The Rust peers accept at most 1000 connections.\n\n| server | before, MiB | connections | bytes each |\n\
        |---|---:|---:|---:|"
    )?;
    for (kind, growth) in &results.idle {
        match growth {
            Ok(growth) => {
                for (connections, bytes) in &growth.steps {
                    let before = growth.before as f64 / f64::from(1 << 20);
                    let name = kind.name();
                    writeln!(out, "| {name} | {before:.1} | {connections} | {bytes:.0} |")?;
                }
            }
            Err(error) => writeln!(out, "| {} | failed: {error} | | |", kind.name())?,
        }
    }
    Ok(())
}

fn builds(out: &mut String, results: &Results) -> fmt::Result {
    if results.builds.is_empty() {
        return Ok(());
    }
    writeln!(
        out,
        "\n## Clean release builds\n\nThe library with its default features, and each Rust peer's server.\n\n\
         | | CPU s |\n|---|---:|"
    )?;
    for (kind, used) in &results.builds {
        match used {
            Ok(used) => writeln!(out, "| {} | {:.1} |", kind.name(), used.as_secs_f64())?,
            Err(error) => writeln!(out, "| {} | failed: {error} |", kind.name())?,
        }
    }
    Ok(())
}
