//! The server behind a port.

use crate::brokers::BrokerId;
use rocketmq_tower::RemotingCommand;
use std::sync::Arc;

/// The server behind the port on which a request was received: a broker, or the name servers of a cluster. Among the
/// [extensions](rocketmq_tower::Channel::extensions) of each connection of a client, for layers that decide, count or record by it.
///
/// ```
/// use rocketmq_tower::RemotingCommand;
/// use rocketmq_tower_gateway::Target;
///
/// fn is_for_second_cluster(request: &RemotingCommand) -> bool {
///     Target::of(request).is_some_and(|target| target.upstream() == "second")
/// }
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    upstream: Arc<str>,
    name: Arc<str>,
}

impl Target {
    pub(crate) fn broker(id: &BrokerId) -> Self {
        Self { upstream: Arc::clone(&id.upstream), name: id.to_string().into() }
    }

    pub(crate) fn name_server(upstream: &str) -> Self {
        Self { upstream: upstream.into(), name: "name-server".into() }
    }

    /// Returns the target of a request; `None` for one that no port of a gateway has received.
    #[must_use]
    pub fn of(request: &RemotingCommand) -> Option<&Self> {
        request.channel()?.extensions().get()
    }

    /// Returns the name of the upstream cluster.
    #[must_use]
    pub fn upstream(&self) -> &str {
        &self.upstream
    }

    /// Returns the broker's name and id, such as `broker-a/0`; `name-server` for name servers.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }
}
