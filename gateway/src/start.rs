//! Starts a gateway.

use crate::brokers::{AddressBook, BrokerId, Ports};
use crate::builder::Settings;
use crate::doors::{Doors, Serve};
use crate::files;
use crate::link::{Dialer, Pair, PairLayer};
use crate::name_server::NameServer;
use crate::rewrite::Rewriter;
use crate::running::Parts;
use crate::statistics::Counts;
use crate::{Forward, GatewayBuilder, RunningGateway, StartError};
use rocketmq_tower::driver::{ByteBudget, ConnectionConfig};
use rocketmq_tower::layers::ConnectionLimitLayer;
use rocketmq_tower::server::listener::{TcpAcceptor, TcpOptions};
use rocketmq_tower::server::{HookedProcessor, RunningServer, WatchedDriver};
use rocketmq_tower::{ConnectionService, Layer, Processor, Server};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::{TcpStream, lookup_host};
use tokio::time::{MissedTickBehavior, interval};
use tower::layer::util::{Identity, Stack};

/// How long a client that has closed its half of a connection gets answers. Java's brokers close at once.
const HALF_CLOSE_GRACE: Duration = Duration::from_secs(1);

impl<L, C> GatewayBuilder<L, C> {
    /// Checks the settings without opening a port. [`start`](Self::start) does so, too.
    ///
    /// # Errors
    /// If a setting is missing or contradicts another one.
    pub fn check(&self) -> Result<(), StartError> {
        check(&self.settings)
    }
}

impl<L, C> GatewayBuilder<L, C>
where
    L: Layer<HookedProcessor<Forward>, Service: Processor> + Clone + Send + Sync + 'static,
    C: Layer<
            Pair<WatchedDriver<Forward, Stack<L, Identity>>>,
            Service: ConnectionService<TcpStream>,
        > + Clone
        + Send
        + Sync
        + 'static,
{
    /// Opens the ports, and serves until the returned handle is shut down.
    ///
    /// Returns when the name servers have told the brokers, and each has a port; or when they have not answered, in which case the gateway
    /// goes on asking. Must be called within a tokio runtime.
    ///
    /// # Errors
    /// If a setting is missing or contradicts another one, or a name-server port cannot be opened.
    pub async fn start(self) -> Result<RunningGateway, StartError> {
        let Self { settings, layers, connection_layers } = self;
        check(&settings)?;
        let advertised = advertised(&settings).await?;
        let budget = ByteBudget::new(settings.max_bytes);
        let files = files::limit();
        let servers =
            Servers { settings: settings.clone(), layers, connection_layers, budget, files };

        let counts: HashMap<_, _> = match settings.statistics {
            true => settings.upstreams.iter().map(|up| (up.name.clone(), Arc::default())).collect(),
            false => HashMap::new(),
        };
        let dialers = dialers(&settings, &counts);
        let serve = serve(servers.clone(), dialers);
        let doors =
            Doors::new(settings.bind, advertised, ports(&settings), settings.vip_channel, serve);
        let doors = Arc::new(doors);
        let mut parts = Parts::new(Arc::clone(&doors));
        for upstream in &settings.upstreams {
            let addr = upstream.listen.clone();
            let listener = TcpAcceptor::bind(&addr, &TcpOptions::default()).await;
            let listener = listener.map_err(|source| StartError::Listen { addr, source })?;
            let book = Arc::new(AddressBook::new(upstream.slaves));
            let name_server = Arc::new(NameServer::new(
                upstream,
                settings.name_server_timeout,
                Arc::clone(&book),
                Arc::clone(&doors),
                counts.get(&upstream.name).cloned(),
            ));
            name_server.follow().await;
            let forward = Forward::to_name_server(Arc::clone(&name_server));
            let pair = PairLayer::to_name_server(&upstream.name).notes(settings.statistics);
            let server = servers.serve(forward, pair, vec![listener]);
            parts.add(server, Arc::clone(&name_server), book);
            parts.spawn(follow(name_server, settings.follow_interval));
        }
        Ok(RunningGateway::new(parts))
    }
}

/// Asks for the brokers again and again.
async fn follow(name_server: Arc<NameServer>, every: Duration) {
    let mut ticks = interval(every);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    // The first one is at once.
    ticks.tick().await;
    loop {
        ticks.tick().await;
        name_server.follow().await;
    }
}

/// Makes the servers, which differ in what they forward to.
#[derive(Clone)]
struct Servers<L, C> {
    settings: Settings,
    layers: L,
    connection_layers: C,
    budget: ByteBudget,
    /// For the clients of all ports.
    files: ConnectionLimitLayer,
}

