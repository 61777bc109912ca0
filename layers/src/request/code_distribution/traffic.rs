use super::counts::{Counters, Counts};
use super::log;
use crate::support::task::spawn_on;
use rocketmq_tower_core::RemotingCommand;
use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Duration;
use tokio::runtime::Handle;

/// A handle to the counts of one layer.
#[derive(Clone)]
pub struct Traffic {
    shared: Arc<Shared>,
}

struct Shared {
    requests: Counters,
    responses: Counters,
    /// The local port of the first request's connection.
    port: OnceLock<u16>,
    /// Whether the logging task was started, or must not be.
    is_logged: AtomicBool,
    period: Duration,
}

impl Traffic {
    pub(super) fn new(period: Duration) -> Self {
        let (requests, responses) = (Counters::new(), Counters::new());
        let (port, is_logged) = (OnceLock::new(), AtomicBool::new(period.is_zero()));
        Self { shared: Arc::new(Shared { requests, responses, port, is_logged, period }) }
    }

    /// Returns how many requests were received, by code.
    #[must_use]
    pub fn requests(&self) -> Counts {
        self.shared.requests.read()
    }

    /// Returns how many responses were given, by code.
    #[must_use]
    pub fn responses(&self) -> Counts {
        self.shared.responses.read()
    }

    /// The local port of the first request's connection; 0 if it has no port.
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

    /// Starts the logging task on the current runtime. Outside a runtime it does nothing, and the
    /// next request tries again.
    fn start(&self, request: &RemotingCommand) {
        let Ok(runtime) = Handle::try_current() else { return };
        if self.shared.is_logged.swap(true, Ordering::Relaxed) {
            return;
        }
        let local = request.channel().and_then(|channel| channel.local_addr().socket_addr());
        _ = self.shared.port.set(local.map_or(0, |local| local.port()));
        let shared = Arc::downgrade(&self.shared);
        let counts = move || shared.upgrade().map(|shared| Self { shared });
        spawn_on(&runtime, "rocketmq code distribution", log::run(counts, self.shared.period));
    }
}

impl fmt::Debug for Traffic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Traffic")
            .field("requests", &format_args!("{}", self.requests()))
            .field("responses", &format_args!("{}", self.responses()))
            .field("period", &self.shared.period)
            .finish()
    }
}
