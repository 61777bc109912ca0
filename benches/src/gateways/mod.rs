//! Measures the gateway: alone, beside the bare forwarding loop, and in front of Apache's broker, beside Apache's proxy.

mod alone;
mod cluster;
mod policies;
mod servers;
mod table;

use crate::compare::interrupt;
use crate::compare::machine::Machine;
use crate::compare::spread::Spread;
use crate::limits;
use crate::load;
use crate::outcome::Outcome;
use crate::requests::Header;
use rocketmq_tower::BoxError;
use std::fs;
use std::net::SocketAddr;
use std::path::PathBuf;

#[derive(clap::Args)]
pub(crate) struct Options {
    /// How long each load is measured, in seconds.
    #[arg(long, default_value_t = 2.0)]
    pub(crate) seconds: f64,
    /// How long each load runs before it is measured, in seconds.
    #[arg(long, default_value_t = 0.5)]
    pub(crate) warm_up: f64,
    /// How long each server of the cluster is warmed up before the first round, in seconds.
    #[arg(long, default_value_t = 8.0)]
    pub(crate) first: f64,
    #[arg(long, default_value_t = 5)]
    pub(crate) rounds: usize,
    /// Measure only the gateway itself, without Apache's servers.
    #[arg(long)]
    alone: bool,
    /// Give Apache's broker this processor. Run the whole command on the others, with `taskset`, to see what the gateway takes when the
    /// broker is the limit.
    #[arg(long)]
    broker_on: Option<usize>,
    /// The folder for GATEWAY.md.
    #[arg(long, default_value = "benches")]
    out: PathBuf,
}

/// Length of bodies, in bytes.
const BODY: usize = 1024;

impl Options {
    /// Measures a server, by its address and process, under the load of `callers`: connections, and requests in flight on each.
    fn load(
        &self,
        (address, pid): (SocketAddr, u32),
        header: Header,
        (connections, depth): (usize, u32),
    ) -> Result<Outcome, BoxError> {
        let (seconds, warm_up, body) = (self.seconds, self.warm_up, BODY);
        load::run(&load::Options {
            address,
            pid,
            connections,
            depth,
            body,
            header,
            seconds,
            warm_up,
        })
    }
}

pub(crate) fn run(options: &Options) -> Result<(), BoxError> {
    interrupt::watch()?;
    limits::raise_open_files()?;
    let Machine { date, processor, cores, kernel, rustc, java } = Machine::look();
    let mut report = format!(
        "# The gateway\n\n{date}: {processor}, {cores} cores, Linux {kernel}, {rustc}, {java}. Medians of {} rounds; ratios are taken \
         within each round. [README.md](README.md) tells how it is measured.\n\n## The gateway itself\n\n",
        options.rounds
    );
    report += &alone::measure(options)?;
    if !options.alone {
        report += "\n## In front of Apache's broker 5.5.0\n\n";
        report += &cluster::measure(options)?;
    }
    fs::create_dir_all(&options.out)?;
    fs::write(options.out.join("GATEWAY.md"), &report)?;
    print!("{report}");
    Ok(())
}

fn median(figures: impl Iterator<Item = f64>) -> f64 {
    Spread::of(figures).map_or(f64::NAN, |spread| spread.median)
}

fn ratio(figures: impl Iterator<Item = f64>) -> String {
    Spread::of(figures).map(|spread| spread.show(2, "")).unwrap_or_default()
}
