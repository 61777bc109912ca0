//! Clients: connect to servers and call them.
//!
//! | | |
//! |---|---|
//! | [`connect`], [`Connector`] | one connection: a [`Channel`](crate::Channel) |
//! | [`Client`] | one connection to each address, or several, opened by calls |
//! | [`Endpoint`] | one address of a client, as a service that is ready when it is connected |
//! | [`NameServers`] | a list of equivalent servers, as one service |
//! | [`TopicRoutes`] | a cache of the routes of topics |
//! | [`Producer`] | sends messages to the brokers that have their topics |
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
//!
//! # Consumers
//!
//! There is no push consumer. It would decide how queues are shared within a group, where offsets are
//! stored, when messages are processed again, and how many are buffered; these are the application's
//! decisions, and differ between RocketMQ's own clients. The parts are here: [`TopicRoutes`] tells the
//! queues, a [`Client`] sends `PULL_MESSAGE` with a
//! [`PullMessageRequestHeader`](crate::protocol::PullMessageRequestHeader), and
//! [`StoredMessage::decode_all`](crate::message::StoredMessage::decode_all) reads the response. The package
//! `rocketmq-tower-cli` pulls this way; [`protocol`](crate::protocol) has the requests for offsets, heartbeats and locks.

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
mod on_drop;
mod pool;
mod producer;
mod retry;
mod routes;
mod shared;
pub mod transport;
mod unsupported;

pub use builder::ClientBuilder;
pub use client::Client;
pub use connector::{Connector, connect};
pub use endpoint::Endpoint;
pub use error::InvokeError;
pub use name_servers::NameServers;
pub use producer::{Producer, SendError, SendResult, SendStatus};
pub use retry::RetryUnprocessed;
pub use routes::{RouteError, TopicRoute, TopicRoutes};
#[doc(inline)]
pub use transport::{ConnectError, Transport};
pub use unsupported::Unsupported;
