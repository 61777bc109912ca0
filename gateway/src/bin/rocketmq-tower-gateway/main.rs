//! The command `rocketmq-tower-gateway`.

mod config;
mod health;
mod memory;
mod options;

use clap::Parser;
use health::Health;
use options::Options;
use rocketmq_tower::BoxError;
use rocketmq_tower::error::chain_text;
use rocketmq_tower::server::shutdown_signal;
use std::io::{self, IsTerminal, Write};
use std::process::ExitCode;

fn main() -> ExitCode {
    memory::set_up();
    start()
}

#[tokio::main]
async fn start() -> ExitCode {
    let options = Options::parse();
    // A line that cannot be written is lost. Reporting that would panic in the thread that writes.
    tracing_subscriber::fmt()
        .with_max_level(options.log)
        .with_writer(io::stderr)
        .with_ansi(io::stderr().is_terminal())
        .log_internal_errors(false)
        .init();
    match run(options).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            _ = writeln!(io::stderr(), "error: {}", chain_text(&*error));
            ExitCode::FAILURE
        }
    }
}

/// Serves until a signal arrives.
async fn run(options: Options) -> Result<(), BoxError> {
    let signal = shutdown_signal()?;
    let config = options.config()?;
    let gateway = config.builder()?.start().await?;
    let health = match &config.health {
        Some(addr) => Some(Health::start(addr, gateway.readiness()).await?),
        None => None,
    };
    let names = gateway.name_server_addrs();
    let names: Vec<_> = names.iter().map(ToString::to_string).collect();
    let health_addr = health.as_ref().map(|health| format!(" health={}", health.addr()));
    writeln!(io::stdout(), "ready namesrv={}{}", names.join(","), health_addr.unwrap_or_default())?;
    for broker in gateway.brokers() {
        let id = format!("{}/{}", broker.name, broker.id);
        writeln!(io::stdout(), "broker {id} at {} is {}", broker.inside, broker.advertised)?;
    }
    signal.await;
    gateway.shutdown().await;
    tracing::info!("stopped");
    Ok(())
}
