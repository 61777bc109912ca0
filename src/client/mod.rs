//! Clients: connect to servers and call them.
//!
//! | | |
//! |---|---|
//! | [`connect`], [`Connector`] | one connection: a [`Channel`](crate::Channel) |
//! | [`Client`] | one connection to each address, opened by its first call |
//! | [`Endpoint`] | one address of a client, as a service that is ready when it is connected |
//! | [`NameServers`] | a list of equivalent servers, as one service |
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
mod call;
#[expect(clippy::module_inception, reason = "the client is the module's main part")]
mod client;
mod connector;
mod deadline;
mod endpoint;
mod error;
mod limit;
mod name_servers;
mod pool;
mod retry;
mod shared;
pub mod transport;
mod unsupported;

pub use builder::ClientBuilder;
pub use client::Client;
pub use connector::{Connector, connect};
pub use endpoint::Endpoint;
pub use error::InvokeError;
pub use name_servers::NameServers;
pub use retry::RetryUnprocessed;
#[doc(inline)]
pub use transport::{ConnectError, Transport};
pub use unsupported::Unsupported;
