use super::{Accepted, server_addr};
use crate::server::Listener;
use rocketmq_tower_core::{Addr, ChannelInfo};
use std::future::pending;
use tokio::io::DuplexStream;
use tokio::sync::mpsc::Receiver;

/// Accepts connections in memory. Created by [`memory`](super::memory).
///
/// Its address is the name `memory`. Like a socket it never ends, even if all transports are dropped.
#[derive(Debug)]
pub struct MemoryListener {
    queue: Receiver<Accepted>,
}

impl MemoryListener {
    pub(super) const fn new(queue: Receiver<Accepted>) -> Self {
        Self { queue }
    }
}

impl Listener for MemoryListener {
    type Io = DuplexStream;

    async fn accept(&mut self) -> Option<(DuplexStream, ChannelInfo)> {
        match self.queue.recv().await {
            Some(accepted) => Some(accepted),
            None => pending().await,
        }
    }

    fn accept_queued(&mut self) -> Option<(DuplexStream, ChannelInfo)> {
        self.queue.try_recv().ok()
    }

    fn local_addr(&self) -> Addr {
        server_addr()
    }
}
