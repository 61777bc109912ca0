//! A server with the default stack that answers every request with the request's body.
//!
//! ```sh
//! cargo run --release --example server -- --listen 127.0.0.1:9876
//! ```
//!
//! With `--bare` it runs without the default stack: no connection limit, no idle timeout, no
//! events, and no hook.

use clap::Parser;
use rocketmq_tower::driver::{ConnectionConfig, DriverService};
use rocketmq_tower::layers::events::Event;
use rocketmq_tower::layers::rpc_hook::RpcHook;
use rocketmq_tower::layers::{EventsLayer, RecoverLayer};
use rocketmq_tower::server::listener::{TcpAcceptor, TcpOptions};
use rocketmq_tower::server::{Shutdown, serve, shutdown_signal};
use rocketmq_tower::{Addr, Body, BoxError, RemotingCommand, Server, handler_fn};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use tracing_subscriber::filter::LevelFilter;

#[derive(Parser)]
struct Options {
    /// The address to listen on. Port 0 means any free port.
    #[arg(long, default_value = "127.0.0.1:9876")]
    listen: String,
    /// Serve without the default stack.
    #[arg(long)]
    bare: bool,
    /// The log level: off, error, warn, info, debug or trace.
    #[arg(long, default_value = "info")]
    log: LevelFilter,
}

/// The processor: answers `SUCCESS` with the request's body, whatever the request code.
async fn echo(body: Body) -> Body {
    body
}

/// A hook that counts requests, and logs the number when the server ends.
#[derive(Default)]
struct Counter(AtomicU64);

impl RpcHook for Counter {
    fn before(&self, _peer: &Addr, _request: &mut RemotingCommand) -> Result<(), BoxError> {
        self.0.fetch_add(1, Ordering::Relaxed);
        Ok(())
    }

    fn looks_after(&self) -> bool {
        false
    }
}

impl Drop for Counter {
    fn drop(&mut self) {
        tracing::info!(requests = self.0.load(Ordering::Relaxed), "served");
    }
}

/// Logs an event of a connection.
fn log(event: Event) {
    tracing::info!(peer = %event.channel().peer_addr(), "{}", event.name());
}

#[tokio::main]
async fn main() -> Result<(), BoxError> {
    let options = Options::parse();
    tracing_subscriber::fmt().with_max_level(options.log).with_writer(std::io::stderr).init();

    let shutdown =
        if options.bare { serve_bare(&options).await? } else { serve_stack(&options).await? };
    tracing::info!(
        accepted = shutdown.accepted,
        aborted = shutdown.aborted,
        "the server has stopped"
    );
    Ok(())
}

/// Serves with the default stack, a hook and events.
async fn serve_stack(options: &Options) -> Result<Shutdown, BoxError> {
    let server = Server::new(handler_fn(echo))
        .max_connections(1000)
        .idle_timeout(Duration::from_secs(120))
        .events(EventsLayer::from_fn(log))
        .hook(Counter::default())
        .bind(&options.listen)
        .await?;
    println!("listening on {}", server.local_addr());
    Ok(server.serve_until(shutdown_signal()?).await?)
}

/// Serves with a stack built by hand: the driver, and inside it the layer that turns errors into
/// responses.
async fn serve_bare(options: &Options) -> Result<Shutdown, BoxError> {
    let recover = RecoverLayer::new();
    let service = DriverService::server(recover, handler_fn(echo), ConnectionConfig::server());
    let tcp = TcpAcceptor::bind(&options.listen, &TcpOptions::default()).await?;
    let server = serve(tcp, service);
    println!("listening on {}", server.local_addr());
    Ok(server.with_graceful_shutdown(shutdown_signal()?).await?)
}
