//! A server and its clients in memory, for tests of processors and layers.
//!
//! [`pair`] runs a whole stack, from the limit of connections to the processor, and returns a client
//! connected to it. No socket is opened, so tests run in parallel, and tokio's paused time works: a
//! timeout of an hour takes no time.
//!
//! ```
//! use rocketmq_tower::testing::pair;
//! use rocketmq_tower::{BoxError, RemotingCommand, ResponseCode, Server, service_fn};
//! use std::time::Duration;
//! use tower::timeout::TimeoutLayer;
//!
//! async fn slow(_request: RemotingCommand) -> Result<RemotingCommand, BoxError> {
//!     tokio::time::sleep(Duration::from_secs(3600)).await;
//!     Ok(RemotingCommand::response(ResponseCode::SUCCESS))
//! }
//!
//! // In a test: #[tokio::test(start_paused = true)]
//! # #[tokio::main(flavor = "current_thread", start_paused = true)]
//! # async fn main() -> Result<(), BoxError> {
//! let layer = TimeoutLayer::new(Duration::from_secs(60));
//! let (channel, server) = pair(Server::new(service_fn(slow)).layer(layer));
//! let response = channel.invoke(RemotingCommand::request(1), Duration::from_secs(61)).await?;
//! assert_eq!(response.response_code(), ResponseCode::SYSTEM_BUSY);
//!
//! server.shutdown().await?;
//! # Ok(())
//! # }
//! ```
//!
//! [`memory`] returns a listener and a transport, for several connections, clients with other
//! settings, and raw bytes:
//!
//! ```
//! use rocketmq_tower::client::{Client, Connector};
//! use rocketmq_tower::layers::ConnectionLimitLayer;
//! use rocketmq_tower::testing::memory;
//! use rocketmq_tower::{BoxError, RemotingCommand, Router, Server};
//! use std::time::Duration;
//!
//! # #[tokio::main(flavor = "current_thread", start_paused = true)]
//! # async fn main() -> Result<(), BoxError> {
//! let (listener, transport) = memory();
//! let limit = ConnectionLimitLayer::new(1).refuse();
//! let server = Server::new(Router::default()).connection_limit(limit).listen(listener).spawn();
//!
//! let first = transport.connect().await?;
//! first.invoke(RemotingCommand::request(1), Duration::from_secs(3)).await?;
//! // Refused: it takes the place of a second client.
//! let client = Client::builder().connector(Connector::new().transport(transport)).build();
//! let refused = client.invoke("any", RemotingCommand::request(1), Duration::from_secs(3)).await;
//! assert!(refused.is_err());
//! # server.abort();
//! # Ok(())
//! # }
//! ```

mod listener;
mod pair;
mod transport;

pub use listener::MemoryListener;
pub use pair::{TestServer, pair};
pub use transport::MemoryTransport;

use rocketmq_tower_core::{Addr, ChannelInfo};
use tokio::io::DuplexStream;
use tokio::sync::mpsc;

/// The maximum number of connections that wait to be accepted.
const BACKLOG: usize = 128;

/// The number of bytes that either direction of a connection holds.
const BUFFER: usize = 64 * 1024;

/// A connection that waits to be accepted.
type Accepted = (DuplexStream, ChannelInfo);

/// The address of the listener.
fn server_addr() -> Addr {
    Addr::from("memory")
}

/// Returns a listener, and the transport that connects to it.
///
/// At most 128 connections wait to be accepted; further attempts to connect wait. Either direction
/// of a connection holds at most 64 KiB.
#[must_use]
pub fn memory() -> (MemoryListener, MemoryTransport) {
    let (sender, receiver) = mpsc::channel(BACKLOG);
    (MemoryListener::new(receiver), MemoryTransport::new(sender))
}
