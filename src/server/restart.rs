//! How to restart a server, or to replace it by a new version, without a gap.
//!
//! A graceful shutdown answers what has been asked, and sends peers away with `GO_AWAY`, so that they
//! connect again. In a restart without a gap, some process takes new connections at any time. There are
//! two ways: the processes use one listening socket, or each has its own.
//!
//! | | the service manager passes the socket on | the processes share the port |
//! |---|---|---|
//! | by | [`from_env`](super::listener::from_env) | [`TcpOptions::reuse_port`](super::TcpOptions::reuse_port) (SO_REUSEPORT) |
//! | connections that wait to be accepted when the old process ends | stay in the queue, for the new one | the old process takes them, and sends them away |
//! | handshakes in progress at that moment | go on | fail, unless the kernel moves them |
//! | while no process runs | connections wait | connections are refused |
//! | runs on | Linux, with systemd or anything that does the same | Unix, except Solaris and illumos |
//!
//! In both ways a request that was sent to the old process is either answered, or answered with
//! `GO_AWAY`. A [`Client`](crate::client::Client) sends the latter again by itself. Peers whose version
//! does not support `GO_AWAY` see their connection close, and may lose a request that is on its way. Other
//! state than sockets, such as a store that only one process may open, is yours to hand over.
//!
//! # Sockets from systemd
//!
//! The socket belongs to a unit of its own, which stays open when the service restarts. `broker.socket`:
//!
//! ```ini
//! [Socket]
//! ListenStream=0.0.0.0:10911
//! Backlog=4096
//! FileDescriptorName=remoting
//! Service=broker@a.service
//!
//! [Install]
//! WantedBy=sockets.target
//! ```
//!
//! `broker@.service`:
//!
//! ```ini
//! [Service]
//! Sockets=broker.socket
//! ExecStart=/usr/bin/broker
//! # Longer than the drain deadline.
//! TimeoutStopSec=40
//! LimitNOFILE=65536
//! ```
//!
//! The program [takes the sockets](super::listener::from_env) that it was started with, and ends
//! gracefully at SIGTERM:
//!
//! ```no_run
//! # #[cfg(all(unix, feature = "signal"))]
//! # mod program {
//! use rocketmq_tower::server::listener::{SocketAcceptor, from_env};
//! use rocketmq_tower::server::shutdown_signal;
//! use rocketmq_tower::{BoxError, Router, Server};
//!
//! # async fn serve() -> Result<(), BoxError> {
//! let mut sockets = Vec::<SocketAcceptor>::new();
//! for inherited in from_env()? {
//!     sockets.push(inherited.socket.into_acceptor()?);
//! }
//! Server::new(Router::default()).listen(sockets).serve_until(shutdown_signal()?).await?;
//! # Ok(())
//! # }
//! # }
//! ```
//!
//! A new version takes over while the old one still serves: `systemctl start broker@b`, and then
//! `systemctl stop broker@a`. Both have the same queue, and the old process leaves what is in it to the
//! new one.
//!
//! With a service that is not a template, `systemctl restart broker` works, too: new connections wait in
//! the queue, from the moment when the old process stops accepting until the new one runs. As the old one
//! drains first, this takes up to the [drain deadline](super::Server::drain_deadline), in which calls over
//! new connections may time out.
//!
//! A program that starts its successor itself passes it the socket as an open file. The successor makes a
//! [`TcpAcceptor`](super::listener::TcpAcceptor::from_std) of it. The predecessor should have been told to
//! [leave the queue](super::listener::TcpAcceptor::leave_queue); otherwise it sends away those who wait.
//!
//! # A shared port
//!
//! ```no_run
//! use rocketmq_tower::server::TcpOptions;
//! use rocketmq_tower::{BoxError, Router, Server};
//!
//! # #[tokio::main]
//! # async fn main() -> Result<(), BoxError> {
//! let mut options = TcpOptions::default();
//! options.reuse_port = true;
//! let server = Server::new(Router::default()).tcp_options(options).bind("0.0.0.0:10911").await?;
//! server.serve_until(tokio::signal::ctrl_c()).await?;
//! # Ok(())
//! # }
//! ```
//!
//! Start the new process, wait until it listens, and then end the old one. All processes must set the
//! option and run as the same user. While both run, the kernel gives each of them a part of the
//! connections, whether it accepts them or not.
//!
//! Each process has a queue of its own, which is lost with its socket. So when the server shuts down, it
//! takes the connections in its queue and drains them, at most 4096 of them and as many as the process may
//! open files for. On Linux, peers that begin to connect at this moment are not answered; they try again
//! after 1 s, and get to the new process. One case is left: a handshake that has begun but not ended when
//! the socket closes. Its peer believes that it is connected, may send a request, and sees the connection
//! reset. Linux 5.14 and later give such handshakes to another process that listens on the port, with
//! `sysctl net.ipv4.tcp_migrate_req=1`. A socket that is passed on does not have this case.
