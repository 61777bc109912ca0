//! Runs all measurements for all servers, and writes the results.
//!
//! All servers run from the beginning to the end, so that none is measured cold. Rounds interleave
//! them, so that a temporary disturbance of the machine affects all of them. Ratios are taken
//! within rounds.

mod before;
mod broker_goals;
mod broker_report;
mod brokers;
mod builds;
mod cells;
mod chart;
pub(crate) mod folder;
mod goals;
pub(crate) mod interrupt;
mod kind;
pub(crate) mod machine;
mod report;
mod results;
mod rounds;
pub(crate) mod server;
mod shapes;
pub(crate) mod spread;

use crate::limits;
use brokers::kind::Kind as Broker;
use kind::Kind;
use machine::Machine;
use results::Results;
use rocketmq_tower::BoxError;
use std::fs;
use std::path::PathBuf;

/// The keys of all servers, and the word for both brokers.
const SERVERS: [&str; 9] = [
    "bare",
    "tower",
    "tower-nolayers",
    "remoting",
    "transport",
    "java",
    "tower-broker",
    "apache-broker",
    "broker",
];

/// The keys of all loads, and of the idle connections.
const LOADS: [&str; 30] = [
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
    "async-64x1-128",
    "async-64x1-1k",
    "async-64x1-64k",
    "async-8x32-128",
    "async-8x32-1k",
    "async-8x32-64k",
    "async-1x1-128",
    "async-1x1-1k",
    "async-1x1-64k",
    "sync-64x1-128",
    "sync-64x1-1k",
    "sync-64x1-64k",
    "sync-8x32-128",
    "sync-8x32-1k",
    "sync-8x32-64k",
    "sync-1x1-128",
    "sync-1x1-1k",
    "sync-1x1-64k",
    "hot",
    "cold",
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
    /// How long each load of the brokers is measured, in seconds.
    #[arg(long, default_value_t = 1.5)]
    broker_seconds: f64,
    #[arg(long, default_value_t = 3)]
    broker_rounds: usize,
    /// Measure only these servers; `broker` stands for both brokers.
    #[arg(long, value_delimiter = ',', value_parser = SERVERS)]
    only: Vec<String>,
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
        Kind::ALL.into_iter().filter(|kind| self.measures(kind.key())).collect()
    }

    /// The brokers to measure.
    fn brokers(&self) -> Vec<Broker> {
        let wanted = |kind: &Broker| self.measures(kind.key()) || self.measures(brokers::BOTH);
        Broker::ALL.into_iter().filter(wanted).collect()
    }

    fn measures(&self, server: &str) -> bool {
        self.only.is_empty() || self.only.iter().any(|wanted| wanted == server)
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
    brokers::run(options, &mut results);
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
        let brokers = brokers::loads::SENDS.iter().map(|load| load.key);
        let pulls = [brokers::loads::HOT, brokers::loads::COLD];
        assert!(keys.chain(brokers).chain(pulls).eq(LOADS));
    }

    #[test]
    fn every_server_can_be_asked_for() {
        let keys = Kind::ALL.iter().map(|kind| kind.key());
        let brokers = Broker::ALL.iter().map(|kind| kind.key()).chain([brokers::BOTH]);
        assert!(keys.chain(brokers).eq(SERVERS));
    }
}
