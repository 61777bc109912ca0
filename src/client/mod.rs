//! Clients: connect to a server and call it.
//!
//! ```no_run
//! use rocketmq_tower::{BoxError, RemotingCommand, RequestCode};
//! use std::time::Duration;
//!
//! # #[tokio::main]
//! # async fn main() -> Result<(), BoxError> {
//! let channel = rocketmq_tower::connect("127.0.0.1:9876").await?;
//! let request = RemotingCommand::request(RequestCode::GET_BROKER_CLUSTER_INFO);
//! let response = channel.invoke(request, Duration::from_secs(3)).await?;
//! println!("{response:?}");
//! # Ok(())
//! # }
//! ```

mod backoff;
mod builder;
#[expect(clippy::module_inception, reason = "the client is the module's main part")]
mod client;
mod connection;
mod connector;
mod deadline;
mod dial;
mod endpoint;
mod error;
mod exchange;
mod name_servers;
mod retry;
mod service;
mod table;
pub mod transport;
mod unsupported;

pub use builder::ClientBuilder;
pub use client::Client;
pub use connector::Connector;
pub use endpoint::Endpoint;
pub use error::InvokeError;
pub use name_servers::NameServers;
pub use retry::RetryUnprocessed;
#[doc(inline)]
pub use transport::ConnectError;
pub use unsupported::Unsupported;

use deadline::Deadline;
use rocketmq_tower_core::Channel;
use tokio::net::ToSocketAddrs;

/// Connects to a server whose requests are all answered with `REQUEST_CODE_NOT_SUPPORTED`. See
/// [`Connector`] for more.
///
/// The connection lasts as long as the channel or a clone of it: see [`Connector::connect`].
///
/// # Errors
/// If none of the addresses that `addr` stands for can be reached. Each is given 3 s.
pub async fn connect(addr: impl ToSocketAddrs) -> Result<Channel, ConnectError> {
    Connector::new().connect(addr).await
}
