use super::ConditionPanicked;
use rocketmq_tower_core::command::remark;
use rocketmq_tower_core::error::catch_panic;
use rocketmq_tower_core::{Abort, BoxError, ResponseCode};
use std::fmt;
use std::sync::Arc;
use std::time::Duration;
use tokio::runtime::Handle;

/// Java's `BrokerConfig.sendThreadPoolQueueCapacity`.
const MAX_WAITING: usize = 10_000;

/// The settings of a work queue.
#[derive(Clone)]
pub(super) struct Settings {
    pub(super) max_waiting: usize,
    pub(super) max_wait: Option<Duration>,
    pub(super) handle: Option<Handle>,
    pub(super) reject_when: Option<Arc<dyn Fn() -> bool + Send + Sync>>,
}

impl Settings {
    pub(super) const fn new() -> Self {
        Self { max_waiting: MAX_WAITING, max_wait: None, handle: None, reject_when: None }
    }

    /// Returns an error if requests are rejected now.
    pub(super) fn check(&self) -> Result<(), BoxError> {
        let Some(reject) = &self.reject_when else { return Ok(()) };
        match catch_panic(|| reject()) {
            Ok(false) => Ok(()),
            Ok(true) => Err(busy(remark::REJECT_REQUEST).into()),
            Err(message) => {
                tracing::error!(message, "the reject condition of a work queue panicked");
                Err(ConditionPanicked { message }.into())
            }
        }
    }
}

/// The queue is full.
pub(super) fn overload() -> Abort {
    busy(remark::OVERLOAD)
}

/// A request left the queue after `waited`; `left` others are still in it.
pub(super) fn waited_too_long(waited: Duration, left: usize) -> Abort {
    let (text, ms) = (remark::TIMEOUT_CLEAN_QUEUE, waited.as_millis());
    busy(format!("{text}, period in queue: {ms}ms, size of queue: {left}"))
}

fn busy(remark: impl Into<std::borrow::Cow<'static, str>>) -> Abort {
    Abort::new(ResponseCode::SYSTEM_BUSY, remark)
}

impl fmt::Debug for Settings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Settings")
            .field("max_waiting", &self.max_waiting)
            .field("max_wait", &self.max_wait)
            .field("handle", &self.handle)
            .finish_non_exhaustive()
    }
}
