//! The settings of a gateway.

use crate::Upstream;
use std::net::{IpAddr, Ipv4Addr};
use std::ops::RangeInclusive;
use std::time::Duration;
use tower::layer::util::{Identity, Stack};

/// One door to RocketMQ clusters. [`builder`](Self::builder) is the way to start one.
#[derive(Debug)]
#[non_exhaustive]
pub struct Gateway {}

impl Gateway {
    /// Returns a builder with the default settings.
    pub fn builder() -> GatewayBuilder {
        let (layers, connection_layers) = (Identity::new(), Identity::new());
        GatewayBuilder { settings: Settings::default(), layers, connection_layers }
    }
}

/// The settings of a gateway, and its start.
///
/// | setting | default |
/// |---|---|
/// | [`upstream`](Self::upstream) | none; at least one is needed |
/// | [`bind`](Self::bind) | `127.0.0.1` |
/// | [`advertise`](Self::advertise) | the address of `bind` |
/// | [`broker_ports`](Self::broker_ports) | any free ports |
/// | [`vip_channel`](Self::vip_channel) | `true` |
/// | [`call_timeout`](Self::call_timeout) | 30 s |
/// | [`name_server_timeout`](Self::name_server_timeout) | 3 s |
/// | [`connect_timeout`](Self::connect_timeout) | 3 s |
/// | [`follow_interval`](Self::follow_interval) | 5 s |
/// | [`max_connections`](Self::max_connections) | 1000 for each port |
/// | [`max_bytes`](Self::max_bytes) | 256 MiB in each direction |
/// | [`drain_deadline`](Self::drain_deadline) | 30 s |
/// | [`statistics`](Self::statistics) | `false` |
/// | [`layer`](Self::layer), [`connection_layer`](Self::connection_layer) | none |
#[derive(Clone, Debug)]
#[must_use = "a builder does nothing until it is started"]
pub struct GatewayBuilder<L = Identity, C = Identity> {
    pub(crate) settings: Settings,
    pub(crate) layers: L,
    pub(crate) connection_layers: C,
}

#[derive(Clone, Debug)]
pub(crate) struct Settings {
    pub(crate) upstreams: Vec<Upstream>,
    pub(crate) bind: IpAddr,
    pub(crate) advertise: Option<String>,
    pub(crate) broker_ports: Option<RangeInclusive<u16>>,
    pub(crate) vip_channel: bool,
    pub(crate) call_timeout: Duration,
    pub(crate) name_server_timeout: Duration,
    pub(crate) connect_timeout: Duration,
    pub(crate) follow_interval: Duration,
    pub(crate) max_connections: usize,
    pub(crate) max_bytes: usize,
    pub(crate) drain_deadline: Duration,
    pub(crate) statistics: bool,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            upstreams: Vec::new(),
            bind: Ipv4Addr::LOCALHOST.into(),
            advertise: None,
            broker_ports: None,
            vip_channel: true,
            call_timeout: Duration::from_secs(30),
            name_server_timeout: Duration::from_secs(3),
            connect_timeout: Duration::from_secs(3),
            follow_interval: Duration::from_secs(5),
            max_connections: 1000,
            max_bytes: 256 << 20,
            drain_deadline: Duration::from_secs(30),
            statistics: false,
        }
    }
}

impl<L, C> GatewayBuilder<L, C> {
    /// Adds a cluster. Each has a name-server port of its own; the ports of brokers come from one range.
    pub fn upstream(mut self, upstream: Upstream) -> Self {
        self.settings.upstreams.push(upstream);
        self
    }

    /// Sets the IP address on which the ports of brokers listen. Default: `127.0.0.1`.
    pub fn bind(mut self, host: IpAddr) -> Self {
        self.settings.bind = host;
        self
    }

    /// Sets the host at which clients reach the gateway, a name or an IP address: routes tell it to clients. Default: the address of
    /// [`bind`](Self::bind).
    ///
    /// The ids of messages need an IP address. That of a name is looked up once, at the start; an IPv4 address is preferred. It may be of
    /// another kind than those of the brokers: messages are then copied, as IPv4 and IPv6 addresses have different lengths in them.
    pub fn advertise(mut self, host: impl Into<String>) -> Self {
        self.settings.advertise = Some(host.into());
        self
    }

