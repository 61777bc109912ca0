//! Connects to brokers.

use super::pair::Upstream;
use super::proxy_header::proxy_header;
use super::push::Push;
use rocketmq_tower::client::Connector;
use rocketmq_tower::client::transport::TcpTransport;
use rocketmq_tower::driver::{ByteBudget, ConnectionConfig};
use rocketmq_tower::{Addr, BoxError, Channel, ServiceExt};
use std::time::Duration;
use tokio::io::AsyncWriteExt;
use tokio::time::timeout;

/// The maximum time for writing the PROXY header, which fits into the buffer of any new socket.
const HEADER_TIMEOUT: Duration = Duration::from_secs(3);

/// Connects to the brokers of one upstream cluster.
pub(crate) struct Dialer {
    transport: TcpTransport,
    connector: Connector,
    proxy_protocol: bool,
}

impl Dialer {
    /// Creates a dialer whose connections hold the bytes of `budget` together. `proxy_protocol` tells brokers the addresses of clients.
    pub(crate) fn new(connect_timeout: Duration, budget: ByteBudget, proxy_protocol: bool) -> Self {
        let mut config = ConnectionConfig::client();
        config.budget = Some(budget);
        // The client's own connection decides when both are idle.
        let connector = Connector::new().config(config).idle_timeout(None);
        let transport = TcpTransport::new().connect_timeout(connect_timeout);
        Self { transport, connector, proxy_protocol }
    }

    /// Connects to a broker for a client, whose requests of the broker go to `push`. Returns the handle of the connection, and the future that
    /// runs it.
    pub(super) async fn dial(
        &self,
        broker: Addr,
        client: &Channel,
        push: Push,
    ) -> Result<(Channel, Upstream), BoxError> {
        let (mut io, info) = self.transport.clone().oneshot(broker).await?;
        if self.proxy_protocol {
            let header = proxy_header(client.info())?;
            timeout(HEADER_TIMEOUT, io.write_all(&header)).await??;
        }
        let (channel, upstream) = self.connector.clone().service(push).open(io, info);
        Ok((channel, Box::pin(upstream)))
    }
}
