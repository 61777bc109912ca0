//! Runs all measurements for all servers, and writes the results.
//!
//! All servers run from the beginning to the end, so that none is measured cold. Rounds interleave
//! them, so that a temporary disturbance of the machine affects all of them. Ratios are taken
//! within rounds.

mod before;
mod builds;
mod chart;
mod goals;
mod interrupt;
mod kind;
mod machine;
mod report;
mod results;
mod rounds;
mod server;
mod shapes;
mod spread;

use crate::limits;
use kind::Kind;
use machine::Machine;
use results::Results;
use rocketmq_tower::BoxError;
use std::fs;
use std::path::PathBuf;

/// The keys of all loads, and of the idle connections.
const LOADS: [&str; 10] = [
    "json",
    "binary",
    "callers",
    "one",
    "4k",
    "4m",
    "calls",
    "calls-one-thread",
    "calls-before",
    "idle",
];

#[derive(clap::Args)]
pub(crate) struct Options {
    /// How long each load is measured, in seconds.
    #[arg(long, default_value_t = 3.0)]
    seconds: f64,
    /// How long each load runs before it is measured, in seconds.
    #[arg(long, default_value_t = 0.5)]
    warm_up: f64,
    /// How long each server is warmed up before the first round, in seconds. Java needs several.
    #[arg(long, default_value_t = 5.0)]
    first: f64,
    #[arg(long, default_value_t = 5)]
    rounds: usize,
    /// Measure only these servers.
    #[arg(long, value_delimiter = ',', value_enum)]
    only: Vec<Kind>,
    /// Run only these loads.
    #[arg(long, value_delimiter = ',', value_parser = LOADS)]
    loads: Vec<String>,
    /// Also measure clean release builds.
    #[arg(long)]
    builds: bool,
    /// The folder for RESULTS.md and results.svg.
    #[arg(long, default_value = "benches")]
    out: PathBuf,
}

impl Options {
    /// The servers to measure.
    fn kinds(&self) -> Vec<Kind> {
        let all = Kind::ALL.into_iter();
        all.filter(|kind| self.only.is_empty() || self.only.contains(kind)).collect()
    }

    fn wants(&self, load: &str) -> bool {
        self.loads.is_empty() || self.loads.iter().any(|wanted| wanted == load)
    }
}

pub(crate) fn run(options: &Options) -> Result<(), BoxError> {
    interrupt::watch()?;
    let files = limits::raise_open_files()?;
    let mut results = Results::default();
    rounds::run(options, &mut results);
    if options.wants("idle") {
        rounds::idle(options, files, &mut results);
    }
    if options.builds {
        builds::run(options, &mut results);
    }
    let report = report::write(options, &Machine::look(), &results)?;
    fs::create_dir_all(&options.out)?;
    fs::write(options.out.join("RESULTS.md"), &report)?;
    chart::draw(&options.out.join("results.svg"), &results)?;
    println!("{report}");
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_load_can_be_asked_for() {
        let keys = shapes::SHAPES.iter().map(|shape| shape.key).chain(["idle"]);
        assert!(keys.eq(LOADS));
    }
}
