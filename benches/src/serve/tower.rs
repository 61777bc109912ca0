//! The library's servers, which are those of `examples/server`, with room for more connections and
//! without logs.

use super::announce;
use super::counter::Counter;
use rocketmq_tower::driver::{ConnectionConfig, DriverService};
use rocketmq_tower::layers::{EventsLayer, RecoverLayer};
use rocketmq_tower::server::listener::{TcpAcceptor, TcpOptions};
use rocketmq_tower::{Body, BoxError, Server, handler_fn, server};
use std::net::SocketAddr;
use std::time::Duration;

async fn echo(body: Body) -> Body {
    body
}

/// The default stack with a hook, and a listener for events.
pub(super) async fn serve(listen: SocketAddr) -> Result<(), BoxError> {
    let server = Server::new(handler_fn(echo))
        .max_connections(40_000)
        .idle_timeout(Duration::from_secs(120))
        .events(EventsLayer::from_fn(drop))
        .hook(Counter::default())
        .bind(listen)
        .await?;
    announce(server.local_addr());
    server.serve().await?;
    Ok(())
}

pub(super) async fn serve_without_layers(listen: SocketAddr) -> Result<(), BoxError> {
    let recover = RecoverLayer::new();
    let service = DriverService::server(recover, handler_fn(echo), ConnectionConfig::server());
    let tcp = TcpAcceptor::bind(listen, &TcpOptions::default()).await?;
    let server = server::serve(tcp, service);
    announce(server.local_addr());
    server.await?;
    Ok(())
}
