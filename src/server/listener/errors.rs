//! Classifies accept errors: those of a single connection, and those of the system.

use std::io::{self, ErrorKind};

/// Returns whether the error concerns only the connection that would have been accepted, and not
/// this process or machine.
pub(super) fn is_of_one_connection(error: &io::Error) -> bool {
    let kind = matches!(
        error.kind(),
        ErrorKind::ConnectionAborted
            | ErrorKind::ConnectionReset
            | ErrorKind::ConnectionRefused
            | ErrorKind::Interrupted
            | ErrorKind::NetworkDown
            | ErrorKind::NetworkUnreachable
            | ErrorKind::HostUnreachable
            | ErrorKind::PermissionDenied
            | ErrorKind::TimedOut
    );
    kind || error.raw_os_error().is_some_and(is_of_one_connection_on_linux)
}

/// Linux reports network errors of the new connection as errors of accept, to be retried like
/// EAGAIN: accept(2). These are the ones without an `ErrorKind`, by their numbers, which are the
/// same on all but a few old architectures.
#[cfg(target_os = "linux")]
fn is_of_one_connection_on_linux(errno: i32) -> bool {
    const ENONET: i32 = 64;
    const EPROTO: i32 = 71;
    const ENOPROTOOPT: i32 = 92;
    const EOPNOTSUPP: i32 = 95;
    const EHOSTDOWN: i32 = 112;
    matches!(errno, ENONET | EPROTO | ENOPROTOOPT | EOPNOTSUPP | EHOSTDOWN)
}

#[cfg(not(target_os = "linux"))]
fn is_of_one_connection_on_linux(_errno: i32) -> bool {
    false
}
