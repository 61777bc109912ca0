//! Compares brokers.
//!
//! Those with the same flush run beside each other, and are warmed up before the first round. Rounds
//! interleave them.

mod cold;
pub(super) mod kind;
pub(super) mod loads;
mod running;

use super::Options;
use super::results::Results;
use crate::broker::figures::Figures;
use kind::Kind;
use loads::{ASYNC_EACH, ASYNC_PIPELINED, Flush, HOT, MESSAGES, SENDS};
use rocketmq_tower::BoxError;
use running::Running;

/// The word for both brokers on the command line.
pub(super) const BOTH: &str = "broker";

/// Each load warms a broker up at most this number of times.
const WARM_UPS: usize = 5;

/// A broker, or the reason why it does not run.
type Started = Result<Running, String>;

pub(super) fn run(options: &Options, results: &mut Results) {
    if options.brokers().is_empty() {
        return;
    }
    for flush in [Flush::Async, Flush::Sync] {
        measure(flush, options, results);
    }
    if options.wants(loads::COLD) {
        cold::measure(options, results);
    }
}

/// Measures the loads with this flush.
fn measure(flush: Flush, options: &Options, results: &mut Results) {
    let sends: Vec<_> =
        SENDS.iter().filter(|load| load.flush == flush && options.wants(load.key)).collect();
    // Pulls return the same messages with either flush.
    let pulls = flush == Flush::Async && options.wants(HOT);
    if sends.is_empty() && !pulls {
        return;
    }
    let start = |kind| -> Result<Running, BoxError> {
        let broker = Running::start(kind, flush, &[])?;
        warm_up(kind, &broker, pulls, options);
        Ok(broker)
    };
    let kinds = options.brokers().into_iter();
    let mut brokers: Vec<(Kind, Started)> =
        kinds.map(|kind| (kind, start(kind).map_err(text))).collect();
    for round in 1..=options.broker_rounds {
        for load in &sends {
            for (kind, broker) in &mut brokers {
                let run =
                    |broker: &Running| load.run(broker, options.broker_seconds, options.warm_up);
                let outcome = attempt(broker, run, || start(*kind));
                add(results, round, load.key, *kind, outcome);
            }
        }
        for (kind, broker) in brokers.iter_mut().filter(|_| pulls) {
            let run = |broker: &Running| loads::pull(broker, &loads::fill(broker, MESSAGES)?);
            let outcome = attempt(broker, run, || start(*kind));
            add(results, round, HOT, *kind, outcome);
        }
    }
}

/// Runs loads until a send costs no longer much less than before: Java compiles what runs often.
fn warm_up(kind: Kind, broker: &Running, pulls: bool, options: &Options) {
    eprintln!("warming up: {}", kind.key());
    for load in SENDS.iter().filter(|load| [ASYNC_EACH, ASYNC_PIPELINED].contains(&load.key)) {
        let mut best = f64::INFINITY;
        for _ in 0..WARM_UPS {
            // An error will show again in the measurement.
            let Ok(cost) = load.warm_up(broker, options.first / 2.0) else { break };
            if cost > best * 0.9 {
                break;
            }
            best = cost;
        }
    }
    if pulls {
        for _ in 0..2 {
            loads::fill(broker, MESSAGES).and_then(|filled| loads::pull(broker, &filled)).ok();
        }
    }
}

/// Measures, and starts another broker after an error, as this one may have ended or be unusable.
fn attempt(
    broker: &mut Started,
    run: impl FnOnce(&Running) -> Result<Figures, BoxError>,
    start: impl FnOnce() -> Result<Running, BoxError>,
) -> Result<Figures, String> {
    let running = broker.as_ref().map_err(Clone::clone)?;
    let outcome = run(running).map_err(text);
    if outcome.is_err() {
        *broker = Err("its folder is in use".to_owned());
        *broker = start().map_err(text);
    }
    outcome
}

fn add(
    results: &mut Results,
    round: usize,
    load: &'static str,
    kind: Kind,
    outcome: Result<Figures, String>,
) {
    let shown = match &outcome {
        Ok(Figures { outcome, written, .. }) => {
            let (per_second, server) = (outcome.per_second, outcome.server);
            format!("{per_second:.0}/s, {server:.3} µs, {written:.2} written")
        }
        Err(error) => error.clone(),
    };
    eprintln!("round {round}, {load}, {}: {shown}", kind.key());
    results.brokers.add(load, kind, outcome);
}

fn text(error: BoxError) -> String {
    error.to_string()
}
