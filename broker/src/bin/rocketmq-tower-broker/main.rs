//! The command `rocketmq-tower-broker`.

mod memory;
mod options;
mod pages;

use clap::Parser;
use options::Options;
use rocketmq_tower::BoxError;
use rocketmq_tower::error::chain_text;
use rocketmq_tower::server::shutdown_signal;
use std::error::Error;
use std::io::{self, IsTerminal, Write};
use std::process::ExitCode;

fn main() -> ExitCode {
    memory::set_up();
    let options = Options::parse();
    match options.pages.print() {
        Ok(false) => {}
        Ok(true) => return ExitCode::SUCCESS,
        Err(error) => return fail(&*error),
    }
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .on_thread_start(memory::share_arena)
        .build();
    let runtime = match runtime {
        Ok(runtime) => runtime,
        Err(error) => return fail(&error),
    };
    let code = runtime.block_on(run_to_end(options));
    // A thread that waits for the disk does not keep the process.
    runtime.shutdown_background();
    code
}

/// Prints the error as one line.
fn fail(error: &(dyn Error + 'static)) -> ExitCode {
    _ = writeln!(io::stderr(), "error: {}", chain_text(error));
    ExitCode::FAILURE
}

async fn run_to_end(options: Options) -> ExitCode {
    // A line that cannot be written is lost. Reporting that would panic in the thread that writes, such
    // as when the disk is full.
    tracing_subscriber::fmt()
        .with_max_level(options.log)
        .with_writer(io::stderr)
        .with_ansi(io::stderr().is_terminal())
        .log_internal_errors(false)
        .init();
    match run(options).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => fail(&*error),
    }
}

/// Serves until a signal arrives, or the broker ends by itself.
async fn run(options: Options) -> Result<(), BoxError> {
    let signal = shutdown_signal()?;
    let broker = options.into_builder()?.start().await?;
    if let Some(metrics) = broker.metrics_addr() {
        tracing::info!("metrics at http://{metrics}/metrics");
    }
    if let Some(console) = broker.console_addr() {
        tracing::info!("console at http://{console}/");
    }
    let (names, addr) = (broker.name_server_addr(), broker.advertised_addr());
    writeln!(io::stdout(), "ready namesrv={names} broker={addr}")?;
    tokio::select! {
        () = signal => {}
        () = broker.stopped() => {}
    }
    broker.shutdown().await?;
    tracing::info!("stopped");
    Ok(())
}
