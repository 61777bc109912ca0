//! Ends idle connections.
//!
//! # What
//!
//! [`IdleTimeout`] wraps the byte stream of each connection and records when bytes were last read
//! or written. If none were for the given time (120 s by default, Java's
//! `serverChannelMaxIdleTimeSeconds`), it [drains](rocketmq_tower_core::Channel::drain) the
//! connection, with the reason [`CloseReason::Idle`](rocketmq_tower_core::CloseReason::Idle): a
//! request that still runs is answered, one that arrives meanwhile is answered with `GO_AWAY`, and a
//! call that this side makes meanwhile was not sent. If the connection is still open after
//! [a grace](IdleTimeoutLayer::grace), 30 s by default, it is closed: requests that still run are
//! finished, but their responses are dropped.
//!
//! # Why
//!
//! A peer that vanished without closing the connection is detected only by its silence. RocketMQ's
//! clients send heartbeats every 30 s.
//!
//! # Busy connections
//!
//! A connection is idle even if requests are running or deferred, or calls wait for responses: its
//! peer may have vanished meanwhile. With [`spare_busy`](IdleTimeoutLayer::spare_busy), such a
//! connection is spared. That suits requests that take minutes, if something else bounds them: a
//! deadline of the processor or of the deferral, the timeout of the call. A connection whose peer
//! has vanished lives as long as they do.
//!
//! # Both sides
//!
//! The side that calls should have the shorter time, by more than a round trip and the slack of both
//! timers: `Connector` in `rocketmq-tower` uses 100 s. A request that is on its way when the server
//! drains the connection is answered with `GO_AWAY` only if the client knows that code, as Java's
//! clients do since 5.3.2, and within the driver's `ConnectionConfig::linger`.
//!
//! # How it differs from Java
//!
//! Any byte counts, not only whole commands: a peer that sends a large frame slowly is not idle.
//! (For a frame that stalls, see the driver's `ConnectionConfig::read_stall`.) A limit of zero
//! closes connections at once. In Java zero disables the timeout, as `Duration::MAX` does here. Java
//! closes idle connections without a drain.
//!
//! # When not
//!
//! If peers are silent for long by design, such as with pulls held for minutes, set a longer limit.
//!
//! # Where
//!
//! Innermost at the connection level, right around the driver, so that bytes exchanged by outer
//! layers (a TLS handshake) do not count, and the events layer sees the outcome.
//!
//! A server adds this layer by default:
//!
//! ```
//! use rocketmq_tower::{BoxError, Router, Server};
//! use std::time::Duration;
//!
//! async fn serve(router: Router) -> Result<(), BoxError> {
//!     let server = Server::new(router)
//!         .idle_timeout(Duration::from_secs(300))
//!         .bind("0.0.0.0:10911")
//!         .await?;
//!     server.serve().await?;
//!     Ok(())
//! }
//! ```
//!
//! In a stack that is built by hand, where connections with requests in flight are spared:
//!
//! ```
//! use rocketmq_tower::driver::{ConnectionConfig, DriverService};
//! use rocketmq_tower::layers::{IdleTimeoutLayer, RecoverLayer};
//! use rocketmq_tower::server::{Listener, serve};
//! use rocketmq_tower::{BoxError, Router, ServiceBuilder};
//! use std::time::Duration;
//!
//! async fn serve_by_hand(listener: impl Listener, router: Router) -> Result<(), BoxError> {
//!     let driver = DriverService::server(RecoverLayer::new(), router, ConnectionConfig::server());
//!     let service = ServiceBuilder::new()
//!         .layer(IdleTimeoutLayer::new(Duration::from_secs(300)).spare_busy(true))
//!         .service(driver);
//!     serve(listener, service).await?;
//!     Ok(())
//! }
//! ```
//!
//! # Cost
//!
//! One timer for each connection, which is not reset with every byte, and a clock reading per read
//! and write.

mod activity;
mod future;
mod io;
mod layer;
mod service;

pub use future::ResponseFuture;
pub use io::IdleIo;
pub use layer::IdleTimeoutLayer;
pub use service::IdleTimeout;
