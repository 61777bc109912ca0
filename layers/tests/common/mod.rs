//! Helpers that the tests share.
#![allow(dead_code, reason = "not every test uses all of it")]
#![allow(clippy::expect_used, clippy::unwrap_used, clippy::panic, reason = "test code")]

pub(crate) mod logged;
#[cfg(feature = "proxy-protocol")]
pub(crate) mod proxied;

use rocketmq_tower_core::channel::Responder;
use rocketmq_tower_core::driver::{ConnectionConfig, Driver, DriverService};
use rocketmq_tower_core::{
    BoxError, Channel, ChannelInfo, Connection, Disconnect, RemotingCommand, Reply, ResponseCode,
};
use rocketmq_tower_test_support::sleeper;
use std::convert::Infallible;
use std::fmt::Debug;
use std::net::SocketAddr;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use tokio::io::DuplexStream;
use tokio::runtime::{Builder, Runtime};
use tokio::sync::Semaphore;
use tokio::sync::mpsc::UnboundedSender;
use tokio::task::JoinHandle;
use tokio_test::{assert_pending, assert_ready_err, assert_ready_ok, task};
use tower::layer::util::Identity;
use tower::limit::ConcurrencyLimit;
use tower::{Layer, Service, service_fn};
use tower_test::mock::{self, Handle, Mock, Spawn};

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

/// A service that can answer the requests of a connection.
pub(crate) trait Processing:
    Send + 'static + Service<RemotingCommand, Response: Reply, Error: Into<BoxError>, Future: Send>
{
}

impl<S> Processing for S where
    S: Send
        + 'static
        + Service<RemotingCommand, Response: Reply, Error: Into<BoxError>, Future: Send>
{
}

/// The task of a connection, with its result.
pub(crate) type Lifetime = JoinHandle<Result<Disconnect, Infallible>>;

/// Starts a [`connection`]. Returns the peer's end, the connection's channel, and its task.
pub(crate) fn start<S>(mut service: S) -> (DuplexStream, Channel, Lifetime)
where
    S: Service<
            Connection<DuplexStream>,
            Response = Disconnect,
            Error = Infallible,
            Future: Send + 'static,
        >,
{
    let (peer, conn) = connection();
    let channel = conn.channel();
    (peer, channel, tokio::spawn(service.call(conn)))
}

/// Drives a client at this end of a connection. Returns its channel.
pub(crate) fn client(io: DuplexStream, info: ChannelInfo, config: ConnectionConfig) -> Channel {
    let client = Connection::new(io, info);
    let channel = client.channel();
    tokio::spawn(Driver::client(client, service_fn(sleeper), config));
    channel
}

/// A channel to `processor` for at most `max_calls` calls at a time.
pub(crate) fn channel<F>(
    max_calls: usize,
    processor: impl FnMut(RemotingCommand) -> F + Clone + Send + 'static,
) -> Channel
where
    F: Future<Output = Result<RemotingCommand, BoxError>> + Send + 'static,
{
    let mut config = ConnectionConfig::client();
    config.max_calls = max_calls;
    served_to(config, Identity::new(), service_fn(processor))
}

/// A channel whose calls go through `layer` to `processor`.
pub(crate) fn served<L, P>(layer: L, processor: P) -> Channel
where
    L: Layer<P, Service: Processing>,
    P: Clone,
{
    served_to(ConnectionConfig::client(), layer, processor)
}

fn served_to<L, P>(config: ConnectionConfig, layer: L, processor: P) -> Channel
where
    L: Layer<P, Service: Processing>,
    P: Clone,
{
    let (ours, _, _) = start(DriverService::server(layer, processor, ConnectionConfig::server()));
    client(ours, ChannelInfo::default(), config)
}

/// Defers each request and sends its responder to `parked`.
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

/// Asserts that a layer passes on the readiness and the errors of its inner service.
pub(crate) async fn assert_passes_readiness_and_errors<L>(layer: L)
where
    L: Layer<Mock<RemotingCommand, RemotingCommand>>,
    L::Service: Service<RemotingCommand, Response = RemotingCommand, Error = BoxError>,
{
    let (mock, mut handle) = mock::pair();
    let mut service = Spawn::new(layer.layer(mock));
    handle.allow(0);
    assert_pending!(service.poll_ready());
    handle.allow(1);
    assert_ready_ok!(service.poll_ready());
    let call = service.call(RemotingCommand::request(1));
    let (_, respond) = handle.next_request().await.expect("called");
    respond.send_error("no");
    assert_eq!(call.await.expect_err("passed on").to_string(), "no");
}

/// A service whose limit is shared between connections.
pub(crate) type Limited = ConcurrencyLimit<Mock<RemotingCommand, RemotingCommand>>;

/// One connection's service of a server whose limit is shared.
pub(crate) fn limited<L: Layer<Limited>>(
    layer: &L,
    limit: &Arc<Semaphore>,
) -> (Spawn<L::Service>, Handle<RemotingCommand, RemotingCommand>) {
    let (mock, handle) = mock::pair();
    let limited = ConcurrencyLimit::with_semaphore(mock, Arc::clone(limit));
    (Spawn::new(layer.layer(limited)), handle)
}

/// Asserts that a request which `layer` refuses, or at which it panics, releases its permit of a
/// shared limit to the next connection.
pub(crate) fn assert_gives_its_permit_back<L>(layer: &L, request: RemotingCommand, panics: bool)
where
    L: Layer<Limited>,
    L::Service: Service<RemotingCommand, Response: Debug, Error: Debug>,
{
    let limit = Arc::new(Semaphore::new(1));
    let ((mut one, _one), (mut two, _two)) = (limited(layer, &limit), limited(layer, &limit));
    assert_ready_ok!(one.poll_ready());
    assert_pending!(two.poll_ready());
    let call = catch_unwind(AssertUnwindSafe(|| one.call(request)));
    assert_eq!(call.is_err(), panics);
    if let Ok(call) = call {
        drop(assert_ready_err!(task::spawn(call).poll()));
    }
    assert!(two.is_woken(), "while the first connection is open, and does nothing");
    assert_ready_ok!(two.poll_ready());
}

/// A runtime without timers, whose only thread is called `heavy`.
pub(crate) fn heavy() -> Runtime {
    Builder::new_multi_thread().worker_threads(1).thread_name("heavy").build().expect("a runtime")
}

/// Answers with the name of the current thread.
pub(crate) async fn name_thread(_request: RemotingCommand) -> Result<RemotingCommand, BoxError> {
    let name = std::thread::current().name().unwrap_or_default().to_owned();
    Ok(RemotingCommand::response(ResponseCode::SUCCESS).with_remark(name))
}
