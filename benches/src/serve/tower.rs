//! The library's servers.

use super::announce;
use rocketmq_tower::driver::{ConnectionConfig, DriverService};
use rocketmq_tower::layers::{EventsLayer, RecoverLayer};
use rocketmq_tower::server::listener::{TcpAcceptor, TcpOptions};
use rocketmq_tower::{BoxError, RemotingCommand, ResponseCode, Server, server, service_fn};
use std::future::{Ready, ready};
use std::net::SocketAddr;
use std::time::Duration;

fn echo(mut request: RemotingCommand) -> Ready<Result<RemotingCommand, BoxError>> {
    ready(Ok(RemotingCommand::response(ResponseCode::SUCCESS).with_body(request.take_body())))
}

/// The default stack, with room for the connections of `idle`, and a listener for events.
pub(super) async fn serve(listen: SocketAddr) -> Result<(), BoxError> {
    let server = Server::new(service_fn(echo))
        .max_connections(40_000)
        .idle_timeout(Duration::from_secs(120))
        .events(EventsLayer::from_fn(drop))
        .bind(listen)
        .await?;
    announce(server.local_addr());
    server.serve().await?;
    Ok(())
}

pub(super) async fn serve_without_layers(listen: SocketAddr) -> Result<(), BoxError> {
    let recover = RecoverLayer::new();
    let service = DriverService::server(recover, service_fn(echo), ConnectionConfig::server());
    let tcp = TcpAcceptor::bind(listen, &TcpOptions::default()).await?;
    let server = server::serve(tcp, service);
    announce(server.local_addr());
    server.await?;
    Ok(())
}
