//! Sockets that the process was started with.

use super::{SocketAcceptor, TcpAcceptor, UnixAcceptor};
use socket2::{Domain, Socket, Type};
use std::io;
use std::net::TcpListener;
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixListener;
use std::sync::atomic::{AtomicBool, Ordering};

/// The most sockets that are taken: more than any service manager passes.
const MAX: u32 = 1024;

/// Returns the listening sockets that the service manager passed to this process, in the order in
/// which it configures them: systemd's socket activation, with `LISTEN_PID`, `LISTEN_FDS` and
/// `LISTEN_FDNAMES`. See [restart](crate::server::restart).
///
/// Returns none if there are none, or if they are meant for another process (`LISTEN_PID`), such as
/// the parent of this one. The first call takes the sockets; later ones return none. Processes that
/// are started after it do not inherit them. The variables are not removed. Only Linux has this;
/// elsewhere none are returned.
///
/// ```no_run
/// use rocketmq_tower::server::TcpOptions;
/// use rocketmq_tower::server::listener::{SocketAcceptor, TcpAcceptor, from_env};
/// use rocketmq_tower::{BoxError, Router, Server};
///
/// # #[tokio::main]
/// # async fn main() -> Result<(), BoxError> {
/// let mut sockets = Vec::<SocketAcceptor>::new();
/// for inherited in from_env()? {
///     println!("{} listens on {:?}", inherited.name, inherited.socket);
///     sockets.push(inherited.socket.into_acceptor()?);
/// }
/// if sockets.is_empty() {
///     // It was not started by a service manager.
///     let tcp = TcpAcceptor::bind("0.0.0.0:10911", &TcpOptions::default()).await?;
///     sockets.push(tcp.into());
/// }
/// Server::new(Router::default()).listen(sockets).serve_until(tokio::signal::ctrl_c()).await?;
/// # Ok(())
/// # }
/// ```
///
/// # Errors
/// If the variables are malformed, or if one of the sockets is not a TCP or Unix socket that listens.
/// All that were passed are closed then.
pub fn from_env() -> Result<Vec<Inherited>, InheritError> {
    static TAKEN: AtomicBool = AtomicBool::new(false);
    // Each number stands for one socket, which has one owner.
    if TAKEN.swap(true, Ordering::Relaxed) {
        return Ok(Vec::new());
    }
    let number = |name| std::env::var(name).ok()?.parse::<u32>().ok();
    let is_own = number("LISTEN_PID") == Some(std::process::id());
    if is_own && number("LISTEN_FDS").is_some_and(|count| count > MAX) {
        return Err(InheritError::Malformed);
    }
    let passed = sd_listen_fds::get().map_err(|_| InheritError::Malformed)?;
    let sockets = passed.into_iter().map(|(name, fd)| {
        let name = name.unwrap_or_else(|| "unknown".to_owned());
        match InheritedSocket::new(fd.into_std()) {
            Ok(socket) => Ok(Inherited { name, socket }),
            Err(source) => Err(InheritError::NotAListener { name, source }),
        }
    });
    sockets.collect()
}

/// A socket that the process was started with. Returned by [`from_env`].
#[derive(Debug)]
#[non_exhaustive]
pub struct Inherited {
    /// Its name: `FileDescriptorName=` of the socket's unit; by default systemd uses the name of the
    /// unit. `unknown` if there are no names.
    pub name: String,
    /// The socket.
    pub socket: InheritedSocket,
}

/// A listening socket of the standard library.
#[derive(Debug)]
#[non_exhaustive]
pub enum InheritedSocket {
    /// A TCP socket.
    Tcp(TcpListener),
    /// A Unix socket.
    Unix(UnixListener),
}

impl InheritedSocket {
    fn new(fd: OwnedFd) -> io::Result<Self> {
        let socket = Socket::from(fd);
        socket.set_cloexec(true)?;
        let domain = socket.domain()?;
        if socket.r#type()? != Type::STREAM || !socket.is_listener()? {
            return Err(io::Error::new(io::ErrorKind::InvalidInput, "it does not listen"));
        }
        match domain {
            Domain::IPV4 | Domain::IPV6 => Ok(Self::Tcp(socket.into())),
            Domain::UNIX => Ok(Self::Unix(OwnedFd::from(socket).into())),
            _ => Err(io::Error::new(io::ErrorKind::Unsupported, "it is of another kind")),
        }
    }

    /// Makes a listener for a server. It [leaves](TcpAcceptor::leave_queue) connections that wait
    /// when the server shuts down to the process that is started next.
    ///
    /// # Errors
    /// If the runtime cannot watch the socket.
    ///
    /// # Panics
    /// Outside of a tokio runtime.
    pub fn into_acceptor(self) -> io::Result<SocketAcceptor> {
        Ok(match self {
            Self::Tcp(tcp) => TcpAcceptor::from_std(tcp)?.leave_queue().into(),
            Self::Unix(unix) => UnixAcceptor::from_std(unix)?.leave_queue().into(),
        })
    }
}

/// Why inherited sockets cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum InheritError {
    /// `LISTEN_PID` or `LISTEN_FDS` is not a number, or there are more than 1024 sockets.
    #[error("LISTEN_PID or LISTEN_FDS is malformed")]
    Malformed,
    /// One is not a TCP or Unix socket that listens.
    #[error("the inherited file {name} is not a socket that listens")]
    NotAListener {
        /// Its name.
        name: String,
        /// The reason.
        source: io::Error,
    },
}
