//! The settings of an upstream cluster.

use rocketmq_tower::layers::rpc_hook::RpcHook;
#[cfg(feature = "tls")]
use rocketmq_tower::layers::tls::ClientTls;
use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

/// A RocketMQ cluster behind the gateway: its name servers, and the ports at which clients reach it.
///
/// ```
/// use rocketmq_tower_gateway::Upstream;
///
/// let upstream = Upstream::new(["10.0.0.1:9876", "10.0.0.2:9876"])
///     .listen("0.0.0.0:9876")
///     .broker("broker-a", 0, 10911);
/// ```
#[derive(Clone)]
pub struct Upstream {
    pub(crate) name: String,
    pub(crate) name_servers: Vec<String>,
    pub(crate) listen: String,
    pub(crate) brokers: BTreeMap<(String, i64), u16>,
    pub(crate) slaves: bool,
    pub(crate) proxy_protocol: bool,
    pub(crate) hook: Option<Arc<dyn RpcHook>>,
    #[cfg(feature = "tls")]
    pub(crate) tls: Option<ClientTls>,
}

impl Upstream {
    /// Creates the settings of the cluster with these name servers, each `host:port`.
    pub fn new<A: Into<String>>(name_servers: impl IntoIterator<Item = A>) -> Self {
        Self {
            name: "main".into(),
            name_servers: name_servers.into_iter().map(Into::into).collect(),
            listen: "127.0.0.1:0".into(),
            brokers: BTreeMap::new(),
            slaves: true,
            proxy_protocol: false,
            hook: None,
            #[cfg(feature = "tls")]
            tls: None,
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

    /// Sets whether clients are told slaves, each of which has a port of its own. Default: true. Without them, clients read from masters
    /// only, and find nobody when a master is gone.
    #[must_use]
    pub fn slaves(mut self, tell: bool) -> Self {
        self.slaves = tell;
        self
    }

    /// Sets whether connections to brokers begin with a PROXY header, version 2, that tells the address of the client. Default: false.
    /// Brokers of 5.x read it; others close such connections.
    #[must_use]
    pub fn proxy_protocol(mut self, send: bool) -> Self {
        self.proxy_protocol = send;
        self
    }

    /// Runs the [`before`](RpcHook::before) of this hook for each request to the cluster, after all layers and changes of the gateway: with
    /// the feature `acl`, a `SignHook` signs requests anew for the cluster. A request for which it fails is not sent.
    #[must_use]
    pub fn hook(mut self, hook: impl RpcHook) -> Self {
        self.hook = Some(Arc::new(hook));
        self
    }

    /// Connects to brokers and name servers with TLS.
    #[cfg(feature = "tls")]
    #[cfg_attr(docsrs, doc(cfg(feature = "tls")))]
    #[must_use]
    pub fn tls(mut self, settings: ClientTls) -> Self {
        self.tls = Some(settings);
        self
    }
}

impl fmt::Debug for Upstream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Upstream")
            .field("name", &self.name)
            .field("name_servers", &self.name_servers)
            .field("listen", &self.listen)
            .field("brokers", &self.brokers)
            .field("slaves", &self.slaves)
            .field("proxy_protocol", &self.proxy_protocol)
            .finish_non_exhaustive()
    }
}
