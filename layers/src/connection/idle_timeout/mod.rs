//! Closes idle connections.
//!
//! # What
//!
//! [`IdleTimeout`] wraps the byte stream of each connection and records when bytes were last read
//! or written. If none were for the given time (120 s by default, Java's
//! `serverChannelMaxIdleTimeSeconds` and `clientChannelMaxIdleTimeSeconds`), it closes the
//! connection with [`CloseReason::Idle`](rocketmq_tower_core::CloseReason::Idle). Requests that
//! still run are finished, but their responses are dropped.
//!
//! # Why
//!
//! A peer that vanished without closing the connection is detected only by its silence. RocketMQ's
//! clients send heartbeats every 30 s.
//!
//! # How it differs from Java
//!
//! Any byte counts, not only whole commands: a peer that sends a large frame slowly is not idle.
//! (For a frame that stalls, see the driver's `ConnectionConfig::read_stall`.) A limit of zero
//! closes connections at once. In Java zero disables the timeout, as `Duration::MAX` does here.
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
//! In a stack that is built by hand:
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
//!         .layer(IdleTimeoutLayer::new(Duration::from_secs(300)))
//!         .service(driver);
//!     serve(listener, service).await?;
//!     Ok(())
//! }
//! ```

mod activity;
mod future;
mod io;
mod layer;
mod service;

pub use future::ResponseFuture;
pub use io::IdleIo;
pub use layer::IdleTimeoutLayer;
pub use service::IdleTimeout;
