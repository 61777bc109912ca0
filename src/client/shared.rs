//! The state that the clones of a client share.

use super::limit::CallLimit;
use super::pool::ConnectionPool;
use rocketmq_tower_layers::RpcHookLayer;
use std::sync::Arc;
use std::time::Duration;

pub(super) struct ClientShared {
    pub(super) pool: Arc<ConnectionPool>,
    pub(super) hooks: RpcHookLayer,
    pub(super) calls: CallLimit,
    pub(super) oneways: CallLimit,
    pub(super) call_timeout: Duration,
    /// The first and the longest pause of an endpoint between attempts to connect.
    pub(super) backoff: (Duration, Duration),
}
