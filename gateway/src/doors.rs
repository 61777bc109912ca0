//! The ports of brokers.

use crate::PortConnections;
use crate::brokers::{AddressBook, Broker, BrokerId, Change, Ports};
use crate::link::Link;
use rocketmq_tower::Channel;
use rocketmq_tower::server::listener::{Accept, TcpAcceptor, TcpOptions};
use rocketmq_tower::server::{Connections, RunningServer};
use rocketmq_tower_core::texts_with_causes;
use std::collections::HashMap;
use std::io::{self, ErrorKind};
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use tokio::sync::Mutex;

texts_with_causes! {
    listen(broker: BrokerId, port: u16, source: io::Error)
        "the gateway cannot listen on port {port} for the broker {broker}", source;
}

/// Why a broker has no port.
#[derive(Debug, thiserror::Error)]
pub(crate) enum OpenError {
    #[error("the gateway has no port left for the broker {0}")]
    NoPort(BrokerId),
    #[error(fmt = listen)]
    Listen { broker: BrokerId, port: u16, source: io::Error },
    #[error("the gateway shuts down")]
    Closed,
}

/// Serves the clients of one broker: the stack of layers around the forwarding service.
pub(crate) type Serve =
    dyn Fn(Arc<Broker>, Arc<AddressBook>, Vec<TcpAcceptor>) -> RunningServer + Send + Sync;

/// Opens a port for each broker, and serves it. Brokers of all upstream clusters share the ports.
pub(crate) struct Doors {
    host: IpAddr,
    /// The address of the gateway for clients: its name, and an IP address of it.
    advertised: (String, IpAddr),
    vip: bool,
    serve: Box<Serve>,
    /// `None` once the gateway shuts down. Held while a port is opened.
    open: Mutex<Option<Open>>,
}

struct Open {
    ports: Ports,
    servers: HashMap<BrokerId, RunningServer>,
}

impl Doors {
    pub(crate) fn new(
        host: IpAddr,
        advertised: (String, IpAddr),
        ports: Ports,
        vip: bool,
        serve: Box<Serve>,
    ) -> Self {
        let open = Mutex::new(Some(Open { ports, servers: HashMap::new() }));
        Self { host, advertised, vip, serve, open }
    }

    /// Makes sure that clients reach this broker: opens a port if it is new. If it has another address than before, the connections of its
    /// clients are drained, so that they begin again at the new one.
    pub(crate) async fn open(
        &self,
        book: &Arc<AddressBook>,
        id: BrokerId,
        addr: &str,
    ) -> Result<(), OpenError> {
        // The ordinary case takes no lock that is held while a port is opened.
        if book.compare(&id, addr) == Change::None {
            return Ok(());
        }
        let mut open = self.open.lock().await;
        let Some(open) = &mut *open else { return Err(OpenError::Closed) };
        match book.compare(&id, addr) {
            Change::None => {}
            Change::Moved => {
                tracing::info!(broker = %id, addr, "a broker has moved");
                book.move_to(&id, addr);
                if let Some(server) = open.servers.get(&id) {
                    server.connections().channels().iter().for_each(|channel| channel.drain());
                }
            }
            Change::New => {
                let (port, listeners) = self.bind(&open.ports, &id).await?;
                open.ports.take(port);
                let (name, ip) = &self.advertised;
                let advertised = format!("{name}:{port}");
                tracing::info!(broker = %id, addr, %advertised, "a broker has a port");
                let outside = SocketAddr::new(*ip, port);
                let broker = Arc::new(Broker::new(id.clone(), advertised, outside, addr));
                let server = (self.serve)(Arc::clone(&broker), Arc::clone(book), listeners);
                open.servers.insert(id, server);
                book.add(broker);
            }
        }
        Ok(())
    }

    /// Counts the connections of each port, in the order of clusters, names and ids.
    pub(crate) async fn connections(&self) -> Vec<PortConnections> {
        let open = self.open.lock().await;
        let servers = open.iter().flat_map(|open| &open.servers);
        let mut servers: Vec<_> = servers.map(|(id, server)| (id, server.connections())).collect();
        servers.sort_by_key(|(id, _)| *id);
        let count = |(id, connections): (&BrokerId, Connections)| {
            let clients = connections.channels();
            PortConnections {
                upstream: id.upstream.to_string(),
                target: id.to_string(),
                clients: clients.len(),
                brokers: clients.iter().filter(|client| Link::is_open(client)).count(),
            }
        };
        servers.into_iter().map(count).collect()
    }

    /// Returns the handles of all clients, in no particular order.
    pub(crate) async fn clients(&self) -> Vec<Channel> {
        let open = self.open.lock().await;
        let servers = open.iter().flat_map(|open| open.servers.values());
        servers.flat_map(|server| server.connections().channels()).collect()
    }

    /// Stops listening, and returns the servers, which are drained when they are shut down. No port is opened any more.
    pub(crate) async fn close(&self) -> Vec<RunningServer> {
        let open = self.open.lock().await.take();
        open.map(|open| open.servers.into_values().collect()).unwrap_or_default()
    }

    /// Listens on the first port that is free.
    async fn bind(
        &self,
        ports: &Ports,
        id: &BrokerId,
    ) -> Result<(u16, Vec<TcpAcceptor>), OpenError> {
        let mut last = None;
        for port in ports.candidates(id) {
            match bind(self.host, port).await {
                Ok(listener) => {
                    let port = listener.local_addr().socket_addr().map_or(port, |addr| addr.port());
                    let vip = if self.vip { self.bind_vip(id, port).await } else { None };
                    return Ok((port, [Some(listener), vip].into_iter().flatten().collect()));
                }
                Err(source) => {
                    let other_process = source.kind() == ErrorKind::AddrInUse;
                    let error = OpenError::Listen { broker: id.clone(), port, source };
                    if !other_process {
                        return Err(error);
                    }
                    last = Some(error);
                }
            }
        }
        Err(last.unwrap_or_else(|| OpenError::NoPort(id.clone())))
    }

    /// Listens two ports below that of a broker, where clients up to 4.5.0 and some tools connect by default.
    async fn bind_vip(&self, id: &BrokerId, port: u16) -> Option<TcpAcceptor> {
        let port = port.checked_sub(2).filter(|&port| port > 0)?;
        match bind(self.host, port).await {
            Ok(listener) => Some(listener),
            Err(error) => {
                tracing::info!(broker = %id, port, %error, "clients cannot use the VIP channel");
                None
            }
        }
    }
}

async fn bind(host: IpAddr, port: u16) -> io::Result<TcpAcceptor> {
    TcpAcceptor::bind((host, port), &TcpOptions::default()).await
}
