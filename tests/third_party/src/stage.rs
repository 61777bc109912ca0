//! Servers and clients in memory.

use crate::foreign::refusal;
use crate::peer::{Caller, Peer};
use crate::processor::{Log, router};
use rocketmq_tower::client::{Client, Connector};
use rocketmq_tower::server::{HookedProcessor, Listener, ServeError, Shutdown, WatchedDriver};
use rocketmq_tower::{
    Addr, BoxError, ChannelInfo, ConnectionService, Layer, Processor, RemotingCommand, Router,
    Server, Service, ServiceExt, service_fn,
};
use rocketmq_tower_test_support::{Raw, SECOND};
use std::future::pending;
use tokio::io::{DuplexStream, duplex};
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinHandle;

pub(crate) type Conn = rocketmq_tower::Connection<DuplexStream>;

/// Accepts connections that are made in memory.
pub(crate) struct Accept(mpsc::UnboundedReceiver<DuplexStream>);

impl Listener for Accept {
    type Io = DuplexStream;

    async fn accept(&mut self) -> Option<(DuplexStream, ChannelInfo)> {
        match self.0.recv().await {
            Some(io) => Some((io, ChannelInfo::default())),
            None => pending().await,
        }
    }

    fn local_addr(&self) -> Addr {
        Addr::Unnamed
    }
}

/// A server that runs, and for rows of clients the client.
pub(crate) struct Running {
    pub(crate) log: Log,
    pub(crate) stop: oneshot::Sender<()>,
    pub(crate) task: JoinHandle<Result<Shutdown, ServeError>>,
    dial: mpsc::UnboundedSender<DuplexStream>,
    pub(crate) client: Option<(Client, Caller)>,
}

/// Runs a server around the processor. `layers` adds the layers.
pub(crate) fn serve<P, R, C>(layers: impl FnOnce(Server<Router>) -> Server<P, R, C>) -> Running
where
    P: Processor + Clone,
    R: Layer<HookedProcessor<P>, Service: Processor>,
    C: Layer<WatchedDriver<P, R>, Service: ConnectionService<DuplexStream>>,
{
    let log = Log::default();
    let server = layers(Server::new(router(&log))).map_error(refusal).idle_timeout(None);
    let (dial, dialled) = mpsc::unbounded_channel();
    let (stop, stopped) = oneshot::channel();
    let task = tokio::spawn(server.listen(Accept(dialled)).serve_until(stopped));
    Running { log, stop, task, dial, client: None }
}

/// Runs a server without layers, and a client. `layers` puts the layers around the client.
pub(crate) async fn call<S>(layers: impl AsyncFnOnce(&Client) -> S) -> Running
where
    S: Service<RemotingCommand, Response = RemotingCommand> + Clone + Send + 'static,
    S::Error: Into<BoxError>,
    S::Future: Send,
{
    let mut running = serve(|server| server);
    let dial = running.dial.clone();
    let transport = service_fn(move |addr: Addr| {
        let (ours, theirs) = duplex(64 * 1024);
        let sent = dial.send(theirs);
        async move {
            sent?;
            Ok::<_, BoxError>((ours, ChannelInfo::new(Addr::Unnamed, addr)))
        }
    });
    let connector = Connector::new().transport(transport);
    let client = Client::builder().connector(connector).call_timeout(1000 * SECOND).build();
    let service = layers(&client).await;
    let caller = Caller::new(service.map_err(Into::into));
    running.client = Some((client, caller));
    running
}

impl Running {
    /// Returns a peer: a new connection, or a clone of the client's service.
    pub(crate) fn peer(&self) -> Peer {
        match &self.client {
            Some((_, caller)) => Peer::Caller(caller.clone()),
            None => Peer::Raw(self.raw()),
        }
    }

    /// Opens a connection.
    pub(crate) fn raw(&self) -> Raw<DuplexStream> {
        let (ours, theirs) = duplex(1024 * 1024);
        self.dial.send(theirs).expect("the server runs");
        Raw::new(ours)
    }
}
