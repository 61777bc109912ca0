//! The command `rocketmq-tower`.

mod bench;
mod call;
mod cluster;
mod failure;
mod groups;
mod input;
mod link;
mod options;
mod output;
mod pages;
mod reading;
mod send;
mod tail;
mod topics;

use clap::Parser;
use failure::Failure;
use link::Link;
use options::{Cli, Command};
use output::Out;
use std::env;
use std::process::ExitCode;
use std::time::Duration;
use tokio::runtime::Builder;
use tokio::signal;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

/// How long a command that tells what it has done may take for that after Ctrl-C.
const LAST_WORDS: Duration = Duration::from_secs(5);

fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => return failure::report_usage(&error, env::args_os().skip(1)),
    };
    let is_json = cli.global.json;
    // A thread may wait for a reader of the output, such as a pager: another one takes signals.
    let runtime = Builder::new_multi_thread().worker_threads(workers()).enable_all().build();
    let runtime = match runtime {
        Ok(runtime) => runtime,
        Err(error) => return Failure::Local(error.to_string()).report(is_json),
    };
    let stop = CancellationToken::new();
    let tells_its_end = matches!(cli.command, Command::Bench(_));
    let mut work = runtime.spawn(run(cli, stop.clone()));
    let ended = runtime.block_on(async {
        tokio::select! {
            ended = &mut work => ended.unwrap_or_else(|error| Err(Failure::Local(error.to_string()))),
            _ = signal::ctrl_c() => {
                stop.cancel();
                if tells_its_end {
                    _ = timeout(LAST_WORDS, work).await;
                }
                Err(Failure::Interrupted)
            }
        }
    });
    runtime.shutdown_background();
    match ended {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => failure.report(is_json),
    }
}

/// Returns the number of threads: at least 2.
fn workers() -> usize {
    std::thread::available_parallelism().map_or(2, usize::from).max(2)
}

async fn run(cli: Cli, stop: CancellationToken) -> Result<(), Failure> {
    let mut out = Out::new(cli.global.json);
    let link = |connections| Link::new(&cli.global, connections);
    match cli.command {
        Command::Call(options) => call::run(&link(1)?, options, &mut out).await,
        Command::Send(options) => send::run(&link(1)?, options, &mut out).await,
        Command::Pull(options) => reading::pull(&link(1)?, options, &mut out).await,
        Command::Tail(options) => tail::run(&link(1)?, options, &mut out).await,
        Command::Topics(options) => topics::run(&link(1)?, options, &mut out).await,
        Command::Groups(options) => groups::run(&link(1)?, options, &mut out).await,
        Command::Bench(options) => {
            let link = link(options.load().connections)?;
            bench::run(&link, options, stop, &mut out).await
        }
        Command::Completions { shell } => pages::completions(shell, &mut out),
        Command::Man { dir } => pages::man(dir.as_deref(), &mut out),
    }
}
