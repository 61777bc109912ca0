//! Apache RocketMQ's remoting protocol as a [tower](https://docs.rs/tower) stack: servers and
//! clients are made of services and layers. Use it to build a broker, a name server, a proxy, or a
//! client. RocketMQ's own clients and servers work with it unmodified.
//!
//! # Two levels
//!
//! | level | service | one call is | layers are added with |
//! |---|---|---|---|
//! | connection | `Service<Connection<Io>, Response = Disconnect>` ([`ConnectionService`]) | the lifetime of one connection | [`Server::connection_layer`] |
//! | request | `Service<RemotingCommand>` ([`Processor`]) | one request and its response | [`Server::layer`] |
//!
//! Both are ordinary tower services, so tower's middleware works at both: `ConcurrencyLimit` bounds
//! connections at one level and requests at the other, and `Timeout` is the maximum age of a connection
//! or the deadline of a request. A [`driver`] joins the two: it reads requests from a connection, sends
//! them through the request level, and writes the responses.
//!
//! ```text
//!                     a connection is accepted
//!                                │
//!  connection level     ┌────────▼─────────┐
//!  Service<Connection>  │ connection_limit │  at most 1000 connections; more wait in the kernel's queue
//!                       ├──────────────────┤
//!                       │   your layers    │  Server::connection_layer
//!                       ├──────────────────┤
//!                       │      events      │  CONNECTED, IDLE, EXCEPTION, DISCONNECTED
//!                       ├──────────────────┤
//!                       │   idle_timeout   │  120 s without a byte
//!                       ├──────────────────┤
//!                       │      driver      │  frames in, responses out, calls in the other direction
//!                       └────────┬─────────┘
//!                                │ each request
//!  request level        ┌────────▼─────────┐
//!  Service<             │     recover      │  every error becomes a response
//!    RemotingCommand>   ├──────────────────┤
//!                       │   your layers    │  Server::layer
//!                       ├──────────────────┤
//!                       │     rpc_hook     │  Server::hook
//!                       ├──────────────────┤
//!                       │  shared layers   │  Server::shared_layer: one for all connections
//!                       ├──────────────────┤
//!                       │    processor     │  a Router, a service_fn, any Service
//!                       └──────────────────┘
//! ```
//!
//! A client runs the same driver at the other end of a connection. Its handle is a [`Channel`], which is
//! a `Service<RemotingCommand>` itself: client middleware goes around it. Either side may send requests.
//!
//! # A server
//!
//! ```no_run
//! use rocketmq_tower::{BoxError, Header, RequestCode, Router, Server};
//! use serde::{Deserialize, Serialize};
//! use tower::limit::GlobalConcurrencyLimitLayer;
//!
//! #[derive(Deserialize)]
//! struct GetMaxOffset {
//!     topic: String,
//! }
//!
//! #[derive(Serialize)]
//! struct MaxOffset {
//!     offset: i64,
//! }
//!
//! async fn max_offset(Header(query): Header<GetMaxOffset>) -> Header<MaxOffset> {
//!     println!("the maximum offset of {}", query.topic);
//!     Header(MaxOffset { offset: 42 })
//! }
//!
//! #[tokio::main]
//! async fn main() -> Result<(), BoxError> {
//!     let router = Router::builder().route_fn(RequestCode::GET_MAX_OFFSET, max_offset).build()?;
//!     let server = Server::new(router)
//!         .max_connections(10_000)
//!         .layer(GlobalConcurrencyLimitLayer::new(256))
//!         .bind("0.0.0.0:10911")
//!         .await?;
//!     // Ctrl-C starts a graceful shutdown.
//!     server.serve_until(tokio::signal::ctrl_c()).await?;
//!     Ok(())
//! }
//! ```
//!
//! Headers are structs with serde's derives: those of RocketMQ in [`protocol`], or your own.
//! [`handler`] lists the arguments and results of handlers; a processor may be any [`Service`] as
//! well. To build the connection level yourself, use [`server::serve`].
//!
//! # A client
//!
//! ```no_run
//! use rocketmq_tower::{BoxError, Client, RemotingCommand, RequestCode};
//! use std::time::Duration;
//!
//! #[tokio::main]
//! async fn main() -> Result<(), BoxError> {
//!     let client = Client::new(); // one connection to each address, opened by its first call
//!     let request = RemotingCommand::request(RequestCode::GET_MAX_OFFSET)
//!         .with_ext_field("topic", "TopicTest");
//!     let response = client.invoke("127.0.0.1:10911", request, Duration::from_secs(3)).await?;
//!     println!("{} {:?}", response.response_code(), response.ext_fields().get("offset"));
//!     Ok(())
//! }
//! ```
//!
//! | | what it is | as a tower service |
//! |---|---|---|
//! | [`connect`], [`client::Connector`] | one connection: a [`Channel`] | `Service<RemotingCommand>` |
//! | [`Client`] | a connection to each address, one deadline for each call, hooks | `Service<(Addr, RemotingCommand)>` |
//! | [`client::Endpoint`] | one address of a client; ready when it is connected | `Service<RemotingCommand>`, for `Balance`, `Retry`, `Hedge`, `Buffer` |
//! | [`client::NameServers`] | a list of equivalent name servers | `Service<RemotingCommand>` |
//! | [`client::TopicRoutes`] | a cache of the routes of topics | |
//! | [`client::Producer`] | sends messages, and tries another broker if one fails | `Service<Message>` |
//!
//! # Layers
//!
//! Each layer's documentation says what it does, why, when not to use it, where it belongs, and what it
//! costs.
//!
//! | layer | level | what it does | in the default stack |
//! |---|---|---|---|
//! | [`connection_limit`](layers::connection_limit) | connection | limits the number of connections, in total and for each address | 1000 |
//! | [`events`](layers::events) | connection | reports connections that begin, fail and end | yes |
//! | [`idle_timeout`](layers::idle_timeout) | connection | ends connections on which no byte moves | 120 s |
//! | [`max_age`](layers::max_age) | connection | ends connections that have reached a maximum age | no |
//! | [`read_idle_timeout`](layers::read_idle_timeout) | connection | closes connections whose peers send nothing | no |
//! | [`first_byte_timeout`](layers::first_byte_timeout) | connection | closes connections whose peers send nothing at all | no |
//! | [`ip_filter`](layers::ip_filter) | connection | allows or denies peers by network | no |
//! | [`byte_count`](layers::byte_count) | connection | counts bytes read and written, for each connection and in total | no |
//! | [`proxy_protocol`], a feature | connection | takes the client's address from a balancer's PROXY header | no |
//! | [`tls`], a feature | connection | TLS, required or permitted | no |
//! | [`recover`](layers::recover) | request | turns every error into a response | yes |
//! | [`rpc_hook`](layers::rpc_hook) | request | RocketMQ's RPC hooks | yes |
//! | [`work_queue`](layers::work_queue) | request | runs at most N requests at a time and queues at most M | no |
//! | [`spawn`](layers::spawn) | request | runs requests as tasks | no |
//! | [`peer_rate_limit`](layers::peer_rate_limit) | request | limits the requests per second of each IP address | no |
//! | [`quota`](layers::quota) | request | limits the messages and bytes per second of topics, groups, users and addresses | no |
//! | [`body_limit`](layers::body_limit) | request | limits the length of bodies, for each request code | no |
//! | [`code_distribution`](layers::code_distribution) | request | logs the number of requests and responses by code | no |
//! | [`acl`], a feature | request | verifies signed requests | no |
//! | [`namespace`](layers::namespace) | request | shows each tenant its own topics and groups only | no |
//! | [`authorize`](layers::authorize) | request | decides who may do what with which topics and groups | no |
//! | [`audit`](layers::audit) | request | reports each request: its sender, its subject and its result | no |
//! | [`oneshot`](layers::oneshot) | request | reserves readiness for one request at a time | no |
//! | [`catch_panic`](layers::catch_panic) | request | turns panics into errors | no |
//! | [`trace`](layers::trace) | both | a `tracing` span for each connection and each request | no |
//! | [`from_fn`](mod@layers::from_fn) | both | makes a layer of an async function | no |
//! | [`fault`](layers::fault) | both | injects delays, errors, losses and disconnects, for tests of clients | no |
//! | [`metrics`], a feature | both | latency, connections and bytes, for any recorder | no |
//!
//! A layer that keeps state keeps it for each connection; layers that tower calls `Global…`, and those
//! added with [`Server::shared_layer`], share it between all connections. A layer of your own is any [`Layer`] whose service takes a
//! [`RemotingCommand`] or a [`Connection`]; a crate that publishes one needs `rocketmq-tower-core` only.
//!
//! # Long polling
//!
//! [`LongPolls`] parks requests that cannot be answered yet, such as pulls without messages, until they
//! are woken or end.
//!
//! # Features
//!
//! All are off by default.
//!
//! | feature | adds |
//! |---|---|
//! | `acl` | signed requests: the layer that verifies them, and the hook that signs |
//! | `metrics` | the layer that reports to a recorder of the `metrics` facade |
//! | `proxy-protocol` | servers behind a balancer |
//! | `socks5` | clients that connect through a SOCKS5 proxy |
//! | `signal` | `server::shutdown_signal`: Ctrl-C and SIGTERM |
//! | `testing` | a server and its clients in memory: [`testing`] |
//! | `tls` | TLS for servers and clients |
//! | `tls-reload` | certificates that are replaced while a server runs |
//! | `tls-self-signed` | certificates made on the spot, for tests |
//! | `tokio-console` | names of the library's tasks, in programs compiled with `--cfg tokio_unstable` |
//!
//! # Bounds
//!
//! Frames, queues, buffers, calls, deferred responses and waits are all bounded: see
//! [`driver::ConnectionConfig`], [`Server`] and each layer. Every request that was read gets a response,
//! or its connection ends for a known reason. Bad input ends its own connection only.
//!
#![cfg_attr(feature = "acl", doc = "[`acl`]: layers::acl")]
#![cfg_attr(not(feature = "acl"), doc = "[`acl`]: #features")]
#![cfg_attr(feature = "metrics", doc = "[`metrics`]: layers::metrics")]
#![cfg_attr(not(feature = "metrics"), doc = "[`metrics`]: #features")]
#![cfg_attr(feature = "proxy-protocol", doc = "[`proxy_protocol`]: layers::proxy_protocol")]
#![cfg_attr(not(feature = "proxy-protocol"), doc = "[`proxy_protocol`]: #features")]
#![cfg_attr(feature = "tls", doc = "[`tls`]: layers::tls")]
#![cfg_attr(not(feature = "tls"), doc = "[`tls`]: #features")]
#![cfg_attr(not(feature = "testing"), doc = "[`testing`]: #features")]
#![cfg_attr(docsrs, feature(doc_cfg))]

