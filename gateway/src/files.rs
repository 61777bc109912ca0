//! How many clients the files that the process may open leave room for.

use rocketmq_tower::layers::ConnectionLimitLayer;
use std::sync::Arc;
use tokio::sync::Semaphore;

/// The files that are left to the rest of the process: listeners, logs, connections to name servers.
const RESERVE: u64 = 256;

/// Returns the limit of clients at all ports together. Each takes two files: its connection and the one to its broker.
pub(crate) fn limit() -> ConnectionLimitLayer {
    let clients = allowed().map_or(Semaphore::MAX_PERMITS, room);
    ConnectionLimitLayer::with_semaphore(Arc::new(Semaphore::new(clients)))
}

/// Returns how many clients `files` leave room for: at least one.
fn room(files: u64) -> usize {
    let left = files - RESERVE.min(files / 2);
    usize::try_from(left / 2).unwrap_or(usize::MAX).clamp(1, Semaphore::MAX_PERMITS)
}

/// Returns how many files the process may open, after raising the soft limit to the hard one. `None` if that is not known.
#[cfg(unix)]
fn allowed() -> Option<u64> {
    rlimit::increase_nofile_limit(u64::MAX).or_else(|_| rlimit::Resource::NOFILE.get_soft()).ok()
}

#[cfg(not(unix))]
fn allowed() -> Option<u64> {
    None
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
