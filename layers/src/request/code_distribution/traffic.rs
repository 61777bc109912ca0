use super::counts::{Counters, Counts};
use super::log;
use rocketmq_tower_core::RemotingCommand;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Duration;
use tokio::runtime::Handle;

/// The counts of one layer: a handle.
#[derive(Clone, Debug)]
pub struct Traffic {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    requests: Counters,
    responses: Counters,
    /// Where the first request came to.
    port: OnceLock<u16>,
    /// Whether there is a task that logs, or none is to be.
    is_logged: AtomicBool,
    period: Duration,
}

impl Traffic {
    pub(super) fn new(period: Duration) -> Self {
        let (requests, responses) = (Counters::new(), Counters::new());
        let (port, is_logged) = (OnceLock::new(), AtomicBool::new(period.is_zero()));
        Self { shared: Arc::new(Shared { requests, responses, port, is_logged, period }) }
    }

    /// How many requests came, by code.
    #[must_use]
    pub fn requests(&self) -> Counts {
        self.shared.requests.read()
    }

    /// How many answers were given, by code.
    #[must_use]
    pub fn responses(&self) -> Counts {
        self.shared.responses.read()
    }

    /// Where the first request came to; 0 if that is no port.
    pub(super) fn port(&self) -> u16 {
        self.shared.port.get().copied().unwrap_or(0)
    }

    pub(super) fn request(&self, request: &RemotingCommand) {
        self.shared.requests.count(request.code());
        if !self.shared.is_logged.load(Ordering::Relaxed) {
            self.start(request);
        }
    }

    pub(super) fn response(&self, code: i32) {
        self.shared.responses.count(code);
    }

    /// Starts the task, in the runtime that this is called in. Without one, the next request may.
    fn start(&self, request: &RemotingCommand) {
        let Ok(runtime) = Handle::try_current() else { return };
        if self.shared.is_logged.swap(true, Ordering::Relaxed) {
            return;
        }
        let local = request.channel().and_then(|channel| channel.local_addr().socket_addr());
        _ = self.shared.port.set(local.map_or(0, |local| local.port()));
        let shared = Arc::downgrade(&self.shared);
        let counts = move || shared.upgrade().map(|shared| Self { shared });
        runtime.spawn(log::run(counts, self.shared.period));
    }
}
