//! Simulates clients and a server over a network that fails in every way.
//!
//! A seed decides everything: the number of clients and callers, their settings, the faults and
//! their repairs, and the delay of each message. The invariants are checked in `checks.rs` and
//! wherever `violation` is called:
//!
//! * Each call ends once, in time, with its own response or an error.
//! * A request is run at most once; not at all, if its error says so.
//! * A response on the wire is the first one to a request, and never to a oneway request.
//! * Each connection reports CONNECTED, then its cause, then DISCONNECTED.
//! * Connections, permits, processors and sockets are released in time, also after crashes.
//! * No call is lost if connections only end gracefully, as in one of four seeds.
//! * Shutdowns end in time. Once the faults end, calls succeed.
//! * The same seed gives the same run.
//!
//! Tests break each invariant on purpose. `.ci/simulation` runs the simulation. With `--cfg
//! tokio_unstable`, which the settings in this folder set, the seed also controls tokio's own
//! random choices.

mod caller;
mod checks;
mod client;
mod errors;
mod fault;
mod journal;
mod network;
mod options;
mod payload;
mod plan;
mod processor;
mod report;
mod run;
mod sabotage;
mod server;
mod stage;
mod stranger;
#[cfg(test)]
mod tests;
mod wire;
mod world;

use options::{Options, USAGE};
use plan::Plan;
use report::Report;
use rocketmq_tower::BoxError;
use run::{Outcome, run};
use sabotage::Sabotage;
use std::process::{Command, ExitCode, Stdio};
use std::time::Instant;
use tracing_subscriber::filter::LevelFilter;

/// One of this number of seeds is run twice.
const REPEAT: u64 = 16;

fn main() -> ExitCode {
    let options = match Options::parse(std::env::args().skip(1)) {
        Ok(options) => options,
        Err(error) => {
            eprintln!("{error}\n{USAGE}");
            return ExitCode::from(2);
        }
    };
    let done = match (options.seed, options.stride) {
        (Some(seed), _) => Ok(show(seed, options.sabotage)),
        (None, Some(stride)) => work(&options, stride),
        (None, None) => all(&options),
    };
    match done {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

/// Runs one seed and prints everything that happens.
fn show(seed: u64, sabotage: Option<Sabotage>) -> bool {
    let logs = tracing_subscriber::fmt().with_max_level(LevelFilter::DEBUG).without_time();
    logs.init();
    let plan = Plan::new(seed);
    println!("{plan:#?}");
    let outcome = run(plan, sabotage, true);
    println!("hash {:016x}", outcome.hash);
    complain(seed, sabotage, &outcome);
    outcome.violations.is_empty()
}

/// Runs many seeds in several processes: tokio counts tasks over all threads of a process, and a
/// crash drops tasks in an order that depends on this count.
fn all(options: &Options) -> Result<bool, BoxError> {
    let start = Instant::now();
    let program = std::env::current_exe()?;
    let mut workers = Vec::new();
    for worker in 0..options.workers {
        let share = (options.seeds + options.workers - 1 - worker) / options.workers;
        let mut command = Command::new(&program);
        command.args(["--first", &(options.first + worker).to_string()]);
        command.args(["--stride", &options.workers.to_string(), "--seeds", &share.to_string()]);
        command.args(["--seconds", &options.bound.as_secs().to_string()]);
        if let Some(sabotage) = options.sabotage {
            command.args(["--sabotage", sabotage.name()]);
        }
        workers.push(command.stdin(Stdio::null()).stdout(Stdio::piped()).spawn()?);
    }
    let mut report = Report::default();
    for worker in workers {
        let output = worker.wait_with_output()?;
        let part = serde_json::from_slice(&output.stdout);
        report.merge(part.map_err(|error| format!("a worker failed, {}: {error}", output.status))?);
    }
    println!("{report}");
    println!("{:.1} s, {} processes", start.elapsed().as_secs_f64(), options.workers);
    if let Some(first) = report.failed.iter().min() {
        println!("FAILED: {} seeds, such as {first}", report.failed.len());
    }
    Ok(report.failed.is_empty())
}

/// Runs one process's share of the seeds.
fn work(options: &Options, stride: u64) -> Result<bool, BoxError> {
    let (start, mut report) = (Instant::now(), Report::default());
    for number in 0..options.seeds {
        if start.elapsed() > options.bound {
            break;
        }
        let seed = options.first + number * stride;
        let mut outcome = run(Plan::new(seed), options.sabotage, false);
        if cfg!(tokio_unstable) && number % REPEAT == 0 {
            outcome.compare(&run(Plan::new(seed), options.sabotage, false));
            report.repeated();
        }
        report.add(seed, &outcome);
        complain(seed, options.sabotage, &outcome);
    }
    println!("{}", serde_json::to_string(&report)?);
    Ok(report.failed.is_empty())
}

/// Prints the violations, and how to replay the run.
fn complain(seed: u64, sabotage: Option<Sabotage>, outcome: &Outcome) {
    let Some(first) = outcome.violations.first() else { return };
    let more = sabotage.map(|sabotage| format!(" --sabotage {}", sabotage.name()));
    eprintln!(
        "seed {seed}: {} violations, the first after {:?}, of '{}': {}\n    \
         .ci/simulation --seed {seed}{}",
        outcome.violations.len(),
        first.at,
        first.invariant,
        first.what,
        more.unwrap_or_default(),
    );
}
