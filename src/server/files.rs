//! How many files the process may open, and how many connections that leaves room for: for servers whose connections take more than one
//! file each, or that leave files to something else.

use rocketmq_tower_layers::ConnectionLimitLayer;

/// The limit of connections, unless the user sets one.
const DEFAULT: usize = 1000;
/// How many files are left to the rest of the process: listeners, logs, stores, its own clients.
const RESERVE: u64 = 128;

/// The limit of connections that the user chose.
#[derive(Debug)]
pub(super) enum ConnectionBound {
    Default,
    Chosen(ConnectionLimitLayer),
    None,
}

impl ConnectionBound {
    /// Returns the layer to use when the process may open `files` files; `None` if that is not
    /// known or not limited. Warns if there are too few.
    pub(super) fn layer(self, files: Option<u64>) -> Option<ConnectionLimitLayer> {
        let room = files.map_or(usize::MAX, |files| room(files, RESERVE, 1));
        match self {
            Self::Default if room < DEFAULT => {
                tracing::warn!(
                    files = files.unwrap_or_default(),
                    connections = room,
                    "too few open files are allowed for the default of {DEFAULT} connections, so fewer are \
                     accepted: raise the process's limit of open files (ulimit -n, LimitNOFILE= of systemd)"
                );
                Some(ConnectionLimitLayer::new(room))
            }
            Self::Default => Some(ConnectionLimitLayer::new(DEFAULT)),
            Self::Chosen(limit) => {
                if room < limit.max() {
                    tracing::warn!(
                        files = files.unwrap_or_default(),
                        connections = limit.max(),
                        room,
                        "more connections are allowed than there is room for: raise the process's limit of open \
                         files (ulimit -n, LimitNOFILE= of systemd), or lower the limit of connections"
                    );
                }
                Some(limit)
            }
            Self::None => None,
        }
    }
}

/// Returns how many connections `files` leave room for, if each takes `each` of them: at least one. At most half of the files are
/// `reserve`d for the rest of the process.
#[must_use]
pub fn room(files: u64, reserve: u64, each: u64) -> usize {
    let left = files - reserve.min(files / 2);
    usize::try_from(left / each.max(1)).unwrap_or(usize::MAX).max(1)
}

/// Raises the soft limit of open files to the hard limit, once in the life of the process, and returns how many files it may open
/// now. `None` if that is not known.
pub fn raise() -> Option<u64> {
    raise_limit();
    allowed()
}

/// Raises the soft limit of open files to the hard limit, once in the life of the process.
#[cfg(unix)]
pub(super) fn raise_limit() {
    static RAISED: std::sync::Once = std::sync::Once::new();
    RAISED.call_once(|| {
        let before = allowed();
        // Not fatal: the server works with what there is.
        match rlimit::increase_nofile_limit(u64::MAX) {
            Ok(files) if Some(files) != before => {
                tracing::debug!(?before, files, "raised the soft limit of open files");
            }
            Ok(_) => {}
            Err(error) => tracing::warn!(%error, "the soft limit of open files cannot be raised"),
        }
    });
}

/// Returns how many files the process may open now.
#[cfg(unix)]
pub(super) fn allowed() -> Option<u64> {
    rlimit::Resource::NOFILE.get_soft().ok()
}

#[cfg(not(unix))]
pub(super) fn raise_limit() {}

#[cfg(not(unix))]
pub(super) fn allowed() -> Option<u64> {
    None
}

#[cfg(test)]
mod tests {
    use super::{RESERVE, room};

    #[test]
    fn there_is_always_room_for_connections_and_for_the_rest() {
        let rows = [(0, 1), (1, 1), (64, 32), (255, 128), (256, 128), (1024, 896), (4096, 3968)];
        for (files, connections) in rows {
            assert_eq!(room(files, RESERVE, 1), connections, "{files}");
        }
        assert_eq!(room(u64::MAX, RESERVE, 1), usize::MAX - 128);
    }
}
