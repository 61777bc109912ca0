//! Help that the tests share.
#![allow(dead_code, reason = "not every test uses all of it")]
#![allow(clippy::expect_used, clippy::unwrap_used, clippy::panic, reason = "test code")]

pub(crate) mod logged;
#[cfg(feature = "proxy-protocol")]
pub(crate) mod proxied;

use rocketmq_tower_core::channel::Responder;
use rocketmq_tower_core::driver::{ConnectionConfig, Driver, DriverService};
use rocketmq_tower_core::{
    BoxError, Channel, ChannelInfo, Connection, RemotingCodec, RemotingCommand, Reply, ResponseCode,
};
use std::net::SocketAddr;
use std::time::Duration;
use tokio::io::DuplexStream;
use tokio::sync::mpsc::UnboundedSender;
use tokio_util::codec::Encoder;
use tower::layer::util::Identity;
use tower::{Layer, Service, service_fn};

pub(crate) const SECOND: Duration = Duration::from_secs(1);

/// Fails instead of waiting for ever. Under the paused clock, a day passes at once when nothing
/// else can happen.
pub(crate) async fn soon<F: Future>(future: F) -> F::Output {
    let day = Duration::from_secs(24 * 3600);
    tokio::time::timeout(day, future).await.expect("something happens within a day")
}

/// A connection from 127.0.0.1, and the peer's end of it.
pub(crate) fn connection() -> (DuplexStream, Connection<DuplexStream>) {
    connection_from("127.0.0.1:5000")
}

pub(crate) fn connection_from(peer: &str) -> (DuplexStream, Connection<DuplexStream>) {
    let (ours, theirs) = tokio::io::duplex(64 * 1024);
    let local: SocketAddr = "127.0.0.1:10911".parse().unwrap();
    let peer: SocketAddr = peer.parse().unwrap();
    (ours, Connection::new(theirs, ChannelInfo::new(local, peer)))
}

/// Drives connections whose requests go to `processor`.
pub(crate) fn driver<P>(processor: P) -> DriverService<Identity, P> {
    DriverService::server(Identity::new(), processor, ConnectionConfig::server())
}

pub(crate) fn frame(command: &RemotingCommand) -> Vec<u8> {
    let mut bytes = Default::default();
    RemotingCodec::new().encode(command, &mut bytes).unwrap();
    bytes.to_vec()
}

/// A channel for this many calls at a time to `processor`.
pub(crate) fn channel<F>(
    max_calls: usize,
    processor: impl FnMut(RemotingCommand) -> F + Clone + Send + 'static,
) -> Channel
where
    F: Future<Output = Result<RemotingCommand, BoxError>> + Send + 'static,
{
    let (ours, theirs) = tokio::io::duplex(64 * 1024);
    let server = Connection::new(theirs, ChannelInfo::default());
    tokio::spawn(driver(service_fn(processor)).call(server));
    let client = Connection::new(ours, ChannelInfo::default());
    let channel = client.channel();
    let mut config = ConnectionConfig::client();
    config.max_calls = max_calls;
    tokio::spawn(Driver::client(client, service_fn(sleeper), config));
    channel
}

/// Answers after as many seconds as the code says.
pub(crate) async fn sleeper(request: RemotingCommand) -> Result<RemotingCommand, BoxError> {
    tokio::time::sleep(u32::try_from(request.code())? * SECOND).await;
    Ok(RemotingCommand::response(ResponseCode::SUCCESS))
}

/// A connection whose requests go through `layer` to `processor`; calls over the channel reach it.
pub(crate) fn served<L, P>(layer: L, processor: P) -> Channel
where
    L: Layer<P>,
    P: Clone,
    L::Service: Service<RemotingCommand> + Send + 'static,
    <L::Service as Service<RemotingCommand>>::Response: Reply,
    <L::Service as Service<RemotingCommand>>::Error: Into<BoxError>,
    <L::Service as Service<RemotingCommand>>::Future: Send + 'static,
{
    let (ours, server) = connection();
    let mut service = DriverService::server(layer, processor, ConnectionConfig::server());
    tokio::spawn(service.call(server));
    let client = Connection::new(ours, ChannelInfo::default());
    let channel = client.channel();
    tokio::spawn(Driver::client(client, service_fn(sleeper), ConnectionConfig::client()));
    channel
}

/// Keeps what it is asked in `parked`, to be answered later.
pub(crate) fn parking(
    parked: UnboundedSender<Responder>,
) -> impl Service<RemotingCommand, Response = Option<RemotingCommand>, Error = BoxError, Future: Send>
+ Clone
+ Send {
    service_fn(move |request: RemotingCommand| {
        let parked = parked.clone();
        async move {
            parked.send(request.defer()?)?;
            Ok(None)
        }
    })
}
