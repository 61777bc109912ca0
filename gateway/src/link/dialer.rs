//! Connects to brokers.

use super::pair::Upstream;
use super::push::Push;
use super::with_header::WithHeader;
use crate::statistics::Counts;
use rocketmq_tower::client::Connector;
use rocketmq_tower::client::transport::{TcpTransport, Transport};
use rocketmq_tower::driver::{ByteBudget, ConnectionConfig};
use rocketmq_tower::layers::rpc_hook::RpcHook;
use rocketmq_tower::{Addr, BoxError, Channel, RemotingCommand, ServiceExt};
use std::sync::Arc;
use std::time::Duration;

/// Connects to the brokers of one upstream cluster.
pub(crate) struct Dialer {
    tcp: TcpTransport,
    connector: Connector,
    proxy_protocol: bool,
    hook: Option<Arc<dyn RpcHook>>,
    /// Of the requests to the cluster, if they are counted.
    pub(super) counts: Option<Arc<Counts>>,
    #[cfg(feature = "tls")]
    tls: Option<rocketmq_tower::layers::tls::ClientTls>,
}

impl Dialer {
    /// Creates a dialer whose connections hold the bytes of `budget` together.
    pub(crate) fn new(
        upstream: &crate::Upstream,
        connect_timeout: Duration,
        budget: ByteBudget,
        counts: Option<Arc<Counts>>,
    ) -> Self {
        let mut config = ConnectionConfig::client();
        config.budget = Some(budget);
        config.keep_headers = true;
        Self {
            tcp: TcpTransport::new().connect_timeout(connect_timeout),
            // The client's own connection decides when both are idle.
            connector: Connector::new().config(config).idle_timeout(None),
            proxy_protocol: upstream.proxy_protocol,
            hook: upstream.hook.clone(),
            counts,
            #[cfg(feature = "tls")]
            tls: upstream.tls.clone(),
        }
    }

    /// Runs the hook of the cluster on a request.
    pub(super) fn before(
        &self,
        broker: &Channel,
        request: &mut RemotingCommand,
    ) -> Result<(), BoxError> {
        match &self.hook {
            Some(hook) => hook.before(broker.peer_addr(), request),
            None => Ok(()),
        }
    }

    /// Connects to a broker for a client, whose requests of the broker go to `push`. Returns the handle of the connection, and the future that
    /// runs it.
    pub(super) async fn dial(
        &self,
        broker: Addr,
        client: &Channel,
        push: Push,
    ) -> Result<(Channel, Upstream), BoxError> {
        let info = self.proxy_protocol.then(|| client.info());
        let transport = WithHeader::new(self.tcp.clone(), info)?;
        #[cfg(feature = "tls")]
        if let Some(tls) = &self.tls {
            use rocketmq_tower::client::transport::TlsTransport;
            return self.run(TlsTransport::new(tls.clone()).over(transport), broker, push).await;
        }
        self.run(transport, broker, push).await
    }

    async fn run<T: Transport>(
        &self,
        transport: T,
        broker: Addr,
        push: Push,
    ) -> Result<(Channel, Upstream), BoxError> {
        let (io, info) = transport.oneshot(broker).await.map_err(Into::into)?;
        let (channel, upstream) = self.connector.clone().service(push).open(io, info);
        Ok((channel, Box::pin(upstream)))
    }
}
