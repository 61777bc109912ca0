//! A runtime whose time advances only when the fuzzer advances it.

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

/// Runs `future`, which may wait only for time that it advances itself.
pub(crate) fn run<F: Future>(future: F) -> F::Output {
    // The future polls its parts directly, so tokio's coop budget must not apply.
    RUNTIME.with(|runtime| runtime.block_on(unconstrained(future)))
}
