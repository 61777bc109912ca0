//! Removes clients whose connections have ended.

use super::Clients;
use rocketmq_tower::layers::events::EventListener;
use rocketmq_tower::{Channel, CloseReason};
use std::sync::Arc;

/// Removes the clients of a connection from their groups when it ends.
pub(crate) struct ClientReaper(pub(crate) Arc<Clients>);

impl EventListener for ClientReaper {
    fn connected(&mut self, channel: &Channel) {
        tracing::debug!(peer = %channel.peer_addr(), "connected");
    }

    fn disconnected(&mut self, channel: &Channel, reason: &CloseReason) {
        tracing::debug!(peer = %channel.peer_addr(), %reason, "disconnected");
        self.0.remove_connection(channel);
    }
}
