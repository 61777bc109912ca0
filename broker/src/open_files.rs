//! The number of files that the process may open, and how they are shared.

use rocketmq_tower::server::files;

/// The files that are left to the store, the listeners and the rest of the process.
const RESERVE: u64 = 256;

/// Returns how many connections each of the two servers may have at a time: at most `max`, and fewer if
/// the process may not open that many files. The store must always find one: without, it could not write.
pub(crate) fn connections(max: usize) -> usize {
    let Some(files) = files::raise() else { return max };
    let room = room(files);
    if room < max {
        tracing::warn!(
            files,
            connections = room,
            "too few open files are allowed for {max} connections of each server, so fewer are accepted: raise \
             the process's limit of open files (ulimit -n, LimitNOFILE= of systemd)"
        );
    }
    room.min(max)
}

/// Returns how many connections `files` leave room for, for each of two servers: at least one.
fn room(files: u64) -> usize {
    files::room(files, RESERVE, 2)
}

#[cfg(test)]
mod tests {
    use super::room;

    #[test]
    fn the_store_has_files_whatever_the_limit_is() {
        let rows = [(0, 1), (1, 1), (64, 16), (512, 128), (1024, 384), (4096, 1920)];
        for (files, connections) in rows {
            assert_eq!(room(files), connections, "{files}");
            assert!(2 * connections as u64 <= files || files < 4);
        }
    }
}
