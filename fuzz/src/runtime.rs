//! Time that stands still unless it is moved.

use std::future::Future;
use tokio::runtime::{Builder, Runtime};
use tokio::task::unconstrained;

thread_local! {
    static RUNTIME: Runtime = Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build()
        .expect("a runtime");
}

/// Runs `future`, which never waits for anything but time that it moves itself.
pub(crate) fn run<F: Future>(future: F) -> F::Output {
    // It polls by itself what it looks at: tokio must not think that it polls too much.
    RUNTIME.with(|runtime| runtime.block_on(unconstrained(future)))
}
