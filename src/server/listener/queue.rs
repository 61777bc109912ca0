//! The kernel's queue of connections that wait to be accepted, when a server ends.

use socket2::{SockAddr, SockRef, Socket};
use std::io::{self, ErrorKind};

/// Accepts a connection that waits. Returns `None` if no connection waits. Asks the system and not tokio, which
/// may not have heard yet that one has come.
pub(super) fn accept(listener: SockRef<'_>) -> io::Result<Option<(Socket, SockAddr)>> {
    listener.set_nonblocking(true)?;
    match listener.accept() {
        Ok((socket, peer)) => {
            socket.set_nonblocking(true)?;
            Ok(Some((socket, peer)))
        }
        Err(error) if error.kind() == ErrorKind::WouldBlock => Ok(None),
        Err(error) => Err(error),
    }
}

/// Ignores peers that begin to connect from now on, so that none comes between the last connection
/// that is accepted and the end of the socket, with which it would end. Such a peer tries again after
/// 1 s, and then the system chooses another process that listens on the port.
///
/// Only for a socket that no other process holds, as it is of no use any more. If the system refuses,
/// nothing is lost but the certainty.
#[cfg(target_os = "linux")]
pub(super) fn ignore_new_peers(listener: SockRef<'_>) {
    use socket2::SockFilter;

    // Classic BPF: a packet begins with the TCP header, in which byte 13 holds the flags.
    const LOAD_BYTE: u16 = 0x30;
    const JUMP_IF_SET: u16 = 0x45;
    const RETURN: u16 = 0x06;
    const FLAGS: u32 = 13;
    const SYN: u32 = 0x02;
    let ignore_syn = [
        SockFilter::new(LOAD_BYTE, 0, 0, FLAGS),
        SockFilter::new(JUMP_IF_SET, 0, 1, SYN),
        SockFilter::new(RETURN, 0, 0, 0),
        SockFilter::new(RETURN, 0, 0, u32::MAX),
    ];
    if let Err(error) = listener.attach_filter(&ignore_syn) {
        tracing::debug!(%error, "new peers cannot be ignored");
    }
}

#[cfg(not(target_os = "linux"))]
pub(super) fn ignore_new_peers(_listener: SockRef<'_>) {}
