//! `bench`: measures how fast messages are sent or read.

mod histogram;
mod load;
mod pull;
mod report;
mod send;

use crate::failure::Failure;
use crate::link::Link;
use crate::options::{BenchCommand, BenchOptions, LoadOptions};
use crate::output::Out;
use histogram::Histogram;
use load::Load;
use report::Report;
use std::sync::Arc;
use std::time::Duration;
use tokio::task::JoinSet;
use tokio::time::interval;
use tokio_util::sync::CancellationToken;

/// How often the bar moves.
const TICK: Duration = Duration::from_millis(100);

/// The callers of a load: each ends by itself, with the durations of its requests.
type Callers = JoinSet<Result<Histogram, Failure>>;

/// Prints what was measured, also if a caller fails or `stop` ends it earlier.
pub(crate) async fn run(
    link: &Link,
    options: BenchOptions,
    stop: CancellationToken,
    out: &mut Out,
) -> Result<(), Failure> {
    let (operation, options, load, callers) = match options.command {
        BenchCommand::Send { load: options, size } => {
            let load = Arc::new(Load::new(&options, stop));
            let callers = send::start(link, &options, size as usize, &load);
            ("send", options, load, callers)
        }
        BenchCommand::Pull { load: options } => {
            let load = Arc::new(Load::new(&options, stop));
            let callers = pull::start(link, &options, &load).await?;
            ("pull", options, load, callers)
        }
    };
    let (latency, ended) = watch(callers, &load, &options, out).await;
    let report = Report::new(operation, &options, &load, &latency);
    out.line(|| report.to_json(), || report.human())?;
    ended
}

/// Moves the bar until all callers have ended. The first failure ends the others.
async fn watch(
    mut callers: Callers,
    load: &Load,
    options: &LoadOptions,
    out: &Out,
) -> (Histogram, Result<(), Failure>) {
    let (total, unit) = match options.messages {
        Some(messages) => (messages, "messages"),
        None => (options.seconds, "s"),
    };
    let progress = out.progress(total, unit);
    let (mut latency, mut ended) = (Histogram::default(), Ok(()));
    let mut ticks = interval(TICK);
    loop {
        let joined = tokio::select! {
            joined = callers.join_next() => joined,
            _ = ticks.tick() => {
                let done = if options.messages.is_some() { load.messages() } else { load.seconds() as u64 };
                progress.set(done);
                progress.message(format!("{:.0} messages/s", load.rate()));
                continue;
            }
        };
        let failure = match joined {
            None => break,
            Some(Ok(Ok(of_caller))) => {
                latency.add(&of_caller);
                continue;
            }
            Some(Ok(Err(failure))) => failure,
            Some(Err(error)) => Failure::Local(error.to_string()),
        };
        load.stop();
        if ended.is_ok() {
            ended = Err(failure);
        }
    }
    load.end();
    (latency, ended)
}
