//! Measures consumption from the disk.
//!
//! The messages of all rounds are sent to topics of their own, and after them as many as a broker
//! reads when it starts. Then the brokers end, their files are removed from the page cache, and they
//! start again. What was read from the disk shows whether the messages were in the page cache.

use super::kind::Kind;
use super::loads::{COLD, Flush, MESSAGES, fill, pull};
use super::running::Running;
use super::{add, text, warm_up};
use crate::broker::figures::Figures;
use crate::broker::pulls::Filled;
use crate::compare::Options;
use crate::compare::results::Results;
use rocketmq_tower::BoxError;

/// Messages of 1 KiB that fill the last files of a broker, which it reads when it starts.
const FILLING: u64 = 200_000;

/// Apache's broker reads its last three files when it starts, which have 1 GiB by default.
const SMALL_FILES: &str = "mappedFileSizeCommitLog=67108864";

/// At least this part of the messages must come from the disk.
const COLD_ENOUGH: f64 = 0.8;

/// A broker with a topic for each round.
type Prepared = Result<(Running, Vec<Filled>), String>;

pub(super) fn measure(options: &Options, results: &mut Results) {
    let prepare = |kind| (kind, prepare(kind, options).map_err(text));
    let brokers: Vec<(Kind, Prepared)> = options.brokers().into_iter().map(prepare).collect();
    for round in 1..=options.broker_rounds {
        for (kind, broker) in &brokers {
            let outcome = match broker {
                Ok((broker, topics)) => pull_cold(broker, topics.get(round - 1)).map_err(text),
                Err(error) => Err(error.clone()),
            };
            add(results, round, COLD, *kind, outcome);
        }
    }
}

fn prepare(kind: Kind, options: &Options) -> Result<(Running, Vec<Filled>), BoxError> {
    eprintln!("filling: {}", kind.key());
    let mut broker = Running::start(kind, Flush::Async, &[SMALL_FILES])?;
    let rounds = 1..=options.broker_rounds;
    let topics = rounds.map(|_| fill(&broker, MESSAGES)).collect::<Result<_, _>>()?;
    fill(&broker, FILLING)?;
    broker.restart_cold()?;
    warm_up(kind, &broker, true, options);
    Ok((broker, topics))
}

fn pull_cold(broker: &Running, filled: Option<&Filled>) -> Result<Figures, BoxError> {
    // A broker may have read and written them again since it started.
    broker.evict()?;
    let figures = pull(broker, filled.ok_or("nothing was sent")?)?;
    match figures.read >= COLD_ENOUGH {
        true => Ok(figures),
        false => Err(format!("only {:.2} of the messages came from the disk", figures.read).into()),
    }
}
