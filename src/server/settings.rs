//! The settings of a server that do not depend on the types of its layers.

use super::Connections;
use super::files::ConnectionBound;
use super::listener::TcpOptions;
use rocketmq_tower_core::driver::{ByteBudget, ConnectionConfig};
use rocketmq_tower_layers::{
    EventsLayer, IdleTimeoutLayer, ReadIdleTimeoutLayer, RecoverLayer, RpcHookLayer,
};
use std::time::Duration;

/// The default drain deadline of a graceful shutdown: Java's `shutdownWaitTimeSeconds`.
pub(super) const DRAIN_DEADLINE: Duration = Duration::from_secs(30);

#[derive(Debug)]
pub(super) struct Settings {
    pub(super) connection_limit: ConnectionBound,
    pub(super) idle_timeout: IdleTimeoutLayer,
    pub(super) read_idle_timeout: ReadIdleTimeoutLayer,
    pub(super) events: EventsLayer,
    pub(super) hooks: RpcHookLayer,
    pub(super) recover: RecoverLayer,
    pub(super) config: ConnectionConfig,
    pub(super) budget: Option<ByteBudget>,
    pub(super) tcp: TcpOptions,
    pub(super) connections: Connections,
    pub(super) drain_deadline: Duration,
    pub(super) raise_file_limit: bool,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            connection_limit: ConnectionBound::Default,
            idle_timeout: IdleTimeoutLayer::default(),
            read_idle_timeout: ReadIdleTimeoutLayer::new(Duration::MAX),
            events: EventsLayer::silent(),
            hooks: RpcHookLayer::new(),
            recover: RecoverLayer::new(),
            config: ConnectionConfig::server(),
            budget: None,
            tcp: TcpOptions::default(),
            connections: Connections::default(),
            drain_deadline: DRAIN_DEADLINE,
            raise_file_limit: true,
        }
    }
}
