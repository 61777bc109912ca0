//! The settings of an upstream cluster.

use std::collections::BTreeMap;

/// A RocketMQ cluster behind the gateway: its name servers, and the ports at which clients reach it.
///
/// ```
/// use rocketmq_tower_gateway::Upstream;
///
/// let upstream = Upstream::new(["10.0.0.1:9876", "10.0.0.2:9876"])
///     .listen("0.0.0.0:9876")
///     .broker("broker-a", 0, 10911);
/// ```
#[derive(Clone, Debug)]
pub struct Upstream {
    pub(crate) name: String,
    pub(crate) name_servers: Vec<String>,
    pub(crate) listen: String,
    pub(crate) brokers: BTreeMap<(String, i64), u16>,
    pub(crate) proxy_protocol: bool,
}

impl Upstream {
    /// Creates the settings of the cluster with these name servers, each `host:port`.
    pub fn new<A: Into<String>>(name_servers: impl IntoIterator<Item = A>) -> Self {
        Self {
            name: "main".into(),
            name_servers: name_servers.into_iter().map(Into::into).collect(),
            listen: "127.0.0.1:0".into(),
            brokers: BTreeMap::new(),
            proxy_protocol: false,
        }
    }

    /// Sets the name by which log lines and metrics call the cluster. Default: `main`. Those of several clusters must differ.
    #[must_use]
    pub fn name(mut self, name: impl Into<String>) -> Self {
        self.name = name.into();
        self
    }

    /// Sets the address on which the gateway listens for requests to the name servers: what clients are configured with. Default:
    /// `127.0.0.1:0`, a free port.
    #[must_use]
    pub fn listen(mut self, addr: impl Into<String>) -> Self {
        self.listen = addr.into();
        self
    }

    /// Gives a broker this port of the gateway; its master has the id 0. Brokers without one get a port of
    /// [`broker_ports`](crate::GatewayBuilder::broker_ports).
    #[must_use]
    pub fn broker(mut self, name: impl Into<String>, id: i64, port: u16) -> Self {
        self.brokers.insert((name.into(), id), port);
        self
    }

    /// Sets whether connections to brokers begin with a PROXY header, version 2, that tells the address of the client. Default: false.
    /// Brokers of 5.x read it; others close such connections.
    #[must_use]
    pub fn proxy_protocol(mut self, send: bool) -> Self {
        self.proxy_protocol = send;
        self
    }
}
