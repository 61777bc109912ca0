//! Where servers listen and clients connect: in memory, or on a socket.

use rocketmq_tower::driver::ConnectionConfig;
use rocketmq_tower::layers::events::Event;
use rocketmq_tower::layers::{EventsLayer, MaxAgeLayer};
use rocketmq_tower::server::{Connections, RunningServer};
use rocketmq_tower::testing::{MemoryTransport, memory};
use rocketmq_tower::{
    Addr, BoxError, ChannelInfo, RemotingCommand, ResponseCode, Server, Service, service_fn,
};
use rocketmq_tower_test_support::{delayed, lock};
use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::io::DuplexStream;
use tokio::net::{TcpListener, TcpStream};
use tokio::time::sleep;

/// The code of the requests.
pub(crate) const CODE: i32 = 310;
/// One of this number of requests takes [`WORK`].
const SLOW: u64 = 8;
const WORK: Duration = Duration::from_millis(5);

/// An address at which one server after the other listens. Clones are the same address.
#[derive(Clone)]
pub(crate) struct Site {
    shared: Arc<Shared>,
    config: ConnectionConfig,
}

struct Shared {
    in_memory: bool,
    /// The socket that the servers share.
    socket: Mutex<Option<std::net::TcpListener>>,
    way: Mutex<Way>,
    /// The number of requests that processors took.
    served: AtomicU64,
    /// The number of connections that servers accepted.
    accepted: AtomicU64,
}

/// The way to the current server.
#[derive(Clone)]
enum Way {
    None,
    Memory(MemoryTransport),
    Tcp(SocketAddr),
}

/// When a server ends its connections by itself.
#[derive(Clone, Copy, Default)]
pub(crate) struct Lives {
    pub(crate) max_age: Option<Duration>,
    pub(crate) idle: Option<Duration>,
}

impl Site {
    /// Creates a site in memory.
    pub(crate) fn memory() -> Self {
        Self::new(true)
    }

    /// Creates a site on a free port of the loopback interface.
    pub(crate) fn tcp() -> Self {
        Self::new(false)
    }

    fn new(in_memory: bool) -> Self {
        let (socket, way) = (Mutex::new(None), Mutex::new(Way::None));
        let (served, accepted) = (AtomicU64::new(0), AtomicU64::new(0));
        let shared = Arc::new(Shared { in_memory, socket, way, served, accepted });
        Self { shared, config: ConnectionConfig::server() }
    }

    /// Gives peers that are slow this time to be sent away.
    pub(crate) fn linger(mut self, linger: Duration) -> Self {
        self.config.linger = linger;
        self
    }

    /// Starts a server, which gets the connections that are made from now on. On a socket, it shares
    /// them with an earlier server that is not shut down yet.
    pub(crate) fn start(&self, lives: Lives) -> io::Result<RunningServer> {
        let shared = Arc::clone(&self.shared);
        let processor = service_fn(move |_: RemotingCommand| {
            let slow = shared.served.fetch_add(1, Ordering::Relaxed) % SLOW == 0;
            async move {
                if slow {
                    sleep(WORK).await;
                }
                Ok::<_, BoxError>(RemotingCommand::response(ResponseCode::SUCCESS))
            }
        });
        let shared = Arc::clone(&self.shared);
        let events = EventsLayer::from_fn(move |event| {
            let connected = matches!(event, Event::Connected(_));
            shared.accepted.fetch_add(u64::from(connected), Ordering::Relaxed);
        });
        let mut server = Server::new(processor)
            .config(self.config.clone())
            .max_connections(None)
            .events(events)
            .connection_layer(MaxAgeLayer::new(lives.max_age.unwrap_or(Duration::MAX)));
        if let Some(idle) = lives.idle {
            server = server.idle_timeout(idle);
        }
        if self.shared.in_memory {
            let (listener, transport) = memory();
            *lock(&self.shared.way) = Way::Memory(transport);
            Ok(server.listen(listener).spawn())
        } else {
            Ok(server.listen(TcpListener::from_std(self.socket()?)?).spawn())
        }
    }

    /// Returns a handle to the socket, which is bound if there is none.
    fn socket(&self) -> io::Result<std::net::TcpListener> {
        let mut socket = lock(&self.shared.socket);
        if let Some(socket) = &*socket {
            return socket.try_clone();
        }
        let bound = std::net::TcpListener::bind(("127.0.0.1", 0))?;
        bound.set_nonblocking(true)?;
        *lock(&self.shared.way) = Way::Tcp(bound.local_addr()?);
        socket.insert(bound).try_clone()
    }

    /// Returns the address of the socket that the servers share.
    pub(crate) fn addr(&self) -> io::Result<SocketAddr> {
        self.socket()?.local_addr()
    }

    /// Lets connections be refused as soon as the current server stops listening.
    pub(crate) fn close(&self) {
        *lock(&self.shared.socket) = None;
    }

    /// Returns the number of requests that processors took so far.
    pub(crate) fn served(&self) -> u64 {
        self.shared.served.load(Ordering::Relaxed)
    }

    /// Returns the number of connections that servers accepted so far.
    pub(crate) fn accepted(&self) -> u64 {
        self.shared.accepted.load(Ordering::Relaxed)
    }

    /// Opens a connection over a link with this delay.
    pub(crate) async fn dial(&self, delay: Duration) -> io::Result<DuplexStream> {
        sleep(delay).await;
        let way = lock(&self.shared.way).clone();
        let io = match way {
            Way::None => return Err(io::ErrorKind::ConnectionRefused.into()),
            Way::Memory(transport) => delayed(transport.dial().await?.0, delay),
            Way::Tcp(addr) => {
                let io = TcpStream::connect(addr).await?;
                io.set_nodelay(true)?;
                delayed(io, delay)
            }
        };
        sleep(delay).await;
        Ok(io)
    }
}

/// The transport of a client at a site.
#[derive(Clone)]
pub(crate) struct Path {
    pub(crate) site: Site,
    pub(crate) delay: Duration,
}

impl Service<Addr> for Path {
    type Response = (DuplexStream, ChannelInfo);
    type Error = BoxError;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, BoxError>> + Send>>;

    fn poll_ready(&mut self, _cx: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, addr: Addr) -> Self::Future {
        let Self { site, delay } = self.clone();
        Box::pin(
            async move { Ok((site.dial(delay).await?, ChannelInfo::new(Addr::Unnamed, addr))) },
        )
    }
}

/// Drains the connections of a server in turn, the oldest first.
pub(crate) fn drain_next(connections: &Connections, turn: usize) {
    let mut channels = connections.channels();
    channels.retain(|channel| !channel.is_draining());
    channels.sort_by_key(rocketmq_tower::Channel::id);
    if !channels.is_empty() {
        channels[turn % channels.len()].drain();
    }
}
