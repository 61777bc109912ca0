//! How much time a transport has.

use std::future::Future;
#[cfg(any(feature = "socks5", feature = "tls"))]
use std::time::Duration;
use tokio::task_local;
use tokio::time::Instant;

task_local! {
    /// When the dial that runs in this task ends. Transports are any services of an address, and may
    /// be nested, so that it cannot be an argument.
    static DIAL_ENDS: Instant;
}

/// Runs a dial that ends at this time, so that transports can divide the time they have.
pub(in crate::client) async fn dialing_until<F: Future>(end: Instant, dial: F) -> F::Output {
    DIAL_ENDS.scope(end, dial).await
}

/// Returns when the dial of this task ends; `None` if nothing bounds it.
pub(in crate::client) fn dial_end() -> Option<Instant> {
    DIAL_ENDS.try_with(|end| *end).ok()
}

/// Runs the transport below a handshake, and leaves the handshake its time limit, or half of the
/// time if there is less than twice the limit.
#[cfg(any(feature = "socks5", feature = "tls"))]
pub(in crate::client::transport) async fn reserving<F: Future>(
    handshake: Duration,
    connecting: F,
) -> F::Output {
    match dial_end() {
        Some(end) => {
            let half = end.saturating_duration_since(Instant::now()) / 2;
            dialing_until(end - handshake.min(half), connecting).await
        }
        None => connecting.await,
    }
}
