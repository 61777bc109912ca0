//! The console: a page in the browser, and the JSON API that it reads.
//!
//! It calls the same code as the requests of administration tools. `rocketmq-tower-console` has what it shares
//! with the gateway's: the server, whose connections are bounded, and the guard in front of it. Work that looks
//! through tables or reads the store runs on threads that may block, when it has a [turn](Turns).
//!
//! [`api`] answers requests; [`files`] has the page.

mod api;
mod files;
mod samples;

use crate::StartError;
use crate::state::BrokerState;
pub(crate) use rocketmq_tower_console::{ConsoleOptions, Password};
use rocketmq_tower_console::{ConsoleServer, Guard, Samples, Turns, answer};
use samples::Sample;
use std::net::SocketAddr;
use std::sync::Arc;

/// A console that listens.
pub(crate) struct Console {
    server: ConsoleServer,
}

/// The parts that all requests use.
pub(crate) struct Shared {
    broker: Arc<BrokerState>,
    guard: Arc<Guard>,
    samples: Samples<Sample>,
    turns: Turns,
}

impl Console {
    pub(crate) async fn bind(options: &ConsoleOptions) -> Result<Self, StartError> {
        let failed = |source| StartError::ListenConsole { addr: options.addr.clone(), source };
        let server = ConsoleServer::bind(options).await.map_err(failed)?;
        if server.guard().is_open() {
            let addr = server.local_addr();
            tracing::warn!(%addr, "the console is read-only, and all who reach it read messages");
        }
        Ok(Self { server })
    }

    pub(crate) fn local_addr(&self) -> SocketAddr {
        self.server.local_addr()
    }

    /// Serves until the listener ends.
    pub(crate) async fn serve(self, broker: Arc<BrokerState>) {
        let (guard, samples, turns) = (self.server.guard(), Samples::default(), Turns::new());
        let shared = Arc::new(Shared { broker, guard, samples, turns });
        let routes = api::routes().merge(files::routes()).with_state(Arc::clone(&shared));
        tokio::select! {
            () = self.server.serve(routes) => {}
            () = samples::take(shared) => {}
        }
    }
}
