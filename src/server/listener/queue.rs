//! Takes connections out of the kernel's queue without waiting.

use socket2::{SockAddr, SockRef, Socket};
use std::io::{self, ErrorKind};

/// Accepts a connection that waits; `None` if there is none. Asks the system and not tokio, which
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
