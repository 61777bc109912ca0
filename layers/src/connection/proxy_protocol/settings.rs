use super::header::V1_MAX;
use crate::network::{Network, contains};
use rocketmq_tower_core::Addr;
use std::sync::Arc;
use std::time::Duration;

#[derive(Clone, Debug)]
pub(super) struct Settings {
    pub(super) required: bool,
    pub(super) trusted: Trusted,
    pub(super) timeout: Duration,
    pub(super) max_length: usize,
}

/// The sources whose headers are accepted.
#[derive(Clone, Debug)]
pub(super) enum Trusted {
    Networks(Arc<[Network]>),
    Anyone,
}

impl Settings {
    pub(super) fn new(required: bool) -> Self {
        let trusted = Trusted::Networks(Arc::new([]));
        Self { required, trusted, timeout: Duration::from_secs(10), max_length: 4096 }
    }

    pub(super) fn trusts(&self, source: &Addr) -> bool {
        match &self.trusted {
            Trusted::Networks(networks) => source.ip().is_some_and(|ip| contains(networks, ip)),
            Trusted::Anyone => true,
        }
    }

    pub(super) fn set_max_length(&mut self, max: usize) {
        self.max_length = max.max(V1_MAX);
    }
}