pub mod client;
pub mod handler;
pub mod long_polls;
pub mod router;
pub mod server;
mod service;
mod socket;
mod stack;
#[cfg(feature = "testing")]
#[cfg_attr(docsrs, doc(cfg(feature = "testing")))]
pub mod testing;

#[doc(inline)]
pub use client::{Client, connect};
#[doc(inline)]
pub use handler::{Body, Header, Json, State, handler_fn};
pub use long_polls::LongPolls;
#[doc(inline)]
pub use router::Router;
#[doc(inline)]
pub use server::Server;
pub use service::{ConnectionService, Processor};

pub use rocketmq_tower_core::{
    Abort, Addr, BoxError, CallError, Channel, ChannelInfo, CloseReason, Connection, Disconnect,
    ExtFields, HeaderError, LanguageCode, MqVersion, RemotingCodec, RemotingCommand, Reply,
    RequestCode, ResponseCode, SerializeType, UnsupportedCode, channel, codec, command, connection,
    driver, error, message, protocol, subject,
};
pub use rocketmq_tower_layers as layers;
pub use tower::{Layer, Service, ServiceBuilder, ServiceExt, service_fn};

/// Compiles the code blocks of the README.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;

/// Compiles the code blocks of the guide to a first server.
#[cfg(doctest)]
#[doc = include_str!("../docs/guides/first-server.md")]
struct FirstServerGuide;

/// Compiles the code blocks of the guide to middleware.
#[cfg(all(doctest, feature = "testing"))]
#[doc = include_str!("../docs/guides/middleware.md")]
struct MiddlewareGuide;

/// Compiles the code blocks of the guide for those who move a server.
#[cfg(doctest)]
#[doc = include_str!("../docs/guides/moving.md")]
struct MovingGuide;

/// Compiles the code blocks of the guide to security.
#[cfg(all(doctest, feature = "acl", feature = "tls"))]
#[doc = include_str!("../docs/guides/security.md")]
struct SecurityGuide;
