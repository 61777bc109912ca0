//! How many clients the files that the process may open leave room for.

use rocketmq_tower::layers::ConnectionLimitLayer;
use rocketmq_tower::server::files;
use std::sync::Arc;
use tokio::sync::Semaphore;

/// The files that are left to the rest of the process: listeners, logs, connections to name servers.
const RESERVE: u64 = 256;

/// Returns the limit of clients at all ports together. Each takes two files: its connection and the one to its broker.
pub(crate) fn limit() -> ConnectionLimitLayer {
    let clients = files::raise().map_or(usize::MAX, room).min(Semaphore::MAX_PERMITS);
    ConnectionLimitLayer::with_semaphore(Arc::new(Semaphore::new(clients)))
}

fn room(files: u64) -> usize {
    files::room(files, RESERVE, 2)
}

#[cfg(test)]
mod tests {
    use super::room;

    #[test]
    fn clients_leave_files_to_their_brokers_and_to_the_rest() {
        let rows = [(0, 1), (1, 1), (64, 16), (512, 128), (1024, 384), (20_000, 9872)];
        for (files, clients) in rows {
            assert_eq!(room(files), clients, "{files}");
        }
        assert!(room(u64::MAX) >= 1);
    }
}