impl<L, C> Servers<L, C>
where
    L: Layer<HookedProcessor<Forward>, Service: Processor> + Clone,
    C: Layer<
            Pair<WatchedDriver<Forward, Stack<L, Identity>>>,
            Service: ConnectionService<TcpStream>,
        > + Clone,
{
    fn serve(
        &self,
        forward: Forward,
        pair: PairLayer,
        listeners: Vec<TcpAcceptor>,
    ) -> RunningServer {
        let mut config = ConnectionConfig::server();
        config.keep_headers = true;
        // A client waits for messages of each of its queues.
        config.max_in_flight = 65_536;
        config.max_calls = 1024;
        config.half_close_grace = HALF_CLOSE_GRACE;
        Server::new(forward)
            .config(config)
            .budget(self.budget.clone())
            .max_connections(self.settings.max_connections)
            .drain_deadline(self.settings.drain_deadline)
            .layer(self.layers.clone())
            .connection_layer(self.files.clone())
            .connection_layer(Stack::new(pair, self.connection_layers.clone()))
            .listen(listeners)
            .spawn()
    }
}

/// Returns the function that serves the clients of a broker.
fn serve<L, C>(servers: Servers<L, C>, dialers: HashMap<Arc<str>, Arc<Dialer>>) -> Box<Serve>
where
    L: Layer<HookedProcessor<Forward>, Service: Processor> + Clone + Send + Sync + 'static,
    C: Layer<
            Pair<WatchedDriver<Forward, Stack<L, Identity>>>,
            Service: ConnectionService<TcpStream>,
        > + Clone
        + Send
        + Sync
        + 'static,
{
    Box::new(move |broker, book, listeners| {
        let dialer = Arc::clone(&dialers[&broker.id.upstream]);
        let pair = PairLayer::to_broker(Rewriter::new(book, broker), dialer);
        let pair = pair.notes(servers.settings.statistics);
        servers.serve(Forward::to_broker(servers.settings.call_timeout), pair, listeners)
    })
}

fn dialers(
    settings: &Settings,
    counts: &HashMap<String, Arc<Counts>>,
) -> HashMap<Arc<str>, Arc<Dialer>> {
    let budget = ByteBudget::new(settings.max_bytes);
    let upstreams = settings.upstreams.iter();
    upstreams
        .map(|upstream| {
            let counts = counts.get(&upstream.name).cloned();
            let dialer = Dialer::new(upstream, settings.connect_timeout, budget.clone(), counts);
            (upstream.name.as_str().into(), Arc::new(dialer))
        })
        .collect()
}

fn ports(settings: &Settings) -> Ports {
    let mut fixed = BTreeMap::new();
    for upstream in &settings.upstreams {
        for ((name, id), port) in &upstream.brokers {
            let (upstream, name) = (upstream.name.as_str().into(), name.as_str().into());
            fixed.insert(BrokerId { upstream, name, id: *id }, *port);
        }
    }
    Ports::new(fixed, settings.broker_ports.clone(), settings.vip_channel)
}

fn check(settings: &Settings) -> Result<(), StartError> {
    let upstreams = &settings.upstreams;
    if upstreams.is_empty() || upstreams.iter().any(|upstream| upstream.name_servers.is_empty()) {
        return Err(StartError::NoUpstream);
    }
    if settings.advertise.is_none() && settings.bind.is_unspecified() {
        return Err(StartError::NoAdvertisedHost);
    }
    let mut names = BTreeSet::new();
    let mut ports = BTreeSet::new();
    for upstream in upstreams {
        if !names.insert(&upstream.name) {
            return Err(StartError::DuplicateUpstream(upstream.name.clone()));
        }
        for &port in upstream.brokers.values() {
            if !ports.insert(port) {
                return Err(StartError::DuplicatePort(port));
            }
        }
    }
    Ok(())
}

/// Returns the host for clients, and an IP address of it.
async fn advertised(settings: &Settings) -> Result<(String, IpAddr), StartError> {
    let Some(host) = settings.advertise.clone() else {
        let bind = settings.bind;
        return Ok((in_address(bind), bind));
    };
    if let Ok(ip) = host.trim_matches(['[', ']']).parse() {
        return Ok((in_address(ip), ip));
    }
    let failed = |source| StartError::Resolve { host: host.clone(), source };
    let found: Vec<_> = lookup_host((host.as_str(), 0)).await.map_err(failed)?.collect();
    let best = found.iter().find(|addr| addr.is_ipv4()).or(found.first());
    match best {
        Some(addr) => Ok((host, addr.ip())),
        None => Err(failed(std::io::ErrorKind::NotFound.into())),
    }
}

/// Returns an IP address as it is written before a port.
fn in_address(ip: IpAddr) -> String {
    match ip {
        IpAddr::V4(ip) => ip.to_string(),
        IpAddr::V6(ip) => format!("[{ip}]"),
    }
}