    /// Gives brokers ports of this range, by a hash of their names and ids, so that they are the same after a restart and at other
    /// gateways with the same range. It should be several times as long as the number of brokers: two with the same hash get their ports in
    /// the order in which the gateway sees them. With a [VIP channel](Self::vip_channel), half of the ports are for those.
    pub fn broker_ports(mut self, range: RangeInclusive<u16>) -> Self {
        self.settings.broker_ports = Some(range);
        self
    }

    /// Sets whether the gateway also listens two ports below each broker's, where clients up to 4.5.0, the dashboard and the exporter
    /// connect by default. Default: true.
    pub fn vip_channel(mut self, listen: bool) -> Self {
        self.settings.vip_channel = listen;
        self
    }

    /// Sets the maximum time for the answer of a broker, in addition to the time that a request asks it to wait for messages. Default:
    /// 30 s. After it, a request is answered with `SYSTEM_ERROR`.
    pub fn call_timeout(mut self, limit: Duration) -> Self {
        self.settings.call_timeout = limit;
        self
    }

    /// Sets the maximum time for the answer of the name servers. Default: 3 s, as clients wait for 5 s.
    pub fn name_server_timeout(mut self, limit: Duration) -> Self {
        self.settings.name_server_timeout = limit;
        self
    }

    /// Sets the maximum time for a connection to a broker. Default: 3 s.
    pub fn connect_timeout(mut self, limit: Duration) -> Self {
        self.settings.connect_timeout = limit;
        self
    }

    /// Sets the interval at which the gateway asks for the brokers of each cluster. Default: 5 s. New ones are also seen in the answers to
    /// clients.
    pub fn follow_interval(mut self, interval: Duration) -> Self {
        self.settings.follow_interval = interval.max(Duration::from_millis(10));
        self
    }

    /// Sets the maximum number of clients at each port. Default: 1000; more wait. Each client takes two files: fewer clients are
    /// accepted, at all ports together, if the process may not open that many.
    pub fn max_connections(mut self, max: usize) -> Self {
        self.settings.max_connections = max;
        self
    }

    /// Sets the bytes that all connections of clients may hold together, and those of brokers, too. Default: 256 MiB each.
    pub fn max_bytes(mut self, max: usize) -> Self {
        self.settings.max_bytes = max;
        self
    }

    /// Sets how long a shutdown waits for requests in flight. Default: 30 s.
    pub fn drain_deadline(mut self, deadline: Duration) -> Self {
        self.settings.drain_deadline = deadline;
        self
    }

    /// Sets whether requests are counted, and what clients tell of themselves in heartbeats is kept, at most 10 KiB for each connection:
    /// for [`Status::upstreams`](crate::Status::upstreams) and [`Status::clients`](crate::Status::clients). Default: false. A count takes
    /// no lock and no allocation.
    pub fn statistics(mut self, keep: bool) -> Self {
        self.settings.statistics = keep;
        self
    }

    /// Adds a layer around the forwarding of every request, at all ports: a policy. The first layer added is the outermost.
    ///
    /// The layer is applied once for each connection of a client, as
    /// [`Server::layer`](rocketmq_tower::Server::layer) does. A layer whose clones share their state shares it between all connections of
    /// the gateway.
    pub fn layer<M>(self, layer: M) -> GatewayBuilder<Stack<M, L>, C> {
        let Self { settings, layers, connection_layers } = self;
        GatewayBuilder { settings, layers: Stack::new(layer, layers), connection_layers }
    }

    /// Adds a layer around each connection of a client, at all ports: TLS, a PROXY header, allowed networks. The first layer added is the
    /// outermost. Brokers that are [told](Upstream::proxy_protocol) the addresses of clients are told those that the layers know.
    pub fn connection_layer<M>(self, layer: M) -> GatewayBuilder<L, Stack<M, C>> {
        let Self { settings, layers, connection_layers } = self;
        let connection_layers = Stack::new(layer, connection_layers);
        GatewayBuilder { settings, layers, connection_layers }
    }
}
