//! The types of RocketMQ's remoting protocol, and the driver that runs one connection as tower
//! services.
//!
//! Depend on this crate to write your own layer. It opens no sockets, spawns no tasks and sets no
//! policy: servers, clients and routers are in `rocketmq-tower`, ready-made layers in
//! `rocketmq-tower-layers`.
//!
//! * [`RemotingCommand`] is the unit of the protocol. [`codec::RemotingCodec`] encodes and decodes
//!   it.
//! * [`Connection`] is a new connection that does not run yet. [`Channel`] is a handle to a
//!   connection.
//! * [`driver::Driver`] runs a connection: it calls a `tower::Service<RemotingCommand>` with each
//!   request and sends the responses.
//! * [`handler`] makes handlers of async functions whose arguments are taken from the request.
//! * [`message`] encodes and decodes messages, which the bodies of sends and pulls hold.
//! * [`protocol`] has the typed headers and JSON bodies of RocketMQ's requests and responses.
//! * [`subject`] finds the topics and groups that a request names, for policies of your own.
//!
//! There are two levels of services. At the **connection level**, a `Service<Connection<Io>,
//! Response = Disconnect>` takes a connection, and its future runs until the connection has ended.
//! At the **request level**, a `Service<RemotingCommand, Response: Reply>` takes a request, and its
//! future returns the response. [`driver::DriverService`] joins the two: it is a connection-level
//! service that runs a request-level one.
//!
//! ```
//! use rocketmq_tower_core::driver::{ConnectionConfig, Driver};
//! use rocketmq_tower_core::{ChannelInfo, Connection, RemotingCommand, RequestCode, ResponseCode};
//! use std::time::Duration;
//! use tower::service_fn;
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), rocketmq_tower_core::BoxError> {
//! let echo = service_fn(|request: RemotingCommand| async move {
//!     let body = request.body().clone();
//!     Ok::<_, std::convert::Infallible>(RemotingCommand::response(ResponseCode::SUCCESS).with_body(body))
//! });
//!
//! let (ours, theirs) = tokio::io::duplex(64 * 1024);
//! let server = Connection::new(theirs, ChannelInfo::default());
//! tokio::spawn(Driver::server(server, echo, ConnectionConfig::server()));
//!
//! let client = Connection::new(ours, ChannelInfo::default());
//! let channel = client.channel();
//! tokio::spawn(Driver::client(client, echo, ConnectionConfig::client()));
//!
//! let request = RemotingCommand::request(RequestCode::HEART_BEAT).with_body("ping");
//! let response = channel.invoke(request, Duration::from_secs(3)).await?;
//! assert_eq!(&response.body()[..], b"ping");
//! # Ok(())
//! # }
//! ```

pub mod channel;
#[doc(hidden)]
pub mod clock;
pub mod codec;
pub mod command;
pub mod connection;
pub mod driver;
pub mod error;
pub mod handler;
mod last_wins;
pub mod message;
pub mod protocol;
mod reader;
mod reply;
pub mod subject;
#[doc(hidden)]
pub mod sync;

pub use channel::{Addr, CallError, Channel, ChannelInfo, CloseReason, Disconnect};
pub use codec::RemotingCodec;
pub use command::{
    ExtFields, HeaderError, LanguageCode, MqVersion, RemotingCommand, RequestCode, ResponseCode,
    SerializeType,
};
pub use connection::Connection;
pub use error::{Abort, BoxError, UnsupportedCode};
pub use reply::Reply;
