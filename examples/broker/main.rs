//! A RocketMQ name server and broker in one process, to be used with RocketMQ's own clients.
//!
//! ```sh
//! cargo run --release --example broker
//! ```
//!
//! It is made of this library and a store: begin with `stack.rs`, which puts the layers together.

mod address;
mod broker;
mod clients;
mod clock;
mod delay;
mod error;
mod exporter;
mod filter;
mod hook;
mod jobs;
mod log;
mod messages;
mod name_server;
mod node;
mod offsets;
mod options;
mod pulled;
mod requests;
mod service;
mod stack;
mod storage;
#[cfg(test)]
mod tests;
mod topics;
mod transactions;

use clap::Parser;
use node::Node;
use options::Options;
use rocketmq_tower::BoxError;
use std::io::{self, Write};

/// Messages are made by one thread and freed by another: the system's allocator takes its time.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

#[tokio::main]
async fn main() -> Result<(), BoxError> {
    let options = Options::parse();
    // A line that can't be written is lost. To say so would panic: on a full disk, in the log's writer.
    tracing_subscriber::fmt()
        .with_max_level(options.log)
        .with_writer(io::stderr)
        .log_internal_errors(false)
        .init();
    let signal = stopped()?;
    let node = Node::start(&options).await?;
    let (names, broker) = (node.name_server_addr(), node.broker_addr());
    if let Some(metrics) = node.metrics_addr() {
        tracing::info!("metrics at http://{metrics}/metrics");
    }
    writeln!(io::stdout(), "ready namesrv={names} broker={broker}")?;
    node.serve_until(signal).await?;
    tracing::info!("bye");
    Ok(())
}

/// Resolves on Ctrl-C, and on what stops a service.
#[cfg(unix)]
fn stopped() -> io::Result<impl Future> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut terminate = signal(SignalKind::terminate())?;
    Ok(async move {
        tokio::select! {
            _ = tokio::signal::ctrl_c() => {}
            _ = terminate.recv() => {}
        }
    })
}

/// Resolves on Ctrl-C.
#[cfg(not(unix))]
fn stopped() -> io::Result<impl Future> {
    Ok(tokio::signal::ctrl_c())
}
