//! The vocabulary of RocketMQ's remoting protocol, and the engine that runs one connection of it as
//! tower services.
//!
//! This crate is what those depend on who write a layer of their own. It opens no sockets, spawns
//! no tasks and sets no policy: servers, clients and routers are in `rocketmq-tower`, ready-made
//! layers in `rocketmq-tower-layers`.
//!
//! * [`RemotingCommand`] is the unit of the protocol, [`codec::RemotingCodec`] its form on the
//!   wire.
//! * [`Connection`] is a connection that has just been made, [`Channel`] the handle of one that
//!   runs.
//! * [`driver::Driver`] runs a connection: it feeds a `tower::Service<RemotingCommand>` and answers
//!   with its replies.
//! * [`message`] has what the bodies of sends and pulls hold: messages.
//!
//! There are two levels of services. At the **connection level**, a `Service<Connection<Io>,
//! Response = Disconnect>` gets a connection and its future is the connection's whole life. At the
//! **request level**, a `Service<RemotingCommand, Response: Reply>` gets a request and its future
//! is the exchange. [`driver::DriverService`] is where the two meet.
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
pub mod codec;
pub mod command;
pub mod connection;
pub mod driver;
pub mod error;
mod last_wins;
pub mod message;
mod reader;
mod reply;
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
